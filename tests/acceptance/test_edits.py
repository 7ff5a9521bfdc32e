"""Whatever is edited, in whatever order: what a preview says happens, and the end does not tell the way.

`make edits` runs it; KVMLAB_EDITS is how many sequences of ten edits, KVMLAB_SEED repeats a run.
"""

import difflib
import os
import random
import secrets
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from typing import Any

import pytest

from components.effects import Effect
from tests.acceptance.edits import KEY, Seen, agree, happened, predicted, seen
from tests.acceptance.tell import tell
from tests.e2e.lab import Lab, host, run
from tests.e2e.machine import Machine

pytestmark = [pytest.mark.usefixtures("libvirt"), pytest.mark.timeout(7200)]

STACK = "e2e-edits"
SEQUENCES = int(os.environ.get("KVMLAB_EDITS", "50"))
SEED = os.environ.get("KVMLAB_SEED", secrets.token_hex(4))
EDITS = 10
QUICK: dict[str, Any] = {"memory": "128MiB", "disk": "256MiB", "waitFor": "start", "shutdownTimeout": "0s"}
VALUES: dict[str, list[Any]] = {
    "cpus": [1, 2, 3],
    "memory": ["128MiB", "144MiB", "160MiB"],
    "maxCpus": [None, 3, 4],
    "maxMemory": [None, "160MiB", "256MiB"],
    "allowRestart": [True, False],
    "machine": ["pc", "q35"],
    "console": ["vnc", "none", {"type": "vnc"}],
    "cpu": ["maximum", "qemu64", {}],
    "balloon": ["virtio", "none", {"autodeflate": True}],
    "watchdog": [{}, {"action": "pause"}, None],
    "autostart": [True, False],
    "power": ["on", "off"],
    "layers": [[], ["console"]],
    "userData": [{}, {"timezone": "UTC"}, {"timezone": "Europe/Berlin"}],
    "authorizedKeys": [[], [KEY]],
    "onCloudInitChange": ["rerun", "replace", "ignore"],
    "readyTimeout": ["5m", "6m"],
}
"""What a key may become, from whatever it is. Disks only grow, NICs only come, and guests come and go: see `edit`."""


@pytest.fixture
def machine() -> Iterator[Machine]:
    """The means, and nothing of them left."""
    Lab(STACK).sweep()
    before = host()
    made = Machine(STACK, "10.20.83.0/24", gib=8)
    yield made
    made.remove()
    assert host() == before


def write(machine: Machine, guests: dict[str, dict[str, Any]]) -> None:
    """The lab, with these guests; what they have been edited to stands above what makes them quick."""
    machine.lab.write(
        {
            "kind": "guests",
            "network": {"cidr": machine.cidr},
            "networks": {
                name: {"cidr": f"10.{number}.83.0/24", "mode": "isolated"}
                for number, name in enumerate(("back", "side"), 31)
            },
            "image": {"file": str(machine.image)},
            "pool": {"path": str(machine.disk / "pool")},
            "guests": {name: {**QUICK, **edited} for name, edited in guests.items()},
        }
    )


def edit(chosen: random.Random, guests: dict[str, dict[str, Any]]) -> str:
    """One edit that is valid, made in place; what it is."""
    name = chosen.choice("abc")
    if name not in guests:
        guests[name] = {"address": free(chosen, guests)}
        return f"{name} comes"
    guest, key = guests[name], chosen.choice([*VALUES, "disk", "disks", "nics", "address", "gone"])
    match key:
        case "gone" if len(guests) > 1:
            del guests[name]
            return f"{name} goes"
        case "disk":
            guest["disk"] = f"{int(guest.get('disk', '256MiB')[:-3]) + 64}MiB"
        case "disks":
            disks: dict[str, Any] = guest.setdefault("disks", {})
            disk = chosen.choice(["data", "log"])
            size = int(disks[disk]["size"][:-3]) + 64 if disk in disks else 256
            disks[disk] = {"size": f"{size}MiB", "protect": False}
        case "nics":
            # A guest that boots nothing lets go of none.
            nic = chosen.choice(["back", "side"])
            guest.setdefault("nics", {})[nic] = {"network": nic}
        case "gone" | "address":
            guest["address"] = free(chosen, guests)
            key = "address"
        case _:
            guest[key] = chosen.choice(VALUES[key])
            if guest.get("power") == "off":
                # What is never started does not start with its host.
                guest["autostart"] = False
    return f"{name}.{key} = {guest[key]}"


def free(chosen: random.Random, guests: dict[str, dict[str, Any]]) -> str:
    """An address that no guest has."""
    taken = {guest["address"] for guest in guests.values()}
    return chosen.choice([address for n in range(10, 100) if (address := f"10.20.83.{n}") not in taken])


def look(machine: Machine, guests: dict[str, dict[str, Any]]) -> dict[str, Seen]:
    """Every guest as it is."""
    return {name: seen(f"{STACK}-{name}", machine.disk / "pool") for name in guests}


def whole() -> dict[str, str]:
    """All that the lab is, but for processes, and for seeds, which may have been ignored."""
    domains = run("virsh", "-q", "list", "--all", "--name").stdout.split()
    volumes = run("virsh", "-q", "vol-list", STACK).stdout.split()[::2]
    return {
        **{name: machine_of(run("virsh", "dumpxml", "--inactive", name).stdout) for name in domains},
        **{
            volume: run("virsh", "-q", "vol-info", "--bytes", "--pool", STACK, volume).stdout.partition("Allocation")[0]
            for volume in volumes
        },
        # Reservations stand in the order in which they came.
        "network": "\n".join(sorted(run("virsh", "net-dumpxml", "--inactive", STACK).stdout.splitlines())),
        "autostart": "\n".join(sorted(run("virsh", "-q", "list", "--all", "--autostart", "--name").stdout.split())),
    }


def machine_of(xml: str) -> str:
    """What a domain is: libvirt writes its controllers in the order in which they came, which means nothing."""
    domain = ElementTree.fromstring(xml)  # noqa: S314 (libvirt has written it)
    for devices in domain.iter("devices"):
        controllers = sorted(devices.iter("controller"), key=ElementTree.tostring)
        devices[:] = [*(device for device in devices if device.tag != "controller"), *controllers]
    return ElementTree.tostring(domain, "unicode")


@pytest.mark.parametrize("number", range(SEQUENCES))
def test_a_sequence(machine: Machine, number: int) -> None:
    """Ten edits of three guests: each preview is true, and the end is what the last config makes of nothing."""
    chosen = random.Random(f"{SEED}-{number}")  # noqa: S311 (to be repeated, not to be secret)
    guests: dict[str, dict[str, Any]] = {name: {"address": f"10.20.83.{10 + i}"} for i, name in enumerate("abc")}
    write(machine, guests)
    machine.lab.make("up")
    for _ in range(EDITS):
        before = look(machine, guests)
        what = edit(chosen, guests)
        write(machine, guests)
        said = predicted(machine.lab)
        machine.lab.make("up")
        after = look(machine, guests)
        told = ", ".join(f"{name} {effect}" for name, effect in sorted(said.items())) or "no change"
        tell(f"{SEED}-{number}: {what}: {told}")
        for name in before.keys() & after.keys():
            done = happened(before[name], after[name])
            assert agree(said.get(name, Effect.NOTHING), done), f"{what}: {name}: {done}"
        assert machine.lab.changes() == {}, what
    end = whole()
    machine.lab.make("destroy")
    machine.lab.make("up")
    anew = whole()
    different = [
        line
        for name in sorted({*end, *anew})
        for line in difflib.unified_diff(end.get(name, "").splitlines(), anew.get(name, "").splitlines(), name, "anew")
    ]
    assert not different, "\n".join(different)
