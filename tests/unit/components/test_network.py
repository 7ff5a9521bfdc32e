"""A network's definition is what libvirt is to read, and its UUID changes with it and with nothing else."""

from pathlib import Path

import pytest

from components.identity import owns_network
from components.network import NetworkArgs, definition, definition_uuid

GOLDEN = Path(__file__).parents[2] / "cases" / "network" / "six.xml"
ARGS: NetworkArgs = {
    "name": "six",
    "bridge": "kl-six",
    "cidr": "10.20.6.0/24",
    "dhcp_start": "10.20.6.128",
    "dhcp_end": "10.20.6.254",
    "domain": "six.internal",
    "reservations": {},
}
CHANGES = {
    "name": "seven",
    "bridge": "kl-seven",
    "cidr": "10.20.0.0/16",
    "dhcp_start": "10.20.6.129",
    "dhcp_end": "10.20.6.253",
    "domain": "lab.home.arpa",
}


def test_definition() -> None:
    """The XML is the one that is kept; tests/engine has it checked by libvirt's own schema."""
    assert definition(ARGS, definition_uuid(ARGS)) == GOLDEN.read_text("utf-8").strip()


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
    assert CHANGES.keys() == NetworkArgs.__annotations__.keys() - {"reservations", "libvirt_seconds", "ssh"}


def test_guests_come_and_go_without_it() -> None:
    """A reservation is no part of what a network is."""
    more: NetworkArgs = {**ARGS, "reservations": {"web": {"mac": "52:54:00:ab:cd:ef", "address": "10.20.6.5"}}}
    assert definition_uuid(more) == definition_uuid(ARGS)


def test_text_is_escaped() -> None:
    """Whatever a name holds stays a name."""
    assert "<name>a&lt;b&amp;c</name>" in definition({**ARGS, "name": "a<b&c"}, "")
