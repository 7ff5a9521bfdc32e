"""Killed anywhere, run again: at points that a seed chooses among all steps of all scripts of host/.

`make kills` runs it; KVMLAB_KILLS is how many points, KVMLAB_SEED repeats a run.
"""

import os
import random
import secrets
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.e2e.lab import ROOT, Lab, host, run, wait_until_quiet

pytestmark = [pytest.mark.usefixtures("libvirt"), pytest.mark.timeout(7200)]

STACK = "kills"
POINTS = int(os.environ.get("KVMLAB_KILLS", "60"))
SEED = os.environ.get("KVMLAB_SEED", secrets.token_hex(4))
STEP = Path(__file__).with_name("step.sh")
COMMANDS = (
    "awk cat chmod cmp cp cut find grep head ln mkdir mktemp mv qemu-img readlink rm rmdir sed sha512sum sleep timeout "
    "touch truncate xorriso"
)
"""What the scripts of host/ call; what is not here is no step."""
VICTIMS = {
    "script": "kill -9 $script",
    "cli": f"pkill -9 -x pulumi -f -- '--stack {STACK}'",
    "language host": f"pkill -9 -f '^{ROOT}/.toolchain/libexec/pulumi-language-python '",
    "program": f"pkill -9 -f 'python.*{ROOT}/.toolchain/libexec/pulumi-language-python-exec'",
    "plugin": f"pkill -9 -f '^{ROOT}/.toolchain/home/plugins/resource-command'",
    "libvirtd": "pkill -9 -x libvirtd",
    "disk": "cat /dev/zero >$DISK/filler 2>/dev/null || true",
}


def tell(text: str) -> None:
    """A line for who watches a run of ten minutes, and wants to repeat it."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


class Point(NamedTuple):
    """Where a run is cut."""

    operation: str
    victim: str
    step: float
    """How far into the operation, from 0 to 1."""
    moment: str
    then: str
    """What is run next: `up`, or `destroy`."""


def points() -> list[Point]:
    """Every victim in every operation, and then what the seed says."""
    chosen = random.Random(SEED)  # noqa: S311 (to be repeated, not to be secret)
    cases = [(operation, victim) for operation in ("up", "grow", "destroy") for victim in VICTIMS]
    cases += [(chosen.choice(("up", "grow", "destroy")), chosen.choice(list(VICTIMS))) for _ in range(POINTS)]
    return [
        Point(
            operation,
            victim,
            chosen.random(),
            chosen.choice(("before", "after")),
            "destroy" if operation == "destroy" else chosen.choice(("up", "destroy")),
        )
        for operation, victim in cases[:POINTS]
    ]


class Machine:
    """A lab of guests that boot nothing, on a disk that can be filled up, and the means to kill a run of it."""

    def __init__(self, directory: Path) -> None:
        """Prepare; nothing is made yet."""
        self.lab = Lab(STACK)
        self.disk, self.steps, self.shims = directory / "disk", directory / "steps", directory / "shims"
        self.disk.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1G,mode=0755", "kvmlab", self.disk], check=True)
        self.image = self.disk / "empty.qcow2"
        subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", self.image, "64M"], check=True)
        self.shims.mkdir()
        for name in COMMANDS.split():
            (self.shims / name).symlink_to(STEP)
        # On every machine the same steps; the directories above it let QEMU through.
        for parent in [*self.disk.parents][:3]:
            parent.chmod(parent.stat().st_mode | 0o011)

    def write(self, guests: int) -> None:
        """Ask for so many guests."""
        group = {"count": guests, "memory": "128MiB", "disk": "256MiB", "waitFor": "start", "shutdownTimeout": "0s"}
        self.lab.write(
            {
                "kind": "guests",
                "network": {"cidr": "10.20.79.0/24"},
                "image": {"file": str(self.image)},
                "pool": {"path": str(self.disk / "pool")},
                "groups": {"node": group},
            }
        )

    def cut(self, target: str, step: int, moment: str, victim: str) -> str:
        """Run a make target and kill the victim at a step; what was under way, or nothing where it ended before."""
        shutil.rmtree(self.steps, ignore_errors=True)
        self.steps.mkdir()
        run(
            "make",
            target,
            f"STACK={STACK}",
            PATH=f"{self.shims}:{os.environ['PATH']}",
            COMMANDS=os.environ["PATH"],
            STEPS=str(self.steps),
            STEP=str(step),
            MOMENT=moment,
            KILL=VICTIMS.get(victim, ":"),
            DISK=str(self.disk),
            timeout=300,
        )
        (self.disk / "filler").unlink(missing_ok=True)
        wait_until_quiet()
        hit = self.steps / "hit"
        return hit.read_text("utf-8").strip() if hit.exists() else ""

    def count(self, target: str) -> int:
        """How many steps a run has that nobody disturbs."""
        self.cut(target, 0, "before", "")
        return sum(1 for _ in self.steps.iterdir())

    def is_whole(self, guests: int) -> None:
        """The lab is what config says: nothing is missing, nothing is left over, nothing to be changed."""
        names = [f"{STACK}-node-{number}" for number in range(1, guests + 1)]
        assert sorted(run("virsh", "-q", "list", "--name").stdout.split()) == names
        files = {path.name for path in (self.disk / "pool").iterdir()}
        disks = {f"{name}{suffix}" for name in names for suffix in (".qcow2", "-seed.iso")}
        others = files - disks
        assert disks <= files
        assert len(others) == 3, others  # the marker, the image, and the link to it
        volumes = run("virsh", "-q", "vol-list", STACK).stdout
        assert all(disk in volumes for disk in disks), volumes
        assert self.lab.changes() == {}
        assert "pending_operations" not in self.lab.pulumi("stack", "export").stdout


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    """The means, and nothing of them left."""
    Lab(STACK).remove()
    made = Machine(tmp_path)
    yield made
    made.lab.remove()
    subprocess.run(["umount", made.disk], check=True)


def test_kills(machine: Machine) -> None:
    """After each kill the next run converges by itself, and a destroy leaves the host as it was found."""
    tell(f"seed {SEED}, {POINTS} points")
    found = host()
    machine.write(2)
    steps = {"up": machine.count("up")}
    machine.write(3)
    steps["grow"] = machine.count("up")
    steps["destroy"] = machine.count("destroy")
    assert host() == found
    assert min(steps.values()) > 10, steps
    tell(f"steps: {steps}")
    missed = 0
    for number, point in enumerate(points(), 1):
        target = "destroy" if point.operation == "destroy" else "up"
        if point.operation != "up":
            machine.write(2)
            machine.lab.make("up")
        machine.write(3 if point.operation == "grow" else 2)
        step = 1 + int(point.step * steps[point.operation])
        hit = machine.cut(target, step, point.moment, point.victim)
        missed += not hit
        tell(f"{number}: {point.operation}, step {step}, {point.victim} {point.moment} [{hit}], then {point.then}")
        machine.lab.make(point.then)
        if point.then == "up":
            machine.is_whole(3 if point.operation == "grow" else 2)
            machine.lab.make("destroy")
        wait_until_quiet()
        assert host() == found, f"seed {SEED}, point {number}"
    # Guests run side by side, so a run may have a step less than the one that was counted.
    assert missed <= POINTS // 10, f"{missed} of {POINTS} points were never reached"
