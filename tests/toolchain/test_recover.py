"""What a killed run leaves in the state, and what the next one finds of it."""

import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.toolchain.project import Project

OTHER_MACHINE = "another.example"
PROGRAM = """\
from pathlib import Path

import pulumi
from pulumi_command import local

pulumi.export("secret", pulumi.Output.secret("kept"))
local.Command("made", create="true")
if Path("changed").exists():
    local.Command("new", create="touch under-way; sleep 600")
"""
"""Makes a command, and once it is changed another one, which takes too long."""


@pytest.fixture
def locks(project: Project) -> Path:
    """Where Pulumi keeps the locks of a stack that exists."""
    project.ok("toolchain/stack lab")
    return project.private / "state/.pulumi/locks/organization/kvmlab/lab"


def lock(path: Path, pid: int, hostname: str) -> None:
    """Write a lock as Pulumi does."""
    owner = {"pid": pid, "username": "u", "hostname": hostname, "timestamp": "2026-01-02T03:04:05Z"}
    path.write_text(json.dumps(owner, separators=(",", ":")), encoding="utf-8")


@pytest.fixture
def a_pulumi(tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A live process that is named pulumi and holds one file open."""
    name = tmp_path / "pulumi"
    name.symlink_to("/bin/sleep")
    with (tmp_path / "held").open("wb") as held, subprocess.Popen([str(name), "60"], stdout=held) as process:
        yield process
        process.kill()


def ended() -> int:
    """The number of a process that was and is no more."""
    with subprocess.Popen(["/bin/true"]) as process:
        process.wait()
    return process.pid


def test_a_state_file_is_written_in_one_step(project: Project, locks: Path) -> None:
    """A file beside it, which is not, once made a killed run's state unreadable."""
    project.ok("pulumi up --yes --skip-preview --stack lab --non-interactive")
    files = [path.name for path in (project.private / "state").rglob("*") if path.is_file()]
    assert "lab.json" in files
    assert [name for name in files if name.endswith(".attrs")] == []
    assert list(locks.iterdir()) == []


def test_the_lock_of_a_dead_run_is_broken(project: Project, locks: Path) -> None:
    """Its owner ran on this machine and is gone."""
    pid = ended()
    lock(locks / "a.json", pid, socket.gethostname())
    assert project.ok("toolchain/recover lab") == (
        f"changed: broke the lock of a run that was killed (pid {pid}, since 2026-01-02T03:04:05Z)\n"
    )
    project.ok("pulumi up --yes --skip-preview --stack lab --non-interactive")


def test_a_zombie_holds_no_lock(project: Project, locks: Path, a_pulumi: "subprocess.Popen[bytes]") -> None:
    """It is dead, and only waits for its parent to hear of it."""
    a_pulumi.kill()
    stat = Path(f"/proc/{a_pulumi.pid}/stat")
    while ") Z " not in stat.read_text("utf-8"):
        time.sleep(0.01)
    lock(locks / "a.json", a_pulumi.pid, socket.gethostname())
    assert "broke the lock" in project.ok("toolchain/recover lab")


def test_a_number_given_away_again_holds_no_lock(project: Project, locks: Path) -> None:
    """Another program has the dead owner's number now."""
    lock(locks / "a.json", os.getpid(), socket.gethostname())
    assert "broke the lock" in project.ok("toolchain/recover lab")


def test_a_lock_that_may_be_held_stays(project: Project, locks: Path, a_pulumi: subprocess.Popen[bytes]) -> None:
    """Its owner lives, or ran on a machine that cannot be asked; Pulumi then says whose it is."""
    lock(locks / "a.json", a_pulumi.pid, socket.gethostname())
    lock(locks / "b.json", ended(), OTHER_MACHINE)
    assert project.ok("toolchain/recover lab") == ""
    refused = project.sh("pulumi up --yes --skip-preview --stack lab --non-interactive")
    assert refused.returncode != 0
    assert "locked by 2 lock(s)" in refused.stderr
    assert OTHER_MACHINE in refused.stderr


def test_half_a_lock_is_removed(project: Project, locks: Path) -> None:
    """Killed while it wrote its lock, a run would leave what Pulumi takes for a lock and cannot read."""
    (locks / "a.json.18.tmp").touch()
    (project.private / "state/.pulumi/stacks/kvmlab/lab.json.18.tmp").touch()
    assert project.sh("pulumi up --yes --skip-preview --stack lab --non-interactive").returncode != 0
    assert project.ok("toolchain/recover lab") == ""
    project.ok("pulumi up --yes --skip-preview --stack lab --non-interactive")
    assert list((project.private / "state").rglob("*.tmp")) == []


def test_what_was_under_way_is_cleared(project: Project, locks: Path) -> None:
    """Killed while it made something, a run leaves a note of that; what was made before is known as before."""
    (project.root / "__main__.py").write_text(PROGRAM, encoding="utf-8")
    up = "pulumi up --yes --skip-preview --stack lab --non-interactive"
    project.ok(up)
    (project.root / "changed").touch()
    killed = project.start(f"exec env {up}")
    while not (project.root / "under-way").exists():
        assert killed.poll() is None
        time.sleep(0.1)
    os.kill(killed.pid, signal.SIGKILL)
    killed.wait()
    assert under_way(project) == ["new"]

    told = project.ok("toolchain/recover lab")
    assert "changed: broke the lock of a run that was killed" in told
    assert told.endswith("changed: cleared what a killed run of lab had under way\n")
    assert under_way(project) == []
    assert list(locks.iterdir()) == []
    (project.root / "changed").unlink()
    assert "2 unchanged" in project.ok(up)
    assert project.ok("pulumi stack output secret --show-secrets --stack lab") == "kept\n"
    assert project.ok("toolchain/recover lab") == ""


def test_what_cannot_be_cleared_is_told(project: Project, locks: Path) -> None:
    """Why Pulumi does not take its state back is shown, and the run that would follow does not begin."""
    state = locks.parents[3] / "stacks/kvmlab/lab.json"
    state.write_text('{"pending_operations":[', encoding="utf-8")
    result = project.sh("toolchain/recover lab")
    assert result.returncode == 1
    assert result.stdout == ""
    assert "error: " in result.stderr


def under_way(project: Project) -> list[str]:
    """Names of the resources that Pulumi noted as under way."""
    state = json.loads(project.ok("pulumi stack export --stack lab"))
    return [noted["resource"]["urn"].rpartition("::")[2] for noted in state["deployment"].get("pending_operations", [])]


def test_what_a_live_run_is_writing_is_left_alone(
    project: Project, locks: Path, a_pulumi: subprocess.Popen[bytes], tmp_path: Path
) -> None:
    """A run that has just begun has its lock open under that name."""
    (tmp_path / "held").rename(locks / "a.json.18.tmp")
    project.ok("toolchain/recover lab")
    assert (locks / "a.json.18.tmp").exists()
    a_pulumi.kill()
    a_pulumi.wait()
    project.ok("toolchain/recover lab")
    assert not (locks / "a.json.18.tmp").exists()
