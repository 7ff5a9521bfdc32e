"""Further NICs of guests that run, and the networks, bridges and interfaces that they are on, for real.

`make e2e-guests` runs it, in ten minutes without KVM. One story: each test goes on from the last.
"""

import json
import re
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.lab import Lab, host, run

pytestmark = [pytest.mark.usefixtures("libvirt"), pytest.mark.timeout(3600)]

STACK = "e2e-nics"
LAN, NEAR, FAR = "kvmt-lan", "kvmt-near", "kvmt-far"
"""A bridge in place of one to a LAN, and the two ends of a wire: one on this machine, one for a guest."""
BACKEND: dict[str, Any] = {
    "cidr": "10.31.88.0/24",
    "mode": "isolated",
    "mtu": 9000,
    "ipv6": "fd4b:6c61:6262:2::/64",
}
OTHERS: dict[str, Any] = {"dmz": {"cidr": "10.32.88.0/24", "mode": "routed"}, "wire": {"mode": "isolated"}}
ON_BACKEND: dict[str, Any] = {"backend": {"network": "backend", "address": "10.31.88.10"}}
ON_LAN: dict[str, Any] = {"lan": {"bridge": LAN, "address": "192.168.88.10/24"}}
ON_WIRE: dict[str, Any] = {"wire": {"direct": FAR, "address": "192.168.89.10/24"}}
BIG = (
    "import socket; s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); "
    # IP_MTU_DISCOVER, IP_PMTUDISC_DO: what does not fit in one piece is refused.
    "s.setsockopt(0, 10, 2); s.sendto(bytes({size}), ('{to}', 7007))"
)
HEAR = (
    "import socket; s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.settimeout(60); s.bind(('', 7007)); "
    "print(len(s.recv(65535)), flush=True)"
)


def ip(*arguments: str) -> str:
    """Of this machine's network."""
    return subprocess.run(["ip", *arguments], check=True, capture_output=True, text=True).stdout


@pytest.fixture(scope="module")
def found() -> Iterator[dict[str, list[str]]]:
    """The host before the lab, with what stands for its own network."""
    Lab(STACK).sweep()
    for link in (LAN, NEAR):
        run("ip", "link", "delete", link)
    ip("link", "add", LAN, "type", "bridge")
    ip("link", "add", NEAR, "type", "veth", "peer", "name", FAR)
    ip("address", "add", "192.168.88.1/24", "dev", LAN)
    ip("address", "add", "192.168.89.1/24", "dev", NEAR)
    for link in (LAN, NEAR, FAR):
        ip("link", "set", link, "up")
    yield host()
    for link in (LAN, NEAR):
        ip("link", "delete", link)


@pytest.fixture(scope="module")
def lab(found: dict[str, list[str]]) -> Iterator[Lab]:
    """Two guests on a network that leads nowhere else, up."""
    assert STACK not in found["networks"]
    made = Lab(STACK)
    write(made, ON_BACKEND, OTHERS)
    made.make("up")
    yield made
    made.remove()


def write(lab: Lab, web: dict[str, Any], others: dict[str, Any] | None = None, **backend: object) -> None:
    """The lab, with the further NICs of one guest; the other has one on the network between them."""
    peer = {"nics": {"backend": {"network": "backend", "address": "10.31.88.11"}}}
    lab.write(
        {
            "kind": "guests",
            "network": {"cidr": "10.20.88.0/24", "ipv6": "fd4b:6c61:6262:1::/64", "mtu": 1400},
            "networks": {"backend": {**BACKEND, **backend}, **(others or {})},
            "guests": {"web": {"nics": web}, "peer": peer},
        }
    )


def boot(lab: Lab) -> str:
    """Which start of the guest this is, and which instance of cloud-init's."""
    return lab.ssh("web", "cat /proc/sys/kernel/random/boot_id /var/lib/cloud/data/instance-id")


def defaults(lab: Lab) -> list[str]:
    """The interfaces of the guest's default routes, the one that is used first."""
    routes = lab.ssh("web", "ip -j route show default")
    return [route["dev"] for route in sorted(json.loads(routes), key=lambda route: route.get("metric", 0))]


def mtus(lab: Lab) -> dict[str, int]:
    """Of the isolated network: the bridge's, the tap's, and that in the guest."""
    taps = run("virsh", "-q", "domiflist", f"{STACK}-web").stdout
    tap = re.findall(rf"^ *(\S+) +network +{STACK}-backend ", taps, re.MULTILINE)[0]
    bridge = Path(f"/sys/class/net/{tap}/master").resolve().name
    return {
        "bridge": int(Path(f"/sys/class/net/{bridge}/mtu").read_text("utf-8")),
        "tap": int(Path(f"/sys/class/net/{tap}/mtu").read_text("utf-8")),
        "guest": int(lab.ssh("web", "cat /sys/class/net/backend/mtu")),
    }


def bridge_of(network: str) -> str:
    """Of a further network."""
    return re.findall("<bridge name='([^']+)'", run("virsh", "net-dumpxml", f"{STACK}-{network}").stdout)[0]


def names(lab: Lab) -> set[str]:
    """Of the guest's interfaces."""
    return {*lab.ssh("web", "ls /sys/class/net").split()} - {"lo"}


def send(lab: Lab, size: int) -> str:
    """A datagram from one guest to the other, in one piece; how long the one was that came."""
    lab.ssh("peer", f'sudo systemd-run --quiet --collect --unit hear sh -c "exec python3 -c \\"{HEAR}\\" >/run/heard"')
    lab.ssh("web", f'sleep 3; python3 -c "{BIG.format(size=size, to="10.31.88.11")}"')
    return lab.ssh("peer", "for i in $(seq 30); do test -s /run/heard && break; sleep 1; done; sudo cat /run/heard")


def said(lab: Lab) -> str:
    """What `make preview` says."""
    done = run("make", "preview", f"STACK={lab.stack}")
    assert done.returncode == 0, done.stdout
    return done.stdout


def twin_image(directory: Path) -> Path:
    """An image whose guests all have one machine-id, as those have that somebody has made of a machine that ran."""
    (base,) = Path(f"/var/lib/libvirt/images/{STACK}").glob("base-debian-13-*")
    image, machine_id = directory / "twins.raw", directory / "machine-id"
    subprocess.run(["qemu-img", "convert", "-O", "raw", base, image], check=True)
    told = subprocess.run(["sfdisk", "-J", image], check=True, capture_output=True, text=True).stdout
    start = max(json.loads(told)["partitiontable"]["partitions"], key=lambda part: part["size"])["start"]
    machine_id.write_text("0123456789abcdef0123456789abcdef\n", "utf-8")
    for request in ("rm /etc/machine-id", f"write {machine_id} /etc/machine-id"):
        subprocess.run(["debugfs", "-w", "-R", request, f"{image}?offset={start * 512}"], check=True)
    return image


def test_a_network_that_leads_nowhere(lab: Lab) -> None:
    """Each guest has its address there, and the only default route is by its first NIC; the host has the name."""
    assert "inet 10.31.88.10/24" in lab.ssh("web", "ip -o address show backend")
    assert defaults(lab) == ["eth0"]
    assert lab.changes() == {}
    told = json.loads(lab.pulumi("stack", "output", "guests", "--json").stdout)["web"]
    assert told["nics"]["backend"]["address"] == "10.31.88.10"
    network = run("virsh", "net-dumpxml", f"{STACK}-backend").stdout
    assert f"mac='{told['nics']['backend']['mac']}' name='web' ip='10.31.88.10'" in network
    assert "<hostname>web</hostname>" in network


def test_networks_of_each_mode(lab: Lab) -> None:
    """Routed without translation, and a switch on which the host has no address; a first NIC has its MTU."""
    rules = run("iptables-save").stdout
    assert "-d 10.32.88.0/24" in rules
    assert not [rule for rule in rules.splitlines() if "MASQUERADE" in rule and "10.32.88.0/24" in rule]
    bridges = {name: bridge_of(name) for name in ("dmz", "wire")}
    has = {name: ip("-o", "-4", "address", "show", "dev", bridge).split() for name, bridge in bridges.items()}
    assert has["dmz"][3] == "10.32.88.1/24"
    assert has["wire"] == []
    assert lab.ssh("web", "cat /sys/class/net/eth0/mtu") == "1400"


def test_ipv6(lab: Lab) -> None:
    """Addresses are those that were known before; the first NIC takes its own, and the only route."""
    told = json.loads(lab.pulumi("stack", "output", "guests", "--json").stdout)["web"]
    for device, address in (("eth0", told["address6"]), ("backend", told["nics"]["backend"]["address6"])):
        assert f"inet6 {address}/64" in lab.ssh("web", f"ip -o -6 address show {device} scope global")
    routes = json.loads(lab.ssh("web", "ip -j -6 route show default"))
    assert [route["dev"] for route in routes] == ["eth0"]
    peer = json.loads(lab.pulumi("stack", "output", "guests", "--json").stdout)["peer"]["nics"]["backend"]["address6"]
    lab.ssh("web", f"sudo ping -6 -c 1 -W 20 {peer}")


def test_large_packets(lab: Lab) -> None:
    """Bridge, tap and guest agree, and what fits in one such packet comes through in one piece."""
    assert mtus(lab) == {"bridge": 9000, "tap": 9000, "guest": 9000}
    assert send(lab, 8972) == "8972"


def test_nics_come_while_it_runs(lab: Lab) -> None:
    """On a bridge and on an interface of the host's: neither guest nor cloud-init starts again, and both work."""
    before = boot(lab)
    write(lab, {**ON_BACKEND, **ON_LAN, **ON_WIRE}, OTHERS)
    preview = said(lab)
    assert f"Guest web: NIC lan comes: bridge {LAN} at 192.168.88.10/24 (live)" in preview, preview
    assert f"Guest web: NIC wire comes: interface {FAR} at 192.168.89.10/24 (live)" in preview, preview
    lab.make("up")
    assert boot(lab) == before
    assert names(lab) == {"eth0", "backend", "lan", "wire"}
    for address, device in (("192.168.88.10", LAN), ("192.168.89.10", NEAR)):
        with socket.socket() as login:
            login.settimeout(20)
            login.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, device.encode())
            login.connect((address, 22))
            assert login.recv(4) == b"SSH-"
    assert defaults(lab) == ["eth0"]
    assert lab.changes() == {}


def test_another_mtu(lab: Lab) -> None:
    """The network is made anew and NICs move to it, while their guests run."""
    before = boot(lab)
    write(lab, {**ON_BACKEND, **ON_LAN}, mtu=1450)
    preview = said(lab)
    assert "Network network.dmz: destroyed" in preview, preview
    assert "Network network.backend: made anew: mtu 9000 -> 1450; of peer, web, the NICs there go and come" in preview
    assert f"Guest web: NIC wire goes: interface {FAR} at 192.168.89.10/24 (live)" in preview, preview
    lab.make("up")
    assert boot(lab) == before
    assert names(lab) == {"eth0", "backend", "lan"}
    assert mtus(lab) == {"bridge": 1450, "tap": 1450, "guest": 1450}
    assert send(lab, 1422) == "1422"
    assert "wire" not in lab.ssh("web", "sudo cat /etc/netplan/*.yaml")
    assert run("virsh", "-q", "net-list", "--all", "--name").stdout.split().count(f"{STACK}-dmz") == 0
    assert lab.changes() == {}


def test_refusals(lab: Lab) -> None:
    """What the host has not is told before anything is changed."""
    before = host()
    write(
        lab,
        {**ON_BACKEND, "a": {"bridge": "kvmt-none"}, "b": {"bridge": FAR}, "c": {"bridge": LAN, "mtu": 9000}},
        mtu=1450,
    )
    done = run("make", "up", f"STACK={STACK}")
    assert done.returncode != 0, done.stdout
    for rule in (
        "nics.a.bridge: must be a bridge of the host's, got 'kvmt-none', which is not there",
        f"nics.b.bridge: must be a bridge of the host's, got '{FAR}', which is none",
        f"nics.c.mtu: must be at most the 1500 of the host's '{LAN}', got 9000",
    ):
        assert rule in done.stdout, done.stdout
    assert host() == before


def test_all_go(lab: Lab) -> None:
    """With what was reserved for them, and what the guest was told of them; it runs on."""
    before = boot(lab)
    write(lab, {}, mtu=1450)
    lab.make("up")
    assert boot(lab) == before
    assert names(lab) == {"eth0"}
    network = run("virsh", "net-dumpxml", f"{STACK}-backend").stdout
    assert "name='web'" not in network
    assert "<hostname>web</hostname>" not in network
    assert "<hostname>peer</hostname>" in network
    assert "backend" not in lab.ssh("web", "sudo cat /etc/netplan/*.yaml")
    assert lab.changes() == {}


def test_another_default_route(lab: Lab) -> None:
    """By a rule: the NIC that has the mark. The first NIC is told of it, so cloud-init runs again at a restart."""
    before = boot(lab)
    lan = {**ON_LAN["lan"], "gateway": "192.168.88.1", "defaultRoute": True}
    write(lab, {"lan": lan}, mtu=1450)
    preview = said(lab)
    assert "Guest web: cloud-init runs again (restart)" in preview, preview
    assert f"Guest web: NIC lan comes: bridge {LAN} at 192.168.88.10/24, default route (live)" in preview, preview
    lab.make("up")
    assert boot(lab) != before
    assert defaults(lab) == ["lan", "eth0"]
    assert lab.changes() == {}


def test_twins(lab: Lab, tmp_path: Path) -> None:
    """Two guests with one machine-id, started side by side, ask for addresses by their MACs, and each has its own."""
    twin = {"image": {"file": str(twin_image(tmp_path))}}
    lab.write(
        {
            "kind": "guests",
            "network": {"cidr": "10.20.88.0/24", "ipv6": "fd4b:6c61:6262:1::/64"},
            "guests": {"twin-1": twin, "twin-2": twin},
        }
    )
    lab.make("up")
    told = json.loads(lab.pulumi("stack", "output", "guests", "--json").stdout)
    seen = [lab.ssh(name, "cat /etc/machine-id; sudo cat /sys/class/dmi/id/product_uuid").split() for name in told]
    assert seen[0][0] == seen[1][0] == "0123456789abcdef0123456789abcdef"
    assert seen[0][1] != seen[1][1]
    leases = run("virsh", "-q", "net-dhcp-leases", STACK).stdout
    for name, guest in told.items():
        (lease,) = [line.split() for line in leases.splitlines() if f" {name} " in line]
        mac, address, client = lease[2], lease[4], lease[6]
        assert address == f"{guest['address']}/24"
        assert client == f"01:{mac}"
        assert f"inet {guest['address']}/24" in lab.ssh(name, "ip -o -4 address show eth0")


def test_destroy_leaves_the_host_as_found(lab: Lab, found: dict[str, list[str]]) -> None:
    """The test's own bridge and wire too, as they were."""
    lab.remove()
    assert host() == found
