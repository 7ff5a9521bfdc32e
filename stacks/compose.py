"""From the selected stack's config to the lab of its kind."""

import asyncio
from importlib import import_module

import pulumi

from components.errors import ConfigError, HostError
from components.probe import Probe
from stacks import config, preflight


async def compose() -> None:
    """Make the lab that the stack's config describes, or raise everything that keeps its host from carrying it."""
    lab = config.load()
    probe = Probe(lab.host.address, preflight.question(lab))
    # The provider SDKs load while the host answers, and only those that this kind of lab needs.
    kind = import_module(f"stacks.{lab.kind}")
    if problems := kind.problems(lab):
        raise ConfigError(lab.stack, problems)
    facts = probe.facts()
    if problems := preflight.problems(lab, facts, preview=pulumi.runtime.is_dry_run()):
        raise HostError(lab.host.address, problems)
    for warning in preflight.warnings(lab, facts):
        pulumi.warn(warning)
    last = kind.compose(lab, facts)
    # Left alone, the SDK goes through everything outstanding each time that one thing is done.
    await asyncio.wait(
        [asyncio.ensure_future(resource.urn.future()) for resource in last], return_when=asyncio.FIRST_EXCEPTION
    )
