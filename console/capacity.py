"""What the guests of each host are promised, before a change and after it. Pure.

The program's table says what they will have been promised, and what the host has; the state says what they were. What
is free, and what others have, is another at each look, so that a comment which told it would never be the same again.
"""

import json
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from components.amounts import about
from console import steps
from console.changes import Told
from console.steps import Change, Json
from console.words import MIB

TITLE = "capacity"
"""What the table begins with."""
_WHILE_FREE = "(promised)"
"""How a limit ends that is what is free."""
_MOVING = (
    (re.compile(r"may grow by .+?, and .+? is free at "), "may grow by more than is free at "),
    (re.compile(r", others that run have [^,]+,"), ", beside others that run,"),
    (re.compile(r"got .+? free at "), "got too little free at "),
)
_ROW = re.compile(r"(?:(?P<host>\S+) )?(?P<resource>memory|CPUs|pool(?: (?P<pool>\S+))?)")


@dataclass(frozen=True)
class Row:
    """A resource of a host."""

    name: str
    before: str
    """What was promised; empty where the state does not tell."""
    after: str
    total: str
    limit: str
    """The most that may be promised."""


def steady(text: str) -> str:
    """What the program warns of or refuses, without how much is free just now or taken by others."""
    for found, told in _MOVING:
        text = found.sub(told, text)
    return text


def rows(preview: Json, told: Sequence[Told]) -> list[Row]:
    """Of the program's table; nothing where it has told none."""
    table = next((text for text in steps.tables(preview) if text.startswith(TITLE)), "").splitlines()
    if not table:
        return []
    starts = [found.start() for found in re.finditer(r"\S+", table[0])]
    hosts = _hosts(preview)
    sums = {which: _sums(told, which, hosts) for which in ("oldState", "newState")}
    return [_row(_cells(line, starts), sums) for line in table[1:]]


def _cells(line: str, starts: Sequence[int]) -> list[str]:
    return [line[start:end].strip() for start, end in zip(starts, [*starts[1:], None], strict=True)]


def _row(cells: Sequence[str], sums: dict[str, Counter[tuple[str, str]]]) -> Row:
    name, after, *_, total, limit = cells
    if limit.endswith(_WHILE_FREE):
        limit = "what is free"
    found = _ROW.fullmatch(name)
    if not found:
        return Row(name, "", after, total, limit)
    key = (found["host"] or "", found["resource"])
    before, then = (_shown(key[1], sums[which][key]) for which in ("oldState", "newState"))
    # What is counted here must be what the program counts; else the two have nothing to say to each other.
    return Row(name, before if then == after else "", after, total, limit)


def _shown(resource: str, amount: int) -> str:
    return str(amount) if resource == "CPUs" else about(amount)


def _sums(told: Sequence[Told], which: str, hosts: dict[str, str]) -> Counter[tuple[str, str]]:
    """By host and resource, all that guests and data disks are promised."""
    found = Counter[tuple[str, str]]()
    for change in (each.change for each in told):
        inputs, environment = change.inputs(which), change.environment(which)
        if change.kind not in ("Guest", "DataDisk") or not inputs:
            continue
        destination = environment.get("SSH_DESTINATION", "local")
        host = hosts.get(destination, destination) if hosts else ""
        if change.kind == "Guest" and inputs.get("power", "on") == "on":
            found[host, "memory"] += inputs.get("memory_mib", 0) * MIB
            found[host, "CPUs"] += inputs.get("cpus", 0)
        found[host, _pool(change, inputs, environment)] += inputs.get("disk_bytes", 0)
    return found


def _pool(change: Change, inputs: dict[str, Any], environment: dict[str, str]) -> str:
    """As the table calls it. A pool in libvirt is named by the lab and its key; a volume group has none there."""
    key = str(inputs.get("pool", ""))
    if change.kind == "DataDisk":
        key = environment.get("GUEST_GROUP") or environment.get("POOL", "").partition(".")[2]
    return f"pool {key}".strip()


def _hosts(preview: Json) -> dict[str, str]:
    """What config calls each host, by where it is; nothing where there is but one without a name."""
    try:
        lab: object = json.loads(str(steps.mapping(preview.get("config")).get("kvmlab:lab", "")))
    except (ValueError, RecursionError):
        return {}
    return {_address(name, host): name for name, host in steps.mapping(steps.mapping(lab).get("hosts")).items()}


def _address(name: str, host: object) -> str:
    """By default a host is where its name leads."""
    return host if isinstance(host, str) else str(steps.mapping(host).get("address", name))
