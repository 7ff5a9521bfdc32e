"""From the selected stack's config to the lab of its kind."""

import asyncio
import sys
from importlib import import_module

import pulumi

from components.errors import ConfigError, HostError, KvmLabError
from components.probe import Probe
from stacks import config, preflight

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
    probe = Probe(lab.host.address, preflight.question(lab), lab.host.ssh)
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
    futures = [asyncio.ensure_future(resource.urn.future()) for resource in last]
    await asyncio.wait(futures, return_when=asyncio.FIRST_EXCEPTION)
