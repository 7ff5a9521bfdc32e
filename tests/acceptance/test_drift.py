"""What somebody does to a lab by hand is told by `make preview REFRESH=yes` and mended by `make up REFRESH=yes`.

Without that it is left alone. `make e2e-guests` runs it, in two minutes. Each test leaves the lab as config has it.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from tests.acceptance.edits import seen
from tests.e2e.lab import Lab, host, run
from tests.e2e.machine import Machine

pytestmark = pytest.mark.usefixtures("libvirt")

STACK = "e2e-drift"
DOMAIN = f"{STACK}-web"
WEB: dict[str, Any] = {"memory": "256MiB", "disk": "256MiB", "waitFor": "start", "shutdownTimeout": "0s"}
MAC = "52:54:00:d2:1f:01"
NEXT = "guest web: would start next with"


@pytest.fixture(scope="module")
def found() -> dict[str, list[str]]:
    """The host before the lab."""
    Lab(STACK).sweep()
    return host()


@pytest.fixture(scope="module")
def machine(found: dict[str, list[str]]) -> Iterator[Machine]:
    """Two guests that boot nothing, one of which nobody touches, and one with a disk."""
    made = Machine(STACK, "10.20.85.0/24")
    made.lab.write(
        {
            "kind": "guests",
            "network": {"cidr": made.cidr},
            "image": {"file": str(made.image)},
            "pool": {"path": str(made.disk / "pool")},
            # What else is warned of is told from nothing.
            "waivers": {"unpinned-image": "made by the test", "unprotected-disk": "deleted by the test"},
            "guests": {
                "web": {**WEB, "disks": {"data": {"size": "256MiB", "protect": False}}},
                "other": {**WEB, "power": "off"},
            },
        }
    )
    made.lab.make("up")
    yield made
    made.remove()
    assert host() == found


def warnings(*arguments: str) -> list[str]:
    """What a preview warns of, but for the emulation."""
    done = run("make", "preview", f"STACK={STACK}", *arguments)
    assert done.returncode == 0, done.stdout
    told = [line.removeprefix("warning: ") for line in done.stdout.splitlines() if line.startswith("warning: ")]
    return [line for line in told if "guests are emulated" not in line]


def nic() -> str:
    """The MAC of the guest's NIC."""
    return run("virsh", "-q", "domiflist", DOMAIN).stdout.split()[-1]


TAKEN_BACK: dict[str, tuple[Sequence[str], str, bool]] = {
    "off": (["destroy {}"], "guest web: is shut off, and is started", False),
    "paused": (["suspend {}"], "guest web: is paused, and goes on", True),
    "autostart": (["autostart {}"], "guest web: starts with the host, and is set right", True),
    "memory of the next start": (
        ["setmem {} 128MiB --config"],
        f"{NEXT} 128 MiB of memory, where config says 256, and is defined as config says",
        True,
    ),
    "CPUs of the next start": (
        ["setvcpus {} 3 --maximum --config", "setvcpus {} 3 --config"],
        f"{NEXT} 3 CPUs, where config says 1, and is defined as config says",
        True,
    ),
    "a NIC": (
        ["detach-interface {} network --mac {mac} --config"],
        f"{NEXT} no NIC {{mac}}, and is defined as config says",
        True,
    ),
    "a disk": (
        ["detach-disk {} vdc --config"],
        f"{NEXT} no disk {{pool}}/{DOMAIN}.data.qcow2, and is defined as config says",
        True,
    ),
    "the network": ([f"net-destroy {STACK}"], "network: is stopped, and is started", True),
    "the pool": ([f"pool-destroy {STACK}"], "pool: is stopped, and is started", True),
    "the domain": (
        ["destroy {}", "undefine {}"],
        "guest web: its domain is gone, and is defined with the disks that are there",
        False,
    ),
}
"""By what somebody does to it: how, in virsh's words; what is told; and whether the guest runs on."""


@pytest.mark.parametrize("what", TAKEN_BACK)
def test_taken_back(machine: Machine, what: str) -> None:
    """Told, and no more than told by a run that does not look for it; then mended, and not told again."""
    commands, told, runs_on = TAKEN_BACK[what]
    pool = machine.disk / "pool"
    mac, before = nic(), seen(DOMAIN, pool)
    for command in commands:
        done = run("virsh", *command.format(DOMAIN, mac=mac).split())
        assert done.returncode == 0, done.stdout
    assert told.format(mac=mac, pool=pool) in warnings("REFRESH=yes")
    if what != "the domain":
        # That alone is mended by any run.
        assert warnings() == []
        assert machine.lab.changes() == {}
    mend(machine)
    after = seen(DOMAIN, pool)
    assert (after.disk, after.definition) == (before.disk, before.definition)
    assert bool(after.process)
    assert (after.process == before.process) == runs_on
    assert nic() == mac
    assert warnings("REFRESH=yes") == []
    assert machine.lab.changes() == {}


def mend(machine: Machine) -> None:
    """Run it as a user does."""
    done = run("make", "up", f"STACK={machine.lab.stack}", "REFRESH=yes")
    assert done.returncode == 0, done.stdout


def test_what_is_only_told(machine: Machine) -> None:
    """A NIC that somebody has given it is left to them, and so is a guest that runs and should not."""
    before = seen(DOMAIN, machine.disk / "pool")
    given = f"attach-interface {DOMAIN} network {STACK} --mac {MAC} --model virtio --live"
    for command in (given, f"start {STACK}-other"):
        done = run("virsh", *command.split())
        assert done.returncode == 0, done.stdout
    told = [
        f"guest other: is running, though config says off; shut it down with: virsh shutdown {STACK}-other",
        f"guest web: has a NIC that config does not know, {MAC}; see it with: virsh dumpxml {DOMAIN}",
    ]
    assert sorted(warnings("REFRESH=yes")) == told
    mend(machine)
    assert sorted(warnings("REFRESH=yes")) == told
    assert MAC in run("virsh", "domiflist", DOMAIN).stdout
    assert seen(DOMAIN, machine.disk / "pool") == before
    # A guest that boots nothing lets go of nothing.
    for command in (f"destroy {DOMAIN}", f"start {DOMAIN}", f"destroy {STACK}-other"):
        run("virsh", *command.split())
    assert warnings("REFRESH=yes") == []


def test_a_guest_that_is_off_stays_off(machine: Machine) -> None:
    """Whatever is mended beside it."""
    mend(machine)
    assert run("virsh", "-q", "domstate", f"{STACK}-other").stdout.strip() == "shut off"


def test_a_disk_is_deleted(machine: Machine) -> None:
    """While its guest runs, that is told, and nothing done; when it is off, there is a new one."""
    pool = machine.disk / "pool"
    for name, what in ((f"{DOMAIN}.qcow2", "guest web: its root disk"), (f"{DOMAIN}.data.qcow2", "disk web.data:")):
        (pool / name).rename(machine.disk / name)
        (told,) = warnings("REFRESH=yes")
        assert told.startswith(what)
        assert "deleted while" in told
        process = seen_process()
        mend(machine)
        assert seen_process() == process
        assert not (pool / name).exists()
        (machine.disk / name).rename(pool / name)
    run("virsh", "destroy", DOMAIN)
    for name in (f"{DOMAIN}.qcow2", f"{DOMAIN}.data.qcow2"):
        (pool / name).unlink()
    told = warnings("REFRESH=yes")
    assert "guest web: its root disk is gone, and a new one is made of its image" in told
    assert "disk web.data: is gone, and a blank one is made" in told
    mend(machine)
    assert (pool / f"{DOMAIN}.data.qcow2").exists()
    assert warnings("REFRESH=yes") == []
    assert machine.lab.changes() == {}


def seen_process() -> str:
    """The guest's QEMU."""
    return run("pgrep", "-f", f"guest={DOMAIN},").stdout.strip()
