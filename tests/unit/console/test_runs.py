"""When a lock is provably one of a run that is no more."""

import json
import os
import socket
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from console import runs
from console.refusals import Lock
from console.runs import forget, is_dead, remembered

HOST = socket.gethostname()
GONE = 2**22 + 1
"""No process has this number: Linux gives none above 2**22."""


def lock(pid: int, host: str = HOST, ago: float = 0) -> Lock:
    """One that has just been taken."""
    return Lock("u", host, pid, datetime.now(UTC) - timedelta(seconds=ago))


def killed(directory: Path, pid: int, **changes: str) -> None:
    """Leave the note of a run that did not come to its end."""
    with pytest.raises(KeyboardInterrupt), remembered("lab", pid, directory):
        raise KeyboardInterrupt
    note = directory / f"lab.{pid}"
    note.write_text(json.dumps(json.loads(note.read_text("utf-8")) | changes), "utf-8")


def test_a_killed_run_of_ours(tmp_path: Path) -> None:
    """Its note and its lock tell of the same process, which is gone."""
    killed(tmp_path, GONE)
    assert is_dead("lab", lock(GONE), tmp_path) is False  # a process that has never been has no life to lose
    killed(tmp_path, os.getpid(), start="1")
    assert is_dead("lab", lock(os.getpid()), tmp_path)
    forget("lab", os.getpid(), tmp_path)
    assert not is_dead("lab", lock(os.getpid()), tmp_path)


def test_another_boot(tmp_path: Path) -> None:
    """What ran before the machine went down is dead, whoever has its number now."""
    killed(tmp_path, os.getpid(), boot="another")
    assert is_dead("lab", lock(os.getpid()), tmp_path)


@pytest.mark.parametrize("other", ["stack", "host", "pid", "older"])
def test_what_cannot_be_known(tmp_path: Path, other: str) -> None:
    """A lock that is not that very run's is left alone: of another stack, machine or process, or of before."""
    pid = os.getpid()
    killed(tmp_path, pid, start="1")
    held = {
        "host": lock(pid, "another"),
        "pid": lock(pid + 1),
        "older": lock(pid, ago=60),
    }.get(other, lock(pid))
    assert not is_dead("other" if other == "stack" else "lab", held, tmp_path)


def test_a_live_run(tmp_path: Path) -> None:
    """It is alive as long as its process is, and leaves no note when it ends."""
    with remembered("lab", os.getpid(), tmp_path):
        assert not is_dead("lab", lock(os.getpid()), tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_zombie(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is dead, and only waits for its parent to hear of it."""
    states = {"stat": "7 (pulumi) S 1" + " 0" * 17 + " 99", "comm": "pulumi", "boot_id": "one"}

    def read(file: Path) -> str:
        return states[file.name]

    monkeypatch.setattr(runs, "_read", read)
    assert runs.here().runs(7)
    with pytest.raises(KeyboardInterrupt), remembered("lab", 7, tmp_path):
        raise KeyboardInterrupt
    states["stat"] = states["stat"].replace(") S", ") Z")
    assert not runs.here().runs(7)


def test_half_a_note(tmp_path: Path) -> None:
    """It proves nothing."""
    (tmp_path / "lab.7").write_text('{"pid": 7', "utf-8")
    assert not is_dead("lab", lock(7), tmp_path)
