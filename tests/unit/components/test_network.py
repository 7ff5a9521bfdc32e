"""A network's definition is what libvirt is to read, and its UUID changes with it and with nothing else."""

from pathlib import Path

import pytest

from components.enums import NetworkMode
from components.identity import owns_network
from components.network import NetworkArgs, definition, definition_uuid

CASES = Path(__file__).parents[2] / "cases" / "network"
ARGS: NetworkArgs = {
    "name": "six",
    "bridge": "kl-six",
    "cidr": "10.20.6.0/24",
    "dhcp_start": "10.20.6.128",
    "dhcp_end": "10.20.6.254",
    "domain": "six.internal",
    "reservations": {},
}
FURTHER: NetworkArgs = {
    **ARGS,
    "name": "six-dmz",
    "lab": "six",
    "bridge": "kl-six_dmz",
    "mode": NetworkMode.ROUTED,
    "mtu": 9000,
    "ipv6": "fd12:3456:789a:6::/64",
}
KEPT: dict[str, NetworkArgs] = {
    "six": ARGS,
    "six-nat6": {**FURTHER, "mode": NetworkMode.NAT},
    "six-routed": FURTHER,
    "six-isolated": {**ARGS, "mode": NetworkMode.ISOLATED},
    "six-switch": {
        "name": "six-san",
        "lab": "six",
        "bridge": "kl-six_san",
        "mode": NetworkMode.ISOLATED,
        "mtu": 9000,
        "reservations": {},
    },
}
CHANGES = {
    "name": "seven",
    "bridge": "kl-seven",
    "cidr": "10.20.0.0/16",
    "dhcp_start": "10.20.6.129",
    "dhcp_end": "10.20.6.253",
    "domain": "lab.home.arpa",
    "mode": NetworkMode.ISOLATED,
    "mtu": 1400,
    "ipv6": "fd12:3456:789a:6::/64",
}


@pytest.mark.parametrize("name", KEPT)
def test_definition(name: str) -> None:
    """The XML is the one that is kept; tests/engine has it checked by libvirt's own schema."""
    args = KEPT[name]
    assert definition(args, definition_uuid(args)) == (CASES / f"{name}.xml").read_text("utf-8").strip()


def test_all_that_is_kept_is_made() -> None:
    """What tests/engine checks is what this makes."""
    assert {case.stem for case in CASES.iterdir()} == KEPT.keys()


def test_a_further_network_is_the_labs() -> None:
    """By its UUID, whatever another lab is called."""
    uuid = definition_uuid(FURTHER)
    assert owns_network("six", uuid)
    assert not owns_network("six-dmz", uuid)


def test_uuid_is_stable() -> None:
    """A new version of this program finds the network of the old one unchanged, so that no guest restarts."""
    assert definition_uuid(ARGS) == definition_uuid(ARGS.copy()) == "fcf5f6c4-b061-862a-8704-41de0d355bd3"


@pytest.mark.parametrize("key", CHANGES)
def test_uuid_follows_the_definition(key: str) -> None:
    """Any argument makes it another network, still of the same lab unless that is what changed."""
    changed: NetworkArgs = {**ARGS, key: CHANGES[key]}  # pyright: ignore[reportAssignmentType]
    assert definition_uuid(changed) != definition_uuid(ARGS)
    assert definition(changed, "") != definition(ARGS, "")
    assert owns_network("six", definition_uuid(changed)) == (key != "name")


def test_every_argument_is_tried() -> None:
    """A new argument must be added to the changes above."""
    others = {"lab", "reservations", "libvirt_seconds", "is_broken", "ssh"}
    assert CHANGES.keys() == NetworkArgs.__annotations__.keys() - others


def test_guests_come_and_go_without_it() -> None:
    """A reservation is no part of what a network is."""
    more: NetworkArgs = {**ARGS, "reservations": {"web": {"mac": "52:54:00:ab:cd:ef", "address": "10.20.6.5"}}}
    assert definition_uuid(more) == definition_uuid(ARGS)


def test_text_is_escaped() -> None:
    """Whatever a name holds stays a name."""
    assert "<name>a&lt;b&amp;c</name>" in definition({**ARGS, "name": "a<b&c"}, "")
