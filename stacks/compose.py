"""From the selected stack's config to the lab of its kind."""

import asyncio
import sys
from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path

import pulumi

from components.errors import ConfigError, HostError, KvmLabError, Problem, StateError
from components.host_facts import HostFacts
from components.probe import Probe
from stacks import capacity, config, preflight, records
from stacks.config import Lab
from stacks.offline import offline
from stacks.refresh import is_refresh

ROOT = Path(__file__).parents[1]
TOLD = 32
"""Exit status of a program that has said what is wrong: the language host adds no words of its own, as it does to 1.

https://github.com/pulumi/pulumi/blob/master/sdk/python/cmd/pulumi-language-python-exec
"""


def compose() -> None:
    """Make the lab that the stack's config describes, or end with one report of all that is wrong."""
    pulumi.run(_reported)


async def _reported() -> None:
    try:
        await _compose()
    except KvmLabError as error:
        pulumi.log.error(str(error))
        sys.exit(TOLD)


async def _compose() -> None:
    lab = config.load()
    # Python's runner has taken the program's directory off the path again, once __main__ had been read.
    sys.path.append(str(ROOT))
    away = offline()
    # All hosts are asked at the same time.
    parts = [] if away else _asked(lab)
    # Pulumi reads the state, and the provider SDKs load, while they answer; only those that this kind of lab needs.
    recorded = records.ask()
    kind = import_module(f"stacks.{lab.kind}")
    warn(lab, kind.problems(lab))
    claims = await recorded
    if claims and (problems := records.renamed(lab, claims)):
        raise StateError(lab.stack, problems)
    placed = away.place(lab) if away else ask(parts)
    if not away:
        # What hosts have told once is no proof of what is there.
        if claims is not None and (problems := records.lost(lab, placed, claims)):
            raise StateError(lab.stack, problems)
        _warn(placed)
    last = kind.compose(lab, placed)
    # No output: what is free, and what others have, is different at each run, and no change of the lab.
    counted = [(part, facts) for part, facts in placed if facts.memory_kib]
    if pulumi.runtime.is_dry_run() and (table := capacity.table(counted)):
        pulumi.info("\n".join(table))
    # Left alone, the SDK goes through everything outstanding each time that one thing is done.
    futures = [asyncio.ensure_future(resource.urn.future()) for resource in last]
    await asyncio.wait(futures, return_when=asyncio.FIRST_EXCEPTION)


def warn(lab: Lab, problems: Sequence[Problem]) -> None:
    """Warn of what policy finds, which may live with it.

    Raises:
        ConfigError: with what may not, and with all problems that were found before.
    """
    # Imported while hosts are asked, as the kind of lab is.
    from stacks import policy, seeds

    verdict = policy.judge(lab, seeds.documents(lab) if lab.guests else {})
    if found := [*problems, *verdict.errors]:
        raise ConfigError(lab.stack, found)
    for warning in verdict.told(lab.stack):
        pulumi.warn(warning)


def _asked(lab: Lab) -> list[tuple[Lab, Probe]]:
    refresh = is_refresh()
    return [
        (part, Probe(part.host.address, preflight.question(part, refresh=refresh), part.host.ssh))
        for part in lab.parts()
    ]


def _warn(placed: Sequence[tuple[Lab, HostFacts]]) -> None:
    for part, facts in placed:
        for warning in preflight.warnings(part, facts):
            pulumi.warn(warning)


def ask(parts: Sequence[tuple[Lab, Probe]]) -> list[tuple[Lab, HostFacts]]:
    """Each part of a lab with the facts of its host.

    Raises:
        HostError: with all that keeps hosts from carrying their parts.
    """
    placed: list[tuple[Lab, HostFacts]] = []
    found: dict[str, list[Problem]] = {}
    for part, probe in parts:
        host = part.host
        try:
            facts = probe.facts()
        except HostError as error:
            found[host.address] = [Problem(host.path, problem.message) for problem in error.problems]
            continue
        placed.append((part, facts))
        if problems := preflight.problems(part, facts, preview=pulumi.runtime.is_dry_run()):
            found[host.address] = problems
    if found:
        raise HostError(", ".join(found), _told(found, alone=len(parts) == 1))
    return placed


def _told(found: Mapping[str, Sequence[Problem]], *, alone: bool) -> list[Problem]:
    """Problems as they are told: what is wrong with a lab's network, say, is so on one of its hosts."""
    return [
        problem if alone else Problem(problem.path, f"on {host}: {problem.message}")
        for host, problems in found.items()
        for problem in problems
    ]
