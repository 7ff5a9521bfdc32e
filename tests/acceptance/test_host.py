"""A bare machine becomes a hypervisor, over SSH: a guest of ours plays it, with systemd and a user who is not root.

`make e2e-host` runs it. One story: each test goes on from the last.
"""

import os
import re
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from components.packages import packages as packages_of
from tests.acceptance import repository
from tests.acceptance.tell import tell
from tests.e2e.lab import ROOT, Lab, host, run

pytestmark = [pytest.mark.usefixtures("libvirt"), pytest.mark.timeout(7200)]

BARE = "bare"
OUTER, INNER = "e2e-bare", "e2e-host"
GATEWAY = "10.20.84.1"
IMAGE = "/srv/empty.qcow2"
USERS = {"./group", "./gshadow", "./passwd", "./shadow"}
"""Debian's packages leave the system users that they have made: dnsmasq, polkitd."""
ALWAYS_CHANGES = USERS | {f"{file}-" for file in USERS} | {"./ld.so.cache"}
"""And what the system itself writes anew at each installation: backups, and a cache."""
QUICK = {"memory": "128MiB", "disk": "256MiB", "waitFor": "start", "shutdownTimeout": "0s"}


class Machine:
    """The bare machine, by the ssh that everybody has on PATH while these tests run."""

    before: dict[str, str]
    """What it was like when it was bare."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab

    def run(self, command: str, stdin: bytes = b"") -> str:
        """Run a command there, as the user who logs in."""
        done = subprocess.run(["ssh", "-T", BARE, command], cwd=ROOT, input=stdin, capture_output=True, check=False)
        assert done.returncode == 0, done.stderr.decode() + done.stdout.decode()
        return done.stdout.decode()

    @property
    def logins(self) -> int:
        """How many there have been, this one left out."""
        return int(self.run("sudo journalctl -q -u ssh | grep -c 'Accepted publickey'")) - 1

    def system(self) -> dict[str, str]:
        """Its packages, and digests of all in /etc."""
        packages = self.run("dpkg --get-selections")
        files = self.run("cd /etc && sudo find . -type f -exec sha256sum {} +; sudo find . -type l -printf '%l %p\\n'")
        lines = [*packages.splitlines(), *(" ".join(reversed(line.split(None, 1))) for line in files.splitlines())]
        return dict(line.split(None, 1) for line in lines)

    def addresses(self) -> list[tuple[str, str]]:
        """Device and address of all that is not libvirt's and not the loopback."""
        lines = self.run("ip -o -4 address show scope global").splitlines()
        found = [(line.split()[1], line.split()[3]) for line in lines]
        return [(device, address) for device, address in found if not device.startswith(("virbr", "kl-"))]

    def reboot(self) -> None:
        """And wait until all has come up."""
        boot = self.run("cat /proc/sys/kernel/random/boot_id")
        run("ssh", BARE, "sudo systemctl reboot")
        for _ in range(120):
            again = run("ssh", "-o", "ConnectTimeout=5", BARE, "cat /proc/sys/kernel/random/boot_id")
            if again.returncode == 0 and again.stdout != boot:
                break
            time.sleep(5)
        self.run("systemctl is-system-running --wait || true")

    def asks_the_network(self) -> bool:
        """Whether its systemd-resolved asks the lab's network for the lab's names, and for no others."""
        bridge = f"kl-{INNER}"
        route = self.run(f"resolvectl default-route {bridge}")
        domain, servers = (self.run(f"resolvectl {what} {bridge}") for what in ("domain", "dns"))
        return f"~{INNER}.internal" in domain and "10.20.85.1" in servers and route.strip().endswith("no")


@pytest.fixture(scope="module")
def found() -> dict[str, list[str]]:
    """This host before all."""
    for stack in (INNER, OUTER):
        Lab(stack).sweep()
    return host()


@pytest.fixture(scope="module")
def machine(found: dict[str, list[str]], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """Up, with nothing of ours on it, and with a mirror that it reaches."""
    assert OUTER not in found["pools"]
    outer = Lab(OUTER)
    size = {"cpus": 2, "memory": "4GiB", "disk": "12GiB"}
    outer.write({"kind": "guests", "network": {"cidr": f"{GATEWAY[:-1]}0/24"}, "guests": {BARE: size}})
    outer.make("up")
    shim = tmp_path_factory.mktemp("bin") / "ssh"
    shim.write_text(f'#!/bin/sh\nexec /usr/bin/ssh -F {ROOT}/.kvmlab/ssh/{OUTER}/config "$@"\n', "utf-8")
    shim.chmod(0o755)
    made = Machine(outer)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", f"{shim.parent}:{os.environ['PATH']}")
        packages = tmp_path_factory.mktemp("packages")
        count = repository.fill(packages, "trixie", packages_of("apt", "server"), made.run("cat /var/lib/dpkg/status"))
        tell(f"{count} packages to install")
        with repository.served(packages, GATEWAY) as source:
            sources = f"rm -rf /etc/apt/sources.list.d/* && echo 'deb {source}' >/etc/apt/sources.list"
            made.run(f"sudo sh -c {sources!r}")
            made.run(f"sudo tee {IMAGE} >/dev/null", empty_image(tmp_path_factory.mktemp("image")))
            made.before = made.system()
            yield made
    outer.remove()


@pytest.fixture(scope="module")
def inner(machine: Machine) -> Iterator[Lab]:
    """The lab on it, not made yet."""
    lab = Lab(INNER)
    assert lab.stack != machine.lab.stack
    write(lab, 1)
    yield lab
    lab.remove()


@pytest.fixture(scope="module")
def alone(machine: Machine) -> Iterator[Lab]:
    """The machine itself as a lab, not made yet."""
    lab = Lab(f"{machine.lab.stack}-alone")
    lab.write({"kind": "host", "host": BARE})
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


def empty_image(directory: Path) -> bytes:
    """A disk with nothing on it."""
    file = directory / "empty.qcow2"
    subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", file, "64M"], check=True)
    return file.read_bytes()


def test_doctor(machine: Machine) -> None:
    """It says that a lab can be made there, and what `make up` will bring; it installs nothing."""
    before = machine.run("dpkg --get-selections | sha256sum")
    told = run("make", "doctor", f"MACHINE={BARE}")
    assert told.returncode == 0, told.stdout
    tell(told.stdout)
    assert re.search(r"^ok +rights +lab, who may act as root$", told.stdout, re.MULTILINE)
    assert re.search(r"^ok +packages +missing: .*virsh", told.stdout, re.MULTILINE)
    assert machine.run("dpkg --get-selections | sha256sum") == before


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
    assert machine.run("sudo find /etc/libvirt/hooks /var/lib/kvmlab -name 'kvmlab*' -o -name opened").split() == []


def test_a_bridge_that_nobody_confirms(machine: Machine) -> None:
    """Within a minute and a half the machine is as before, by itself."""
    settings = ("SSH_DESTINATION=bare", "SETTINGS=BRIDGE INTERFACE", "BRIDGE=br0", "INTERFACE=default-route")
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
