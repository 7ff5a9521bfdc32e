"""What this checkout remembers of a run that is under way, so that a later one can prove that it is dead.

A lock in a backend that others share names a machine and a process. Machines may share a name, and containers numbers
of processes; that the run was one of this checkout's, with this number and from then on, nobody else can say.
"""

import json
import socket
from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from console.refusals import Here, Lock

RUNS = Path(__file__).parents[1] / ".kvmlab" / "runs"
_ROUNDED = timedelta(seconds=1)
"""Pulumi tells a lock's age in whole seconds."""


@contextmanager
def remembered(stack: str, pid: int, directory: Path = RUNS) -> Generator[None]:
    """Keep a note of a run as long as it lasts; one that is killed leaves it."""
    note = _note(stack, pid, directory)
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    note.write_text(json.dumps({"pid": pid, "since": datetime.now(UTC).isoformat(), **_life(pid)}), "utf-8")
    yield
    note.unlink(missing_ok=True)


def is_dead(stack: str, lock: Lock, directory: Path = RUNS) -> bool:
    """Whether a lock is provably one of a run of this checkout that is no more."""
    try:
        note = json.loads(_note(stack, lock.pid, directory).read_text("utf-8"))
        since = datetime.fromisoformat(note["since"])
    except (OSError, ValueError, KeyError):
        return False
    is_its = lock.host == socket.gethostname() and lock.pid == note["pid"] and lock.since >= since - _ROUNDED
    return is_its and _life(lock.pid) != {"boot": note.get("boot"), "start": note.get("start")}


def forget(stack: str, pid: int, directory: Path = RUNS) -> None:
    """Drop the note of a run that left its lock."""
    _note(stack, pid, directory).unlink(missing_ok=True)


def here() -> Here:
    """What this machine can tell of the owners of locks."""
    return Here(socket.gethostname(), datetime.now(UTC), _is_pulumi)


def _note(stack: str, pid: int, directory: Path) -> Path:
    return directory / f"{stack}.{pid}"


def _is_pulumi(pid: int) -> bool:
    return _read(Path(f"/proc/{pid}/comm")) == "pulumi" and _life(pid)["start"] is not None


def _life(pid: int) -> dict[str, str | None]:
    """What tells a process from all others that have had its number."""
    fields = _read(Path(f"/proc/{pid}/stat")).rpartition(")")[2].split()
    # A zombie is dead, and only waits for its parent to hear of it.
    start = fields[19] if len(fields) > 19 and fields[0] != "Z" else None
    return {"boot": _read(Path("/proc/sys/kernel/random/boot_id")), "start": start}


def _read(file: Path) -> str:
    try:
        return file.read_text("utf-8", "replace").strip()
    except OSError:
        return ""
