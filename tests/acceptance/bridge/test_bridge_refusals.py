"""host/bridge.sh where it cannot make a bridge: one clear error, and nothing has changed."""

from pathlib import Path

import pytest

from tests.acceptance.bridge.bare import NIC
from tests.acceptance.bridge.bridges import ASKED, SCRIPT, Make, address, boot, bridge, configuration, status, until
from tests.acceptance.bridge.managers import NETWORKD, START_NETWORKD, Ifupdown, NetworkManager

STATIC = Ifupdown("plain")
REFUSALS: dict[str, tuple[dict[str, str], str, str]] = {
    "no such interface": (
        {"INTERFACE": "eth9"},
        "",
        "br0: must stand on an interface of this host, lo eth0, got 'eth9'; name one of these",
    ),
    "no such MAC address": (
        {"INTERFACE": "02:00:00:00:00:06"},
        "",
        "br0: must stand on an interface of this host, lo eth0, got '02:00:00:00:00:06'; name one of these",
    ),
    "no default route": (
        {},
        "ip route delete default",
        "br0: must stand on an interface of this host, lo eth0, got 'default-route'; name one of these",
    ),
    "wireless": (
        {"INTERFACE": "eth0"},
        "mount -t tmpfs none /sys/class/net; mkdir -p /sys/class/net/eth0/phy80211",
        (
            "br0: must stand on a wired interface, got eth0, which is wireless and cannot be bridged; "
            "use macvtap or a NAT network"
        ),
    ),
    "a port already": (
        {"INTERFACE": "eth0"},
        "ip link add lan0 type bridge; ip link set eth0 master lan0",
        "br0: must stand on a free interface, got eth0, a port of lan0; use lan0 itself",
    ),
    "a name that is taken": (
        {"BRIDGE": "lan0"},
        "ip link add lan0 type bridge",
        "lan0: must be a name that no interface of this host has, got one that is there; choose another",
    ),
    "managed by nobody": (
        {"INTERFACE": "dummy0"},
        "ip link add dummy0 type veth peer name dummy1",
        (
            "dummy0: must be managed by ifupdown, systemd-networkd or NetworkManager, got none of them; "
            "configure it there"
        ),
    ),
    "in two files": (
        {},
        "printf 'iface eth0 inet6 manual\\n' >/etc/network/more; echo 'source more' >>/etc/network/interfaces",
        "eth0: must be configured in one file, got /etc/network/interfaces /etc/network/more; put it in one of them",
    ),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_refused(make: Make, name: str) -> None:
    """One line says what is wrong; the machine answers as before, and nothing of ours is there."""
    asked, setup, message = REFUSALS[name]
    bare = make(STATIC)
    boot(bare, STATIC)
    assert bare.run("sh", "-euc", setup).returncode == 0
    before = configuration(bare)
    done = bare.run(SCRIPT, "apply", **ASKED | asked)
    assert (done.returncode, done.stdout, done.stderr) == (1, "", f"{message}\n")
    assert configuration(bare) == before
    assert status(bare) == "ok: no bridge br0"


def test_two_managers(make: Make) -> None:
    """Each of them would give the interface an address."""
    bare = make(STATIC)
    bare.write("/etc/systemd/network/20-wired.network", NETWORKD["static"])
    held = boot(bare, STATIC)
    bare.run("sh", "-euc", START_NETWORKD)
    until(lambda: "configured" in bare.run("networkctl", "list", "--no-legend", "eth0").stdout)
    done = bare.run(SCRIPT, "apply", **ASKED)
    assert done.stderr == (
        "eth0: must be managed by one of them, got ifupdown and networkd; take it out of the other\n"
    )
    assert bare.reaches(held)


def test_another_interface_for_the_same_bridge(make: Make) -> None:
    """A bridge that is kept stays where it is."""
    bare = make(STATIC)
    held = boot(bare, STATIC)
    bridge(bare, "apply")
    bridge(bare, "confirm")
    done = bare.run(SCRIPT, "apply", **ASKED | {"INTERFACE": "eth1"})
    assert done.stderr == "br0: must stay over eth0, got 'eth1'; restore that first\n"
    assert address(bare, "br0") == held


def test_a_mac_address_names_the_interface(make: Make) -> None:
    """In whatever letters; and not another bridge that has the same."""
    bare = make(STATIC)
    held = boot(bare, STATIC)
    assert bare.run("ip", "link", "add", "name", "a", "address", NIC, "type", "bridge").returncode == 0
    assert bridge(bare, "apply", INTERFACE=NIC.upper()).startswith("changed: bridge br0 over eth0,")
    bridge(bare, "confirm")
    assert bridge(bare, "apply", INTERFACE=NIC.upper()) == "ok: bridge br0"
    assert address(bare, "br0") == held


def test_a_profile_in_another_format(make: Make, tmp_path: Path) -> None:
    """What cannot be read is not guessed at: NetworkManager itself can make it what can be."""
    manager = NetworkManager("static")
    bare = make(manager)
    held = boot(bare, manager)
    old = "/etc/sysconfig/network-scripts/ifcfg-lan"
    nmcli = tmp_path / "nmcli"
    nmcli.write_text(f'#!/bin/sh\n/usr/bin/nmcli "$@" | sed "s,/etc/.*lan.nmconnection,{old},"\n', "utf-8")
    nmcli.chmod(0o755)
    done = bare.run("sh", "-c", f"PATH={tmp_path}:$PATH exec {SCRIPT} apply", **ASKED)
    uuid = "5f2e7c0a-2c2e-4b56-9d2c-0b7e4f6a1c11"
    assert done.stderr == (
        f"eth0: must have a profile in NetworkManager's own format, got '{old}'; "
        f"change it by: nmcli connection migrate {uuid}\n"
    )
    assert bare.reaches(held)
