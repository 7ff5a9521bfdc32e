"""Whether this run is to look at what somebody has done by hand: `pulumi preview --refresh`, `pulumi up --refresh`.

The engine tells a program nothing of it, and its own refresh asks plugins, which know nothing of guests. So the program
reads it where it stands, in the command line of the Pulumi that has called it: docs/decisions/0017.
"""

import os
from collections.abc import Iterator
from pathlib import Path

_ANCESTORS = 4
"""Pulumi, its language host, and a shell or two between."""
_YES = ("--refresh", "-r", "--refresh=true")


def is_refresh() -> bool:
    """Whether it is."""
    return os.environ.get("PULUMI_OPTION_REFRESH", "") in ("1", "true") or any(map(asks, _commands(os.getppid())))


def asks(command: list[str]) -> bool:
    """Whether a command is a Pulumi that was told so."""
    return command[:1] != [] and Path(command[0]).name == "pulumi" and any(word in _YES for word in command)


def _commands(pid: int) -> Iterator[list[str]]:
    """The command lines of a process and of those above it, where there is a /proc to tell."""
    for _ in range(_ANCESTORS):
        try:
            command = Path(f"/proc/{pid}/cmdline").read_text("utf-8", "replace")
            status = Path(f"/proc/{pid}/stat").read_text("utf-8", "replace")
        except OSError:
            return
        yield command.split("\0")
        # Behind the name, which may hold anything: the state, and the parent.
        pid = int(status.rpartition(")")[2].split()[1])
