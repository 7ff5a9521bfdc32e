"""The further NICs of a lab's guests: their addresses, what makes them, and what their guests are told of them."""

from collections.abc import Iterator, Mapping, Sequence
from ipaddress import IPv4Address

from components.enums import NicKind
from components.host_facts import HostFacts
from components.identity import address6, allocate, owns_network
from components.network import Reservation
from components.network_config import FirstLink, Link
from components.nics import NicArgs
from stacks.config import GuestSpec, Lab, Network, Nic, Segment

Addresses = Mapping[tuple[str, str], str]
"""What networks of the lab's reserve, by guest and NIC."""
_WORDS = {"bridge": "bridge", "direct": "interface"}


def addresses(lab: Lab, placed: Sequence[tuple[Lab, HostFacts]]) -> Addresses:
    """Every address on a further network; those that guests hold now stay theirs.

    Args:
        lab: all of it.
        placed: its parts, each with the facts of its host.
    """
    found: dict[tuple[str, str], str] = {}
    for network in lab.networks:
        if isinstance(network, Segment):
            continue
        # A guest has one NIC on it, at most.
        on = {guest.name: nic for guest, nic in _on(lab, network)}
        held: dict[str, IPv4Address] = {}
        for _, facts in placed:
            if owns_network(lab.stack, facts.network_uuids.get(network.name, "")):
                held |= facts.reservations.get(network.name, {})
        reserved = [(network.gateway, network.gateway), (network.dhcp_start, network.dhcp_end)]
        given = allocate({name: nic.address for name, nic in on.items()}, network.cidr, reserved, held)
        found |= {(name, on[name].name): str(address) for name, address in given.items()}
    return found


def reservations(lab: Lab, network: Network | Segment, given: Addresses) -> dict[str, Reservation]:
    """Those of the guests on a further network, by guest."""
    return {
        guest.name: {"mac": nic.mac, "address": given[guest.name, nic.name]}
        for guest, nic in _on(lab, network)
        if (guest.name, nic.name) in given
    }


def nic_args(lab: Lab, guest: GuestSpec, given: Addresses, uuids: Mapping[str, str]) -> list[NicArgs]:
    """What makes a guest's further NICs.

    Args:
        lab: the lab.
        guest: whose NICs.
        given: addresses.
        uuids: of the further networks, by the keys that config has for them.
    """
    return [_args(lab, guest, nic, given, uuids) for nic in guest.nics]


def _args(lab: Lab, guest: GuestSpec, nic: Nic, given: Addresses, uuids: Mapping[str, str]) -> NicArgs:
    network = _network(lab, nic)
    link = _link(lab, guest, nic, given)
    configured = link.addresses[0] if link.addresses else "dhcp" if link.dhcp else "none"
    args: NicArgs = {
        "name": nic.name,
        "mac": nic.mac,
        "kind": NicKind(nic.kind),
        "source": network.name if network else nic.source,
        "model": nic.model,
        "configured": configured,
        # The guest is told of another gateway as of another NIC.
        "standing": [
            uuids.get(nic.source, "") if network else "",
            *link.addresses[1:],
            link.gateway or ("default" if link.is_default else ""),
        ],
        "shown": _shown(nic, link, configured),
    }
    if nic.mtu:
        args["mtu"] = nic.mtu
    if link.mtu:
        args["configured_mtu"] = link.mtu
    if (guest.name, nic.name) in given:
        args["reserved"] = given[guest.name, nic.name]
    return args


def _shown(nic: Nic, link: Link, configured: str) -> str:
    words = f"{_WORDS.get(nic.kind, 'network')} {nic.source}"
    words += {"dhcp": " by DHCP", "none": ""}.get(configured, f" at {configured}")
    words += f", {nic.model}" if nic.model != "virtio" else ""
    words += f", MTU {link.mtu}" if link.mtu else ""
    return f"{words}, default route" if nic.is_default else words


def first_link(lab: Lab, guest: GuestSpec, mac: str) -> FirstLink:
    """What a guest is told of its first NIC, by which the default route is unless another NIC has it."""
    if not any(nic.is_default for nic in guest.nics):
        return FirstLink(mac=mac)
    prefix = lab.network.ipv6
    return FirstLink(mac=mac, is_default=False, address6=f"{address6(prefix, mac)}/64" if prefix else None)


def links(lab: Lab, guest: GuestSpec, given: Addresses) -> list[Link]:
    """What it is told of the others."""
    return [_link(lab, guest, nic, given) for nic in guest.nics]


def _link(lab: Lab, guest: GuestSpec, nic: Nic, given: Addresses) -> Link:
    network = _network(lab, nic)
    mtu = nic.mtu or (network.mtu if network else None)
    fixed, gateway = [str(nic.fixed)] if nic.fixed else [], nic.gateway
    if isinstance(network, Network):
        fixed = [f"{given[guest.name, nic.name]}/{network.cidr.prefixlen}"]
        fixed += [f"{address6(network.ipv6, nic.mac)}/64"] if network.ipv6 else []
        gateway = network.gateway if nic.is_default else None
    return Link(
        name=nic.name,
        mac=nic.mac,
        addresses=fixed,
        dhcp=not fixed and nic.kind != "network",
        is_default=nic.is_default,
        gateway=str(gateway) if gateway else None,
        mtu=mtu,
    )


def outputs(lab: Lab, guest: GuestSpec, given: Addresses) -> dict[str, dict[str, str]]:
    """What the stack tells of them, by name."""
    told: dict[str, dict[str, str]] = {}
    for nic in guest.nics:
        link = _link(lab, guest, nic, given)
        told[nic.name] = {"mac": nic.mac}
        for key, address in zip(("address", "address6"), link.addresses, strict=False):
            told[nic.name][key] = address.partition("/")[0]
    return told


def _network(lab: Lab, nic: Nic) -> Network | Segment | None:
    if nic.kind != "network":
        return None
    return next(network for network in lab.networks if network.key == nic.source)


def address_on(network: str, guest: GuestSpec, own: Mapping[str, str], further: Addresses) -> str:
    """A guest's address on the network of that name, where it has a NIC on it, else on the lab's own.

    Args:
        network: its key in config.
        guest: the guest.
        own: every guest's address on the lab's own network.
        further: those on the others.
    """
    nics = (nic for nic in guest.nics if nic.kind == "network" and nic.source == network)
    return next((further[guest.name, nic.name] for nic in nics), own[guest.name])


def _on(lab: Lab, network: Network | Segment) -> Iterator[tuple[GuestSpec, Nic]]:
    for guest in lab.guests:
        for nic in guest.nics:
            if nic.kind == "network" and nic.source == network.key:
                yield guest, nic
