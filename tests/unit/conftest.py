"""What every unit test lives under: nothing leaves the process."""

import sys
from collections.abc import Iterator

import pytest

FORBIDDEN = frozenset(
    {
        "os.exec",
        "os.fork",
        "os.forkpty",
        "os.posix_spawn",
        "os.spawn",
        "os.system",
        "pty.spawn",
        "socket.connect",
        "socket.getaddrinfo",
        "socket.gethostbyaddr",
        "socket.gethostbyname",
        "socket.sendmsg",
        "socket.sendto",
        "subprocess.Popen",
    }
)
"""Python's own audit events, so no library gets round them: https://docs.python.org/3/library/audit_events.html."""


class LeavesProcess(BaseException):
    """A unit test started a process or used the network; no `except Exception` of the code under test may hide that."""


class Guard:
    """Refuses what is forbidden while it is closed; an audit hook cannot be taken out again."""

    closed = False

    def __call__(self, event: str, args: tuple[object, ...]) -> None:
        """Look at one audit event."""
        if self.closed and event in FORBIDDEN:
            raise LeavesProcess(f"{event}{args}: unit tests start no process and use no network")


GUARD = Guard()
sys.addaudithook(GUARD)


@pytest.fixture(autouse=True)
def _nothing_leaves() -> Iterator[None]:  # pyright: ignore[reportUnusedFunction] (pytest uses it)
    """Close the guard for the duration of a test."""
    GUARD.closed = True
    yield
    GUARD.closed = False
