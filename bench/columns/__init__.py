"""The ways to make guests that are compared, a module each: the same steps, as shell commands."""

import os
import shutil
import subprocess
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Protocol

from bench.timing import ROOT, shell
from components.host_facts import parse

WORK = ROOT / ".toolchain" / "bench"
"""Everything that the benchmark builds, copies and writes but the guests' disks."""
DISKS = Path("/var/lib/libvirt/images")
IMAGE = WORK / "empty.qcow2"
"""What every guest's disk starts from."""
STAND_IN = ROOT / "bench" / "stand_in"
GUEST = {"memory": 128, "image": 64, "disk": 256}
"""A guest's sizes in MiB."""


class Step(StrEnum):
    """What is done to a lab, in this order; each is a row of the table."""

    PREVIEW_NEW = "preview of a new stack"
    UP = "up from nothing"
    PREVIEW = "preview, no change"
    UP_AGAIN = "up, no change"
    REFRESH = "preview --refresh"
    ADD = "one guest added"
    REMOVE = "one guest removed"
    DESTROY = "destroy"


class Column(Protocol):
    """One way to make guests."""

    name: str
    patience: float
    """Seconds that a step may take before it is killed and counted as hung."""
    may_fail: bool
    """Whether a step that fails is counted; else it ends the benchmark."""

    def begin(self, guests: int) -> None:
        """Have everything at hand for a lab of so many guests, and nothing made of it."""
        ...

    def resize(self, guests: int) -> None:
        """Write into the config that there are so many guests now."""
        ...

    def command(self, step: Step) -> str | None:
        """How a step is done, or None where there is no such thing."""
        ...

    def end(self) -> None:
        """Leave nothing behind, whatever has been killed before."""
        ...


@cache
def accelerator() -> str:
    """Libvirt's domain type for guests, as ours chooses it."""
    question = {"LAB": "bench", "POOL_PATH": str(DISKS), "FILES": ""}
    probe = subprocess.run(
        ["host/probe.sh"], cwd=ROOT, env=os.environ | question, capture_output=True, text=True, check=True
    )
    return "kvm" if parse(probe.stdout).has_kvm else "qemu"


def patience(guests: int) -> float:
    """Seconds after which a run with the libvirt provider counts as hung; what hangs never comes back."""
    return max(120, 1.5 * guests)


def make_image() -> None:
    """An empty disk: its guests find nothing to boot, so what is measured is the making of guests."""
    WORK.mkdir(parents=True, exist_ok=True)
    shell(f"qemu-img create -q -f qcow2 {IMAGE} {GUEST['image']}M")


def sweep(lab: str) -> None:
    """Remove what bears a lab's name in libvirt and on disk; none of it need exist."""
    shell(
        f"""
export LIBVIRT_DEFAULT_URI=qemu:///system
virsh -q list --all --name | {{ grep '^{lab}-' || true; }} | xargs -P 8 -I '{{}}' sh -c '
    virsh -q destroy {{}}
    virsh -q undefine {{}}
    true'
for kind in net pool; do
    virsh -q $kind-destroy {lab} || true
    virsh -q $kind-undefine {lab} || true
done"""
    )
    shutil.rmtree(DISKS / lab, ignore_errors=True)
