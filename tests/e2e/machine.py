"""A lab of guests that boot nothing, so that a run takes seconds, and the means to disturb one at any of its steps."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.e2e.lab import Lab, run, wait_until_quiet

STEP = Path(__file__).with_name("step.sh")
COMMANDS = (
    "awk cat chmod cmp cp cut find grep head ln mkdir mktemp mv qemu-img readlink rm rmdir sed sha512sum sleep timeout "
    "touch truncate xorriso"
)
"""What the scripts of host/ call; what is not here is no step."""


class Machine:
    """The lab, and a disk of its own that can be filled up."""

    def __init__(self, stack: str, cidr: str, gib: int = 1) -> None:
        """Prepare; nothing is made yet.

        Args:
            stack: the lab's.
            cidr: its network's.
            gib: the disk's size; guests' disks take next to nothing of it.
        """
        self.lab = Lab(stack)
        self.lab.sweep()
        self.cidr = cidr
        # Where QEMU gets through, which it does not in what pytest offers.
        directory = Path(tempfile.mkdtemp(prefix="kvmlab-", dir="/var/tmp"))
        directory.chmod(0o711)
        self.disk, self.steps, self.shims = directory / "disk", directory / "steps", directory / "shims"
        self.disk.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={gib}G,mode=0755", "kvmlab", self.disk], check=True)
        self.image = self.disk / "empty.qcow2"
        subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", self.image, "64M"], check=True)
        self.shims.mkdir()
        for name in COMMANDS.split():
            (self.shims / name).symlink_to(STEP)

    def write(self, guests: int, host: Mapping[str, Any] | None = None, slow: int = 0, **guest: object) -> None:
        """Ask for so many guests.

        Args:
            guests: how many.
            host: the config's section of that name.
            slow: how many others, which boot for ever, as an image with nothing in it does.
            guest: keys of the guests beside those that make them quick.
        """
        quick = {"memory": "128MiB", "disk": "256MiB", "waitFor": "start", "shutdownTimeout": "0s"}
        self.lab.write(
            {
                "kind": "guests",
                "host": dict(host or {}),
                "network": {"cidr": self.cidr},
                "image": {"file": str(self.image)},
                "pool": {"path": str(self.disk / "pool")},
                "groups": {"node": {"count": guests, **quick, **guest}},
                "guests": {f"slow-{number}": {**quick, "waitFor": "cloud-init"} for number in range(slow)},
            }
        )

    def disturb(self, target: str, step: int, command: str, moment: str = "before") -> tuple[str, str]:
        """Run a make target, and a command at one of its steps.

        Args:
            target: the target.
            step: the step's number; 0 is none.
            command: a shell command, which knows the step's `$script` and the `$DISK`.
            moment: whether `before` or `after` the step.

        Returns:
            What was under way at that step, or nothing where the run ended before; and the run's output.
        """
        shutil.rmtree(self.steps, ignore_errors=True)
        self.steps.mkdir()
        done = run(
            "make",
            target,
            f"STACK={self.lab.stack}",
            PATH=f"{self.shims}:{os.environ['PATH']}",
            STEP_PATH=os.environ["PATH"],
            STEPS=str(self.steps),
            STEP=str(step),
            MOMENT=moment,
            KILL=command,
            DISK=str(self.disk),
            timeout=300,
        )
        (self.disk / "filler").unlink(missing_ok=True)
        wait_until_quiet()
        hit = self.steps / "hit"
        return hit.read_text("utf-8").strip() if hit.exists() else "", done.stdout

    def count(self, target: str) -> int:
        """How many steps a run has that nobody disturbs."""
        self.disturb(target, 0, ":")
        return sum(1 for _ in self.steps.iterdir())

    def is_whole(self, guests: int) -> None:
        """The lab is what config says, and nothing is to be changed."""
        self.holds(guests)
        assert self.lab.changes() == {}

    def holds(self, guests: int) -> None:
        """So many guests are there; nothing is missing, nothing left over, nothing under way."""
        names = [f"{self.lab.stack}-node-{number}" for number in range(1, guests + 1)]
        assert sorted(run("virsh", "-q", "list", "--name").stdout.split()) == sorted(names)
        files = {path.name for path in (self.disk / "pool").iterdir()}
        disks = {f"{name}{suffix}" for name in names for suffix in (".qcow2", "-seed.iso", ".birth")}
        others = files - disks
        assert disks <= files
        assert len(others) == 3, others  # the marker, the image, and the link to it
        volumes = run("virsh", "-q", "vol-list", self.lab.stack).stdout
        assert all(disk in volumes for disk in disks if not disk.endswith(".birth")), volumes
        assert "pending_operations" not in self.lab.pulumi("stack", "export").stdout
        # Whoever has started libvirtd: what it writes for dnsmasq must be readable.
        daemon = run("pgrep", "-n", "-x", "libvirtd").stdout.strip()
        assert "Umask:\t0022\n" in Path(f"/proc/{daemon}/status").read_text("utf-8")

    def remove(self) -> None:
        """Nothing of it is left."""
        self.lab.remove()
        subprocess.run(["umount", self.disk], check=True)
        shutil.rmtree(self.disk.parent)
