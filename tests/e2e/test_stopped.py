"""A run that is stopped, or that waits for what has stopped: it ends, says why, and leaves nothing half-made."""

import os
import signal
from collections.abc import Iterator

import pytest

from tests.e2e.lab import ROOT, Lab, act_at, host, run, scripts, wait_until_quiet
from tests.e2e.machine import Machine

# Before a test looks at the host as it is found, libvirt answers there.
pytestmark = pytest.mark.usefixtures("libvirt")

STACK = "e2e-stopped"


@pytest.fixture
def found() -> dict[str, list[str]]:
    """The host before the lab."""
    Lab(STACK).sweep()
    return host()


@pytest.fixture
def machine(found: dict[str, list[str]]) -> Iterator[Machine]:
    """A lab that is not made yet; after the test, the host is as it was."""
    made = Machine(STACK, "10.20.80.0/24")
    yield made
    # Where a test has failed on the way.
    run("pkill", "-CONT", "-x", "libvirtd")
    made.remove()
    assert host() == found


def interrupt(target: str, pattern: str) -> str:
    """Run a make target, press Ctrl-C when its output has the pattern, and wait; the output."""
    return act_at(pattern, lambda process: os.killpg(process.pid, signal.SIGINT), "make", target, f"STACK={STACK}")


def test_ctrl_c_while_guests_boot(machine: Machine) -> None:
    """Those that boot and those that wait for their turn go; what was finished stays, and the next run goes on."""
    machine.write(1)
    machine.lab.make("up")
    machine.write(1, {"atOnce": 2}, slow=3)
    output = interrupt("up", "1 wait for their turn")
    # Not after a while: when the command has ended, all has.
    assert scripts() == [], output
    machine.holds(1)
    machine.write(3)
    machine.lab.make("up")
    machine.is_whole(3)


def test_ctrl_c_while_a_lab_is_made(machine: Machine) -> None:
    """Nothing of it is there but what state knows of."""
    machine.write(1, slow=1)
    interrupt("up", "booting, no lease yet")
    assert scripts() == []
    machine.holds(1)


def test_the_plugin_is_killed_while_a_guest_boots(machine: Machine) -> None:
    """Its script sees that nobody waits for it, ends, and takes away what it was making; no turn is held any longer."""
    machine.write(1, slow=1)
    plugin = f"^{ROOT}/.toolchain/home/plugins/resource-command"
    act_at("booting, no lease yet", lambda _: run("pkill", "-KILL", "-f", plugin), "make", "up", f"STACK={STACK}")
    wait_until_quiet()
    assert scripts() == []
    machine.write(1)
    machine.lab.make("up")
    machine.is_whole(1)


def test_libvirt_stalls(machine: Machine) -> None:
    """Each step under way names what it asked, and the limit that config has set; then the next run goes on."""
    machine.write(1, {"timeout": "3s"})
    step = int(machine.count("up") * 0.7)
    machine.lab.make("destroy")
    hit, output = machine.disturb("up", step, "pkill -STOP -x libvirtd")
    run("pkill", "-CONT", "-x", "libvirtd")
    errors = [line for line in output.splitlines() if " error: " in line]
    assert errors, f"at {hit!r}:\n{output}"
    for error in errors:
        assert "libvirt: must answer within 3 s, got nothing to: virsh " in error
        assert "restart its daemon and run again, or raise lab.host.timeout" in error
    machine.lab.make("up")
    machine.is_whole(1)


def test_libvirt_has_stalled(machine: Machine) -> None:
    """A run that finds it so ends before it changes anything."""
    machine.write(1)
    before = host()
    run("pkill", "-STOP", "-x", "libvirtd")
    refused = run("make", "up", f"STACK={STACK}")
    run("pkill", "-CONT", "-x", "libvirtd")
    assert refused.returncode != 0
    assert "lab.host: libvirt must answer at qemu:///system, got 'no answer within 10 s'" in refused.stdout
    assert host() == before


def test_a_guest_stalls(machine: Machine) -> None:
    """The error says how far it has come and how to look at it; it stays for that, until config is mended."""
    machine.write(1, waitFor="cloud-init", readyTimeout="12s")
    refused = run("make", "up", f"STACK={STACK}")
    assert refused.returncode != 0
    told = f"error: node-1: {STACK}-node-1: not ready after 12 s, booting, no lease yet; look at it with: virsh console"
    assert told in refused.stdout, refused.stdout
    assert "failed, 0 of 1 guests ready" in refused.stdout
    assert f"{STACK}-node-1" in host()["domains"]
    machine.write(1)
    machine.lab.make("up")
    machine.is_whole(1)


def test_a_guest_that_a_run_left_unfinished(machine: Machine) -> None:
    """Its mark is enough for the next up to look after it, whatever state says; that is told before."""
    machine.write(1)
    machine.lab.make("up")
    mark = machine.disk / "pool" / f"{STACK}-node-1.unfinished"
    mark.touch()
    assert run("virsh", "-q", "destroy", f"{STACK}-node-1").returncode == 0
    assert machine.lab.changes() == {"kvmlab:index:Guest$command:local:Command::node-1-guest": "update"}
    machine.lab.make("up")
    assert not mark.exists()
    machine.is_whole(1)


def test_a_pool_that_somebody_stopped(machine: Machine) -> None:
    """The next guest starts it again; without it, a destroy takes all away as ever."""
    machine.write(1)
    machine.lab.make("up")
    run("virsh", "-q", "pool-destroy", STACK)
    machine.write(2)
    machine.lab.make("up")
    machine.is_whole(2)
    run("virsh", "-q", "pool-destroy", STACK)
    machine.lab.make("destroy")


def test_a_foreign_file_in_the_pool(machine: Machine) -> None:
    """It is left alone, neither destroy nor the next up is in its way, nor it in theirs."""
    foreign = machine.disk / "pool" / "holiday.jpg"
    machine.write(1)
    machine.lab.make("up")
    foreign.write_text("a picture", "utf-8")
    machine.lab.make("destroy")
    assert foreign.read_text("utf-8") == "a picture"
    machine.lab.make("up")
    assert machine.lab.changes() == {}
    machine.lab.make("destroy")
    assert foreign.read_text("utf-8") == "a picture"
    wait_until_quiet()
