"""Why Pulumi did not begin, in one line that says what to do: a lock of another run's, or a damaged state. Pure."""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import NamedTuple

from console.progress import duration


class Lock(NamedTuple):
    """Another run's, as Pulumi tells of it."""

    user: str
    host: str
    pid: int
    since: datetime


class Here(NamedTuple):
    """What this machine can tell of a lock's owner."""

    host: str
    now: datetime
    runs: Callable[[int], bool]
    """Whether a process of that number is a Pulumi."""


PENDING = "Attempting to deploy or update resources with"
"""How a warning begins of what a killed run had under way; it tells of clouds and of hands, and neither is needed."""
_LOCK = re.compile(r": created by (\S+)@(\S+) \(pid (\d+)\) at (\S+)$", re.MULTILINE)
_UNREADABLE = re.compile(r"failed to load checkpoint: (.*)")
_NEWER = re.compile(r"unsupported checkpoint version|needs support for the following features")
_BROKEN = re.compile(r"snapshot integrity failure; refusing to use it: (.*)")


def locks(said: str) -> list[Lock]:
    """Those that kept a run from its stack, oldest first."""
    if "the stack is currently locked" not in said:
        return []
    found = (
        Lock(user, host, int(pid), datetime.fromisoformat(since)) for user, host, pid, since in _LOCK.findall(said)
    )
    return sorted(found, key=lambda lock: lock.since)


def explained(stack: str, said: str, here: Here) -> list[str]:
    """Lines in place of what Pulumi said; none where that is clear as it is."""
    return [f"error: stack {stack}: {line}" for line in (*_locked(stack, said, here), *_damaged(stack, said))]


def _locked(stack: str, said: str, here: Here) -> Iterator[str]:
    cancel = f"`. .toolchain/env && pulumi cancel --stack {stack}`"
    for lock in locks(said):
        age = _age((here.now - lock.since).total_seconds())
        since = lock.since.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
        held = f"must be worked on by one run at a time, got one of {lock.user}@{lock.host}, pid {lock.pid}"
        if lock.host != here.host:
            means = "which may be alive, as only that machine can tell"
            todo = f"wait for it; if it is dead: {cancel}"
        elif here.runs(lock.pid):
            means = "which is alive"
            todo = "wait for it, or end it with Ctrl-C where it was started"
        else:
            means = "which is dead, unless another machine has this name too"
            todo = f"break its lock: {cancel}, and again"
        yield f"{held}, since {since} ({age} ago), {means}; {todo}"


def _age(seconds: float) -> str:
    return duration(max(0, seconds)) if seconds < 2 * 3600 else f"{seconds // 3600:.0f} h"


def _damaged(stack: str, said: str) -> Iterator[str]:
    unreadable, broken = _UNREADABLE.search(said), _BROKEN.search(said)
    restore = f"put a backup back: make restore STACK={stack}"
    if _NEWER.search(said):
        yield "its state must be of a version that this Pulumi reads, got a newer one; use the Pulumi that wrote it"
    elif broken:
        yield f"its state must be consistent, got: {broken[1].rstrip()}; {restore}"
    elif unreadable and _is_of_json(unreadable[1]):
        yield f"its state must be readable, got: {unreadable[1].rstrip()}; {restore}"


def _is_of_json(reason: str) -> bool:
    """Whether it is the state's text that is wrong, not the way to it."""
    return "JSON" in reason or "invalid character" in reason or "cannot unmarshal" in reason
