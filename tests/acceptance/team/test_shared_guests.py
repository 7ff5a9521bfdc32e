"""A lab of real guests, which boot nothing, and two checkouts of the whole program that share its state in a bucket."""

import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.acceptance.team.conftest import Store
from tests.e2e.lab import host, run
from tests.toolchain.project import ROOT, Project
from tests.toolchain.teams import Shared

STACK = "e2e-team"
STATE = f".pulumi/stacks/kvmlab/{STACK}.json"
HISTORY = f".pulumi/history/kvmlab/{STACK}"
MAKE = f"toolchain/stack {STACK}; toolchain/recover {STACK}; python -m console"
RESTORE = f"toolchain/stack {STACK}; python toolchain/lib/restore.py {STACK}"
QUICK: dict[str, Any] = {"memory": "128MiB", "disk": "256MiB", "waitFor": "start", "shutdownTimeout": "0s"}


class Member(Project):
    """A checkout of all of this one's program, with a toolchain front of its own."""

    def __init__(self, root: Path, shared: Shared) -> None:
        """Copy what git has, and what it does not have yet."""
        super().__init__(root)
        self.shared = shared
        self.config = root / "stacks" / f"Pulumi.{STACK}.yaml"
        files = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        for name in subprocess.check_output(files, cwd=ROOT, text=True).split("\0"):
            if name and (ROOT / name).exists() and not name.startswith("tests/"):
                (root / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / name, root / name)
        (root / ".toolchain").mkdir()
        for name in ("bin", "libexec", "home", "cloud-init-schema.json"):
            if (ROOT / ".toolchain" / name).exists():
                (root / ".toolchain" / name).symlink_to(ROOT / ".toolchain" / name)
        (root / ".venv").symlink_to(ROOT / ".venv")
        env = (ROOT / ".toolchain/env").read_text("utf-8")
        (root / ".toolchain/env").write_text(env.replace(str(ROOT), str(root)), "utf-8")

    def does(self, operation: str, **environment: str) -> str:
        """A make target that must succeed; its output."""
        return self.ok(f"{MAKE} {operation} {STACK}", **self.shared, **environment)

    def is_refused(self, operation: str) -> str:
        """A make target that must not; its output."""
        done = self.sh(f"{MAKE} {operation} {STACK}", **self.shared)
        assert done.returncode != 0, done.stdout
        return done.stdout + done.stderr


@pytest.fixture
def disk() -> Iterator[Path]:
    """A place where QEMU gets through, with an image that boots nothing."""
    directory = Path(f"/var/tmp/kvmlab-team-{os.getpid()}")  # noqa: S108 (where QEMU gets through)
    directory.mkdir(mode=0o711)
    subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", directory / "empty.qcow2", "64M"], check=True)
    yield directory
    shutil.rmtree(directory)


def config(disk: Path, slow: int = 0) -> dict[str, Any]:
    """Two guests, and others that boot for ever."""
    return {
        "kind": "guests",
        "network": {"cidr": "10.87.3.0/24"},
        "image": {"file": str(disk / "empty.qcow2")},
        "pool": {"path": str(disk / "pool")},
        "groups": {"node": {"count": 2, **QUICK}},
        "guests": {f"slow-{number}": {**QUICK, "waitFor": "cloud-init"} for number in range(slow)},
    }


def write(member: Member, lab: dict[str, Any]) -> None:
    """Edit the lab, and keep what else stands in the file."""
    read: dict[str, Any] = {"config": {}}
    if member.config.exists():
        read = yaml.safe_load(member.config.read_text("utf-8"))
    read["config"]["kvmlab:lab"] = lab
    member.config.write_text(yaml.safe_dump(read), "utf-8")


def domains() -> dict[str, str]:
    """Those that run, and by what process: another one is another boot."""
    names = run("virsh", "-q", "list", "--name").stdout.split()
    return {name: Path(f"/run/libvirt/qemu/{name}.pid").read_text("ascii") for name in names}


@pytest.fixture
def team(libvirt: None, shared: Shared, disk: Path, tmp_path: Path) -> Iterator[tuple[Member, Member]]:  # noqa: ARG001 (an order)
    """Ann, whose lab is there, and Ben, who has pulled her config."""
    before = host()
    ann, ben = Member(tmp_path / "Ann", shared), Member(tmp_path / "Ben", shared)
    write(ann, config(disk))
    assert "2 of 2 guests ready" in ann.does("up")
    shutil.copyfile(ann.config, ben.config)
    yield ann, ben
    ann.does("destroy")
    after = host()
    assert {what: after[what] for what in ("domains", "networks", "pools", "processes", "scripts")} == {
        what: before[what] for what in ("domains", "networks", "pools", "processes", "scripts")
    }


def test_a_team(team: tuple[Member, Member], disk: Path, store: Store, tmp_path: Path) -> None:
    """One lab, whoever works on it, and nothing that befalls its state befalls its guests."""
    ann, ben = team
    guests = domains()
    assert sorted(guests) == [f"{STACK}-node-1", f"{STACK}-node-2"]

    # Another checkout: nothing changes but the files by which its own ssh gets in.
    assert "nothing changes" in ben.does("preview")
    assert "resources: 16 unchanged, 1 updated" in ben.does("up")
    assert (ben.private / "ssh" / STACK / "config").exists()
    for member in (ben, ann):
        assert "resources: 17 unchanged" in member.does("up")
    assert domains() == guests

    killed_run(ann, ben, disk)
    assert domains() == guests

    # A state that knows nothing.
    whole = store.read(STATE)
    emptied = json.loads(whole)
    emptied["checkpoint"]["latest"]["resources"] = []
    store.write(STATE, json.dumps(emptied).encode())
    for operation in ("preview", "up"):
        told = ben.is_refused(operation)
        assert "state: must know the lab that the host has, got nothing in it and there the finished guests" in told
    plain = ben.sh(f"pulumi up --yes --skip-preview --non-interactive --stack {STACK}", **ben.shared)
    assert plain.returncode != 0
    assert "must know the lab that the host has" in plain.stdout
    assert domains() == guests
    newest = next(
        key for key in reversed(store.list(HISTORY)) if key.endswith(".checkpoint.json") and has_lab(store, key)
    )
    (tmp_path / "backup.json").write_bytes(store.read(newest))
    ben.ok(f"{RESTORE} {tmp_path}/backup.json", **ben.shared)
    assert "nothing changes" in ann.does("preview")

    # Without a backup: taken over as they are.
    store.write(STATE, json.dumps(emptied).encode())
    assert "resources: 17 created" in ann.does("up", KVMLAB_ADOPT="yes")
    assert domains() == guests

    # A new name is another lab, unless it is taken back.
    ann.ok(f"pulumi stack rename other --stack {STACK}", **ann.shared)
    for operation in ("preview", "up"):
        done = ann.sh(f"toolchain/stack other; python -m console {operation} other", **ann.shared)
        assert done.returncode != 0
        assert (
            f"to keep its guests: pulumi stack rename {STACK} --stack other; to give them up: make destroy"
            in done.stdout
        )
    ann.ok(f"pulumi stack rename {STACK} --stack other", **ann.shared)
    assert "nothing changes" in ann.does("preview")
    assert domains() == guests

    # To another backend, with the same seed and passphrase.
    (ben.root / "state.json").write_text(ann.ok(f"command pulumi stack export --stack {STACK}", **ann.shared), "utf-8")
    own = {name: value for name, value in ben.shared.items() if name != "PULUMI_BACKEND_URL"}
    ben.ok(f"toolchain/stack {STACK}; pulumi stack import --stack {STACK} --file state.json", **own)
    assert "resources: 17 unchanged" in ben.ok(f"{MAKE} up {STACK}", **own)
    ben.ok(f"pulumi stack rm --yes --force --preserve-config {STACK}", **own)
    assert domains() == guests


def has_lab(store: Store, key: str) -> bool:
    """Whether a checkpoint is one of the lab's, not of a run that was refused."""
    return b"kvmlab:index:Claim" in store.read(key)


def killed_run(ann: Member, ben: Member, disk: Path) -> None:
    """A run that makes a guest, a second run beside it, and an end by SIGKILL."""
    write(ann, config(disk, slow=1))
    process = subprocess.Popen(
        ["sh", "-euc", f". ./.toolchain/env; exec python -m console up {STACK}"],
        cwd=ann.root,
        env={"PATH": os.environ["PATH"], "HOME": str(ann.root), **ann.shared},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        until(lambda: f"{STACK}-slow-0" in domains())
        seen = domains()
        told = ben.is_refused("up")
        assert "must be worked on by one run at a time, got one of " in told
        assert ", which is alive; wait for it, or end it with Ctrl-C where it was started" in told
        assert domains() == seen
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        for directory in Path("/proc").glob("[0-9]*"):
            with suppress(OSError, ValueError):
                if (directory / "cwd").readlink() == ann.root:
                    os.kill(int(directory.name), signal.SIGKILL)
    assert "which is dead, unless another machine has this name too" in ben.is_refused("up")
    write(ann, config(disk))
    told = ann.does("up")
    assert "changed: broke the lock of a run that was killed" in told
    assert f"{STACK}-slow-0" not in domains()
    assert "nothing changes" in ben.does("preview")


def until(holds: Callable[[], bool], seconds: int = 180) -> None:
    """Wait for it."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.5)
