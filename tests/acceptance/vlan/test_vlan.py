"""host/bridge.sh with a VLAN tag: guests are on a tagged network of the interface, which stays the host's as it was."""

import pytest

from tests.acceptance.bridge.bare import Bare
from tests.acceptance.bridge.bridges import (
    ASKED,
    SCRIPT,
    Make,
    addresses,
    boot,
    bridge,
    configuration,
    status,
    until,
)
from tests.acceptance.bridge.managers import KINDS, MANAGERS, Ifupdown, Manager

TAGGED = ASKED | {"VLAN": "20"}
PLAIN = Ifupdown("plain")
GUEST = """
ip netns add guest
ip link add guest master br0 up type veth peer name nic netns guest
ip -n guest address add 198.18.0.2/24 dev nic
ip -n guest link set nic up
"""
FAR = "ip link add link lan name lan.20 up type vlan id 20; ip address add 198.18.0.1/24 dev lan.20"


def carries(bare: Bare) -> bool:
    """Whether tagged frames from the LAN reach a guest on the bridge."""
    bare.run("sh", "-c", GUEST)
    bare.far("sh", "-c", FAR)
    return bare.reaches("198.18.0.2")


def ports(bare: Bare) -> str:
    """What the bridge stands on."""
    return bare.run("sh", "-c", "ip -o link show master br0 type vlan").stdout


@pytest.mark.parametrize("manager", MANAGERS, ids=str)
def test_a_tagged_network(make: Make, manager: Manager) -> None:
    """On trial, kept and after a reboot it reaches guests; the host's own address stays, and all can be undone."""
    bare = make(manager)
    held = boot(bare, manager)
    before, had = configuration(bare), addresses(bare, "eth0")
    leases = bare.leases

    def stands() -> None:
        assert "eth0.20@eth0" in ports(bare)
        assert addresses(bare, "br0") == []
        assert "inet" not in bare.run("ip", "address", "show", "dev", "br0").stdout
        assert addresses(bare, "eth0") == had
        until(lambda: carries(bare))
        until(lambda: bare.reaches(held))
        assert bare.leases == leases

    said = bridge(bare, "apply", VLAN="20")
    assert said == "changed: bridge br0 over eth0.20, to be confirmed within 20 s"
    assert configuration(bare) == before
    stands()
    assert bridge(bare, "confirm") == "changed: bridge br0 over eth0.20 is kept"
    kept = configuration(bare)
    assert bridge(bare, "apply", VLAN="20") == "ok: bridge br0"
    bare.off()
    assert boot(bare, manager) == held
    until(lambda: "eth0.20@eth0" in ports(bare))
    assert configuration(bare) == kept != before
    stands()
    assert bridge(bare, "restore") == "changed: eth0 is as before bridge br0"
    assert configuration(bare) == before
    assert addresses(bare, "eth0") == had
    links = bare.run("ip", "-o", "link", "show").stdout
    assert "br0" not in links
    assert "eth0.20" not in links
    until(lambda: bare.reaches(held))


@pytest.mark.parametrize("manager", [each("static") for each in KINDS], ids=str)
def test_nobody_confirms(make: Make, manager: Manager) -> None:
    """It goes by itself, and so it does at a reboot."""
    bare = make(manager)
    held = boot(bare, manager)
    before, had = configuration(bare), addresses(bare, "eth0")
    bridge(bare, "apply", VLAN="20", ROLLBACK_SECONDS="3")
    until(lambda: status(bare) == "ok: no bridge br0")
    assert addresses(bare, "eth0") == had
    assert "eth0.20" not in bare.run("ip", "-o", "link", "show").stdout
    bridge(bare, "apply", VLAN="20", ROLLBACK_SECONDS="600")
    bare.off()
    assert boot(bare, manager) == held
    assert configuration(bare) == before
    assert "eth0.20" not in bare.run("ip", "-o", "link", "show").stdout


def test_another_tag_for_the_same_bridge(make: Make) -> None:
    """A bridge that is kept stays where it is."""
    bare = make(PLAIN)
    held = boot(bare, PLAIN)
    bridge(bare, "apply", VLAN="20")
    bridge(bare, "confirm")
    done = bare.run(SCRIPT, "apply", **TAGGED | {"VLAN": "21"})
    assert done.stderr == "br0: must stay with the VLAN tag '20', got '21'; restore that first\n"
    done = bare.run(SCRIPT, "apply", **ASKED)
    assert done.stderr == "br0: must stay with the VLAN tag '20', got ''; restore that first\n"
    assert "eth0.20@eth0" in ports(bare)
    assert bare.reaches(held)


def test_a_vlan_that_is_there(make: Make) -> None:
    """It may be the user's, with addresses."""
    bare = make(PLAIN)
    held = boot(bare, PLAIN)
    bare.run("ip", "link", "add", "link", "eth0", "name", "eth0.20", "type", "vlan", "id", "20")
    done = bare.run(SCRIPT, "apply", **TAGGED)
    assert done.stderr == (
        "br0: must have a VLAN device of its own, got eth0.20, which is there; "
        "take it away, or name it as the interface\n"
    )
    assert bare.reaches(held)


def test_a_long_name(make: Make) -> None:
    """The kernel takes 15 bytes, and `enx020000000a05.20` are more."""
    bare = make(PLAIN)
    bare.write(
        "/etc/network/interfaces", "auto enx020000000a05\niface enx020000000a05 inet static\n address 192.0.2.10/24\n"
    )
    bare.boot()
    up = "ip link set eth0 name enx020000000a05; ifup -a; ip route add default via 192.0.2.1"
    assert bare.run("sh", "-c", up).returncode == 0
    assert bridge(bare, "apply", VLAN="20").startswith("changed: bridge br0 over vlan20,")
    assert bridge(bare, "restore") == "changed: enx020000000a05 is as before bridge br0"
