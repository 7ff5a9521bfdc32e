"""Guests that do not start from an image, or not at all, for real.

`make e2e-guests` runs it, in a few minutes.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.edits import predicted, seen
from tests.e2e.lab import Lab, host, run
from tests.e2e.machine import Machine

pytestmark = [pytest.mark.usefixtures("libvirt"), pytest.mark.timeout(1200)]

STACK = "e2e-boot"
QUICK: dict[str, Any] = {"image": "none", "memory": "128MiB", "disk": "256MiB", "shutdownTimeout": "0s"}


@pytest.fixture
def machine() -> Iterator[Machine]:
    """The means, and nothing of them left."""
    Lab(STACK).sweep()
    before = host()
    made = Machine(STACK, "10.20.84.0/24")
    yield made
    made.remove()
    assert host() == before


def write(machine: Machine, **guests: dict[str, Any]) -> None:
    """The lab, with these guests beside what makes them quick."""
    machine.lab.write(
        {
            "kind": "guests",
            "network": {"cidr": machine.cidr},
            "pool": {"path": str(machine.disk / "pool")},
            "guests": {name: {**QUICK, **guest} for name, guest in guests.items()},
        }
    )


def up(machine: Machine, **guests: dict[str, Any]) -> None:
    """Make it so, once."""
    write(machine, **guests)
    machine.lab.make("up")
    assert machine.lab.changes() == {}


def state(guest: str) -> str:
    """What libvirt says of it."""
    return run("virsh", "-q", "domstate", f"{STACK}-{guest}").stdout.strip()


def pool(machine: Machine) -> set[str]:
    """The files in it, but for its marker."""
    return {path.name for path in (machine.disk / "pool").iterdir()} - {".kvmlab"}


def test_blank_and_off(machine: Machine) -> None:
    """A lab without any image: its guests have blank disks, and run as they are told to."""
    up(machine, web={}, spare={"power": "off"})
    assert (state("web"), state("spare")) == ("running", "shut off")
    disks = {f"{STACK}-{guest}{suffix}" for guest in ("web", "spare") for suffix in (".qcow2", "-seed.iso")}
    assert pool(machine) == disks
    for guest in ("web", "spare"):
        assert "backing file" not in run("qemu-img", "info", "-U", str(disk(machine, guest))).stdout
        assert f"name='{guest}'" in run("virsh", "net-dumpxml", STACK).stdout

    inode = disk(machine, "spare").stat().st_ino
    write(machine, web={}, spare={"power": "off", "cpus": 2, "disk": "512MiB"})
    assert {f"{effect}" for effect in predicted(machine.lab).values()} == {"live"}
    machine.lab.make("up")
    assert state("spare") == "shut off"
    assert "<vcpu placement='static'>2</vcpu>" in seen(f"{STACK}-spare", machine.disk / "pool").definition

    up(machine, web={"power": "off"}, spare={"cpus": 2, "disk": "512MiB"})
    assert (state("web"), state("spare")) == ("shut off", "running")
    assert disk(machine, "spare").stat().st_ino == inode

    # Somebody has started it; what makes it run again ends that.
    assert run("virsh", "start", f"{STACK}-web").returncode == 0
    up(machine, web={"power": "off", "cpus": 2}, spare={"cpus": 2, "disk": "512MiB"})
    assert state("web") == "shut off"


def disk(machine: Machine, guest: str) -> Path:
    """A guest's root disk."""
    return machine.disk / "pool" / f"{STACK}-{guest}.qcow2"
