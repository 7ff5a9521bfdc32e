"""Whether a host has room for a lab's networks: names, bridges and addresses that nobody else has there. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from ipaddress import IPv4Network, IPv6Network
from typing import TypeVar

from components.errors import Problem
from components.host_facts import HostFacts
from components.identity import owns_network
from stacks.config import Lab, Network, Segment

Cidr = TypeVar("Cidr", IPv4Network, IPv6Network)


def question(lab: Lab) -> dict[str, str]:
    """What host/probe.sh is to be asked for them."""
    return {"IPV6": "yes" if any(network.ipv6 for network in served(lab)) else ""}


def served(lab: Lab) -> list[Network]:
    """The lab's networks that have addresses."""
    return [network for network in (lab.network, *lab.networks) if isinstance(network, Network)]


def problems(lab: Lab, facts: HostFacts) -> Iterator[Problem]:
    """What keeps this host from carrying the lab's networks."""
    networks = (lab.network, *lab.networks)
    own_bridges: set[str | None] = set()
    for network in networks:
        if _is_made(lab, network, facts):
            own_bridges |= {facts.bridges.get(network.name), network.bridge}
    for network in networks:
        own = facts.network_uuids.get(network.name)
        if own is not None and not owns_network(lab.stack, own):
            todo = "choose another name" if network.key else "rename the stack"
            yield Problem(network.path, f"the host has another network {network.name!r}; {todo} or remove that network")
        yield from _bridge(lab, network, facts)
        if isinstance(network, Network):
            yield from _addresses(network, facts, own_bridges)


def _is_made(lab: Lab, network: Network | Segment, facts: HostFacts) -> bool:
    """Whether it is there; the pool's marker tells the lab's own bridge while libvirt is down."""
    return network.name in facts.network_uuids or facts.pool_lab == lab.stack


def _bridge(lab: Lab, network: Network | Segment, facts: HostFacts) -> Iterator[Problem]:
    rule = f"must be free on the host, got {network.bridge!r}"
    for name, bridge in facts.bridges.items():
        if name != network.name and bridge == network.bridge:
            yield Problem(f"{network.path}.bridge", f"{rule} of network {name!r}; choose another")
    if _is_made(lab, network, facts) or network.bridge in _told(facts):
        return
    if any(interface == network.bridge for interface, _ in facts.addresses):
        yield Problem(f"{network.path}.bridge", f"{rule} of the host's own; choose another")


def _told(facts: HostFacts) -> set[str | None]:
    """An address that shows both on a bridge and in the network that owns the bridge is told once, by the network."""
    return {facts.bridges.get(name) for name in facts.networks}


def _addresses(network: Network, facts: HostFacts, own_bridges: set[str | None]) -> Iterator[Problem]:
    ours = own_bridges | _told(facts)
    near = [(name, address.network) for name, address in facts.addresses if name not in ours]
    yield from _beside(network, "cidr", network.cidr, facts.networks, near)
    if network.ipv6:
        near6 = [(name, address.network) for name, address in facts.addresses6 if name not in ours]
        yield from _beside(network, "ipv6", network.ipv6, facts.networks6, near6)


def _beside(
    network: Network,
    key: str,
    asked: Cidr,
    others: Mapping[str, Sequence[Cidr]],
    interfaces: Sequence[tuple[str, Cidr]],
) -> Iterator[Problem]:
    taken = [(cidr, f"libvirt's network {name!r}") for name in others for cidr in others[name] if name != network.name]
    taken += [(cidr, f"the host's {name!r}") for name, cidr in interfaces]
    for cidr, by in taken:
        if cidr.overlaps(asked):
            rule = f"must be free on the host, got {str(asked)!r} beside {cidr} of {by}"
            yield Problem(f"{network.path}.{key}", f"{rule}; choose another")
