"""A bare machine becomes a hypervisor, over SSH: a guest of ours plays it, with systemd and a user who is not root.

`make e2e-host` runs it. One story: each test goes on from the last.
"""

import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.host.machine import BARE, IMAGE, INNER, Machine, empty_image
from tests.acceptance.tell import tell
from tests.e2e.lab import Lab, host, run, wait_until_quiet

pytestmark = [pytest.mark.usefixtures("libvirt"), pytest.mark.timeout(7200)]

USERS = {"./group", "./gshadow", "./passwd", "./shadow"}
"""Debian's packages leave the system users that they have made: dnsmasq, polkitd."""
ALWAYS_CHANGES = USERS | {f"{file}-" for file in USERS} | {"./ld.so.cache"}
"""And what the system itself writes anew at each installation: backups, and a cache."""
QUICK = {"memory": "128MiB", "disk": "256MiB", "waitFor": "start", "shutdownTimeout": "0s"}


@pytest.fixture(scope="module")
def inner(machine: Machine) -> Iterator[Lab]:
    """The lab on it, not made yet."""
    lab = Lab(INNER)
    assert lab.stack != machine.lab.stack
    write(lab, 1)
    yield lab
    lab.remove()


def write(lab: Lab, guests: int) -> None:
    """So many guests that boot nothing. Emulated: KVM under emulation hangs the machine that is emulated."""
    lab.write(
        {
            "kind": "guests",
            "host": {"address": BARE, "accelerator": "tcg"},
            "network": {"cidr": "10.20.85.0/24"},
            "image": {"file": IMAGE},
            "groups": {"node": {"count": guests, **QUICK}},
        }
    )


def test_doctor(machine: Machine) -> None:
    """It says that a lab can be made there, and what `make up` will bring; it installs nothing."""
    before = machine.run("dpkg --get-selections | sha256sum")
    told = run("make", "doctor", f"MACHINE={BARE}")
    assert told.returncode == 0, told.stdout
    tell(told.stdout)
    assert re.search(r"^ok +rights +lab, who may act as root$", told.stdout, re.MULTILINE)
    assert re.search(r"^ok +packages +missing: .*virsh", told.stdout, re.MULTILINE)
    assert machine.run("dpkg --get-selections | sha256sum") == before


def test_a_user_who_may_not(machine: Machine) -> None:
    """Whom sudo would ask for a password is told so, and nothing is changed."""
    before = machine.system()
    lab = Lab("e2e-plain")
    lab.write({"kind": "host", "host": f"plain@{BARE}"})
    done = run("make", "up", f"STACK={lab.stack}")
    lab.remove()
    assert done.returncode != 0
    assert f"host plain@{BARE}: 1 problem in what it offers\n" in done.stdout, done.stdout
    assert "  lab.host: must let this user act as root; run as root, or allow sudo without a password\n" in done.stdout
    assert machine.system() == before


def test_up(machine: Machine, inner: Lab) -> None:
    """Packages, daemons under systemd, pool, network and a guest: one command, by a user with sudo."""
    began = time.monotonic()
    output = inner.make("up")
    tell(f"{output}\nup took {time.monotonic() - began:.0f} s")
    assert "1 of 1 guests ready in " in output
    domains = machine.run("sudo virsh -q -c qemu:///system list --name").split()
    assert domains == [f"{INNER}-node-1"]
    # The user is in the group that polkit lets in, and libvirt comes up with the machine.
    assert machine.run("virsh -q -c qemu:///system list --name").split() == domains
    assert "enabled" in machine.run("systemctl is-enabled libvirtd.socket libvirtd.service || true").split()
    assert machine.asks_the_network()
    assert re.fullmatch(r"libvirt-\S+ \(enforce\)", " ".join(machine.confined()))


def test_from_here(inner: Lab) -> None:
    """What speaks libvirt's own protocol over SSH sees the same."""
    assert inner.file.exists()
    seen = run("virsh", "-q", "-c", f"qemu+ssh://{BARE}/system", "list", "--name")
    assert seen.stdout.split() == [f"{INNER}-node-1"], seen.stdout


def test_nothing_to_change_is_one_login(machine: Machine, inner: Lab) -> None:
    """For a preview, and for an up."""
    before = machine.logins
    assert inner.changes() == {}
    done = inner.pulumi("up", "--yes", "--skip-preview", "--expect-no-changes", "--non-interactive")
    assert done.returncode == 0, done.stdout
    # Each look at the count is a login itself.
    assert machine.logins == before + 1 + 2


def test_one_more_guest(machine: Machine, inner: Lab) -> None:
    """It touches no other, and is one login more."""
    uuid = machine.run(f"virsh -q -c qemu:///system domuuid {INNER}-node-1")
    before = machine.logins
    write(inner, 2)
    inner.make("up")
    assert machine.logins == before + 1 + 2
    assert machine.run(f"virsh -q -c qemu:///system domuuid {INNER}-node-1") == uuid
    assert len(machine.run("virsh -q -c qemu:///system list --name").split()) == 2


def test_reboot(machine: Machine, inner: Lab) -> None:
    """Libvirt, pool and network come up again by themselves, and there is nothing to change."""
    machine.reboot()
    assert machine.run("virsh -q -c qemu:///system net-list --name").split() == [INNER]
    assert machine.run("virsh -q -c qemu:///system pool-list --name").split() == [INNER]
    assert machine.asks_the_network()
    assert inner.changes() == {}


def test_destroy(machine: Machine, inner: Lab) -> None:
    """Nothing of the lab is left; the machine stays a hypervisor."""
    inner.make("destroy")
    for what in ("list --all --name", "pool-list --all --name"):
        assert machine.run(f"virsh -q -c qemu:///system {what}").split() == [], what
    assert machine.run("virsh -q -c qemu:///system net-list --all --name").split() in ([], ["default"])
    assert machine.run("sudo ls -A /var/lib/libvirt/images").split() == []
    left = machine.run("sudo ls /var/lib/kvmlab; sudo find /etc/libvirt/hooks -name 'kvmlab*'").split()
    assert left == ["setup"]


def test_a_pool_in_a_home(machine: Machine) -> None:
    """QEMU gets there in spite of the home's mode, and is confined; where AppArmor lets it not, that is told."""
    lab, home = Lab("e2e-home"), "/home/lab"
    mode = machine.run(f"stat -c %a {home}").strip()
    config = {
        "kind": "guests",
        "host": {"address": BARE, "accelerator": "tcg"},
        "network": {"cidr": "10.20.86.0/24"},
        "image": {"file": IMAGE},
        "guests": {"web": QUICK},
    }
    machine.run(f"chmod 0700 {home}")
    before = machine.run(f"ls -ld {home}")
    lab.write({**config, "pool": {"path": f"{home}/.labs/one"}})
    refused = run("make", "up", f"STACK={lab.stack}")
    assert refused.returncode != 0
    assert "must be where virt-aa-helper may read, got one that " in refused.stdout, refused.stdout
    lab.write({**config, "pool": {"path": f"{home}/labs/one"}})
    lab.make("up")
    assert machine.run("virsh -q -c qemu:///system list --name").split() == ["e2e-home-web"]
    assert re.fullmatch(r"libvirt-\S+ \(enforce\)", " ".join(machine.confined()))
    lab.remove()
    assert machine.run(f"ls {home}").split() == []
    # A list would show as a plus behind the mode.
    assert machine.run(f"ls -ld {home}").split()[:3] == before.split()[:3]
    machine.run(f"chmod {mode} {home}")


def test_a_lab_on_two_hosts(machine: Machine, tmp_path: Path) -> None:
    """On this one and on that: each has its guest, neither changes again, and both are as before in the end."""
    before = host()
    empty_image(tmp_path)
    lab = Lab("e2e-two")
    lab.sweep()
    lab.write(
        {
            "kind": "guests",
            "hosts": {"here": "local", "there": {"address": BARE, "accelerator": "tcg"}},
            "network": {"cidr": "10.20.86.0/24"},
            "guests": {
                "near": {"host": "here", "image": {"file": str(tmp_path / "empty.qcow2")}, **QUICK},
                "far": {"host": "there", "image": {"file": IMAGE}, **QUICK},
            },
        }
    )
    lab.make("up")
    assert run("virsh", "-q", "domstate", "e2e-two-near").stdout.strip() == "running"
    assert machine.run("virsh -q -c qemu:///system list --name").split() == ["e2e-two-far"]
    logins = machine.logins
    assert lab.changes() == {}
    assert machine.logins == logins + 1 + 1
    lab.remove()
    wait_until_quiet()
    assert host() == before
    assert machine.run("virsh -q -c qemu:///system list --all --name").split() == []


def test_a_bridge_that_nobody_confirms(machine: Machine) -> None:
    """Within a minute and a half the machine is as before, by itself."""
    asked = ("SETTINGS=BRIDGE INTERFACE", "BRIDGE=br0", "INTERFACE=default-route")
    settings = ("SSH_DESTINATION=bare", "SSH_SILENCE=45", *asked)
    before = machine.addresses()
    tried = run("env", *settings, "host/over_ssh.sh", "bridge.sh", "apply")
    assert tried.returncode == 0, tried.stdout
    assert [device for device, _ in machine.addresses()] == ["br0"]
    deadline = time.monotonic() + 90
    while machine.addresses() != before:
        assert time.monotonic() < deadline, machine.addresses()
        time.sleep(3)


def test_a_bridge(machine: Machine, alone: Lab) -> None:
    """Over the only NIC, by which the machine is reached: the address is the bridge's, now and after a reboot."""
    [(nic, address)] = machine.addresses()
    alone.write({"kind": "host", "host": {"address": BARE, "bridge": {}}})
    output = alone.make("up")
    tell(output)
    assert machine.addresses() == [("br0", address)]
    before = machine.logins
    assert alone.changes() == {}
    assert machine.logins == before + 1 + 1
    machine.reboot()
    assert machine.addresses() == [("br0", address)]
    assert nic in machine.run("ip -o link show master br0")
    assert alone.changes() == {}


def test_a_hypervisor_no_more(machine: Machine, alone: Lab) -> None:
    """A lab of kind `host` undoes all of it when it is destroyed: packages, files, groups and bridge are as before."""
    began = time.monotonic()
    alone.make("destroy")
    tell(f"destroy took {time.monotonic() - began:.0f} s")
    after = machine.system()
    changed = {name: (machine.before.get(name), after.get(name)) for name in machine.before.keys() ^ after.keys()}
    changed |= {
        name: (machine.before[name], after[name])
        for name in machine.before.keys() & after.keys()
        if machine.before[name] != after[name]
    }
    assert {name: what for name, what in changed.items() if name not in ALWAYS_CHANGES} == {}


def test_here_too(machine: Machine, found: dict[str, list[str]]) -> None:
    """The machine goes, and this host is as it was."""
    machine.lab.make("destroy")
    assert host() == found
