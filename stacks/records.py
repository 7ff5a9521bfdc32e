"""Whether the stack's state is that of the lab which is on its hosts. It may have been emptied, lost, or renamed.

Made anew from a state that knows nothing, a lab would be told as created while it is there, and with another seed its
guests would lose their keys; after a rename all of it would be made a second time, beside itself.
"""

import asyncio
import os
from collections.abc import Awaitable, Iterable, Sequence
from pathlib import Path
from typing import Any

import grpc
import pulumi
from google.protobuf.struct_pb2 import Struct
from pulumi.runtime import settings
from pulumi.runtime.proto import resource_pb2

from components.errors import Problem
from components.host_facts import HostFacts
from components.identity import owner
from stacks.config import Lab

ROOT = Path(__file__).parents[1]
ADOPT = "KVMLAB_ADOPT"
"""Set to yes, what is on the hosts is taken over by a state that knows nothing of it."""
_CLAIM = "kvmlab:index:Claim$command:local:Command::"


def ask() -> Awaitable[Sequence[str] | None]:
    """Start to read the state, in a thread: the labs whose claims it holds, or None where the engine cannot tell."""
    stack = f"{pulumi.get_organization()}/{pulumi.get_project()}/{pulumi.get_stack()}"
    monitor: Any = settings.get_monitor()
    return asyncio.get_running_loop().run_in_executor(None, _claims, monitor, stack)


def renamed(lab: Lab, claims: Iterable[str]) -> list[Problem]:
    """What is wrong where the stack had another name when its lab was made."""
    others = sorted({claim for claim in claims if claim != lab.stack})
    if not others:
        return []
    old, new = others[0], lab.stack
    rule = "must have the name that its lab was made under, since domains, disks, addresses and keys bear it"
    keep = f"to keep its guests: pulumi stack rename {old} --stack {new}"
    return [
        Problem("stack", f"{rule}, got {new!r} in place of {old!r}; {keep}; to give them up: make destroy STACK={new}")
    ]


def lost(lab: Lab, placed: Sequence[tuple[Lab, HostFacts]], claims: Sequence[str]) -> list[Problem]:
    """What is wrong where hosts have guests of a lab that the state knows nothing of."""
    if lab.kind == "host" or claims or os.environ.get(ADOPT) == "yes":
        return []
    rule = "must know the lab that the host has"
    restore, adopt = f"make restore STACK={lab.stack}", f"make up STACK={lab.stack} ADOPT=yes"
    todo = f"put a backup back: {restore}; or without one take them over: {adopt}"
    return [
        Problem(
            "state" if part.host.address == "local" else f"state on {part.host.address}",
            f"{rule}, got nothing in it and there the finished guests {', '.join(guests)}; {todo}",
        )
        for part, facts in placed
        if (guests := finished(part, facts))
    ]


def finished(lab: Lab, facts: HostFacts) -> list[str]:
    """Guests of a lab that a run came to the end with, whether libvirt answers or not."""
    ours = {name for name, whose in facts.domains.items() if whose == owner(lab.stack)}
    made = set(facts.births) if facts.pool_lab == lab.stack else set[str]()
    return sorted(domain.removeprefix(f"{lab.stack}-") for domain in (ours | made) - facts.unfinished)


def is_of_elsewhere(placed: Sequence[tuple[Lab, HostFacts]], directory: str) -> bool:
    """Whether a lab that is there was made from another checkout, and a directory of this one has yet to be written.

    No preview tells of it: what a runner has in its own checkout is no part of the lab.
    """
    is_there = any(finished(part, facts) for part, facts in placed)
    return is_there and not pulumi.runtime.is_dry_run() and not (ROOT / directory).exists()


def _claims(monitor: Any, stack: str) -> Sequence[str] | None:  # noqa: ANN401 (Pulumi's is untyped)
    asked = Struct()
    asked.update({"stackName": stack})
    request = resource_pb2.ResourceInvokeRequest(tok="pulumi:pulumi:readStackResourceOutputs", args=asked)
    try:
        answer = getattr(monitor.Invoke(request), "return")
    except grpc.RpcError:
        return None
    # As it came: to turn all of a large state into Python's own takes longer than to look for one value.
    resources = answer.fields["outputs"].struct_value.fields
    return [
        _field(resources[urn], "outputs", "environment", "LAB").string_value for urn in list(resources) if _CLAIM in urn
    ]


def _field(value: Any, *keys: str) -> Any:  # noqa: ANN401 (as protobuf's are)
    for key in keys:
        value = value.struct_value.fields[key]
    return value
