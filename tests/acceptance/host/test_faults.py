"""What goes wrong while the only NIC of a machine becomes a bridge's port: over that NIC it is reached again, always.

`make host-faults` runs it: twenty runs of a whole `pulumi up`, and then another one without the fault.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.acceptance.host.machine import BARE, Machine
from tests.acceptance.tell import tell
from tests.e2e.lab import Lab, run

pytestmark = [pytest.mark.usefixtures("libvirt"), pytest.mark.timeout(7200)]

SECONDS = 90
"""Within these a machine answers at its old address, but for the time in which it boots."""
DROP_IN = "/etc/systemd/network/05-kvmlab-br0-bridge.network.d"
"""What is written there is the bridge's alone."""
NOWHERE = "/etc/systemd/network/10-nowhere"
"""An interface that leads there."""
BARE_RUNS = """bare() { "$0" bare "sudo sh -c '$1'" </dev/null; }\n"""
"""A fault is part of the script that is called as ssh, and leaves that its stdin."""


@dataclass(frozen=True)
class Fault:
    """Something that goes wrong."""

    prepare: str = "true"
    """On the machine, as root, before all."""
    between: str = ""
    """Here, behind the login that has made the bridge, and before the one that is to confirm it."""
    interface: str = "default-route"
    """What is asked for."""
    kept: bool = False
    """Whether the bridge is confirmed all the same."""
    boots: bool = False
    message: str = ""
    """What the user is told; nobody is told anything by a program that was killed."""


def networkd(text: str, message: str) -> Fault:
    """Systemd-networkd configures the bridge otherwise than its interface was."""
    lines = f"[DHCPv4]\\nUseGateway=no\\n{text}"
    return Fault(f'mkdir -p {DROP_IN} && printf "{lines}" >{DROP_IN}/fault.conf', message=message)


IS_BACK = "; the old configuration is back, see "
UNREACHED = "host bare: must be reached by ssh, got "
SOLE = f"""
printf "[NetDev]\\nName=nowhere\\nKind=dummy\\n" >{NOWHERE}.netdev
printf "[Match]\\nName=nowhere\\n[Network]\\nAddress=192.0.2.7/24\\n" >{NOWHERE}.network
networkctl reload && sleep 3
"""
KILLED = Fault(between="pkill -KILL -s $(ps -o sid= -p $$)")
CUT = Fault(between="virsh -q -c qemu:///system reset e2e-bare-bare; sleep 5", boots=True, message="host bare: ")
REBOOTED = Fault(between='bare "systemctl reboot"; sleep 10', boots=True, message="host bare: ")
RESTARTED = Fault(between='bare "systemctl restart ssh"', kept=True)
STOPPED = Fault(
    between='bare "systemd-run -q --on-active=20 systemctl start ssh; systemctl stop ssh"',
    message=UNREACHED,
)
FAULTS = {
    "another gateway": networkd("[Network]\\nGateway=10.20.84.99\\n", "default via 10.20.84.99'; the old"),
    "no gateway": networkd("", "/24'; the old configuration is back"),
    # The login is over an address that is gone for a while, and outlives that.
    "another address": networkd("[Network]\\nDHCP=no\\nAddress=10.20.84.77/24\\nGateway=10.20.84.1\\n", IS_BACK),
    "no address": networkd("[Network]\\nDHCP=no\\n", IS_BACK),
    "no such interface": Fault(interface="eth9", message="got 'eth9'; name one of these"),
    "no such MAC address": Fault(interface="02:00:00:00:00:99", message="got '02:00:00:00:00:99'; name one of these"),
    "the loopback": Fault(interface="lo", message="lo: must be managed by "),
    "an interface to nowhere": Fault(SOLE, interface="nowhere", kept=True),
    **{
        f"{name}, {number}": fault
        for name, fault in {
            "killed": KILLED,
            "power cut": CUT,
            "rebooted": REBOOTED,
        }.items()
        for number in (1, 2, 3)
    },
    "sshd restarted, 1": RESTARTED,
    "sshd restarted, 2": RESTARTED,
    "sshd away for 20 s": STOPPED,
}


@pytest.fixture(scope="module")
def hypervisor(machine: Machine, alone: Lab) -> Lab:
    """The machine is one, without a bridge."""
    assert machine.addresses()
    alone.make("up")
    return alone


def until(met: Callable[[], bool], seconds: int) -> float:
    """Wait for it; how long that was."""
    began = time.monotonic()
    while not met():
        assert time.monotonic() < began + seconds, f"it has not come to pass within {seconds} s"
        time.sleep(1)
    return time.monotonic() - began


def status(machine: Machine) -> str:
    """What is known of the bridge there."""
    on_trial, kept = (
        f"sudo test -e {file}" for file in ("/run/kvmlab/bridge/br0/deadline", "/var/lib/kvmlab/bridge/br0")
    )
    told = f"if {on_trial}; then echo on trial; elif {kept}; then echo kept; else echo none; fi"
    return machine.run(told).strip()


def configuration(machine: Machine) -> str:
    """Digests of what network managers read."""
    return machine.run("sudo find /etc/netplan /etc/systemd/network /etc/network -type f -exec sha256sum {} + | sort")


@pytest.mark.parametrize("name", FAULTS)
def test_reached_again(machine: Machine, hypervisor: Lab, fault: Path, name: str) -> None:
    """At its old address, with all of the old configuration or all of the new; and the next run makes the bridge."""
    this = FAULTS[name]
    had, before, boot = machine.addresses(), configuration(machine), machine.boot_id()
    [(_, address)] = had
    machine.run(f"sudo sh -c '{this.prepare}'")
    prepared = machine.addresses()
    hypervisor.write({"kind": "host", "host": {"address": BARE, "bridge": {"interface": this.interface}}})
    if this.between:
        fault.write_text(f"{BARE_RUNS}{this.between}\n", "utf-8")
    up = f". .toolchain/env && pulumi up --yes --skip-preview --non-interactive --stack {hypervisor.stack}"
    done = run("setsid", "--wait", "sh", "-c", up)
    fault.unlink(missing_ok=True)
    if this.boots:
        machine.wait_for_boot_after(boot)
    reached = until(lambda: machine.boot_id() != "", SECONDS)
    rested = until(lambda: status(machine) != "on trial", SECONDS)
    tell(f"{name}: reached after {reached:.0f} s, at rest after {reached + rested:.0f} s")
    assert this.message in done.stdout, done.stdout
    assert (done.returncode == 0) == (status(machine) == "kept") == this.kept, done.stdout
    now = machine.addresses()
    assert now == (prepared if not this.kept else [("br0", address)] if this.interface == "default-route" else now)
    assert address in dict(now).values()

    machine.run(f"sudo rm -rf {DROP_IN}")
    hypervisor.write({"kind": "host", "host": {"address": BARE, "bridge": {}}})
    hypervisor.make("up")
    assert ("br0", address) in machine.addresses()
    assert status(machine) == "kept"
    hypervisor.write({"kind": "host", "host": BARE})
    hypervisor.make("up")
    machine.run(f"sudo sh -c 'rm -f {NOWHERE}.*; ip link delete nowhere 2>/dev/null; networkctl reload'")
    assert (machine.addresses(), configuration(machine), status(machine)) == (had, before, "none")
