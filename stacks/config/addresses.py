"""Addresses among each other: the network's own, the DHCP range and the guests' share one CIDR."""

from collections.abc import Iterator
from ipaddress import IPv4Address
from typing import NamedTuple

from components.errors import Problem, printable, shorten
from stacks.config.lab import Network
from stacks.config.members import members
from stacks.config.raw import path
from stacks.config.reading import Reading
from stacks.config.resolving import further_network, resolve_network


class Range(NamedTuple):
    """Addresses from first to last."""

    first: IPv4Address
    last: IPv4Address

    def __str__(self) -> str:
        return f"{self.first} to {self.last}"

    def holds(self, address: IPv4Address) -> bool:
        """Whether an address is in it."""
        return self.first <= address <= self.last

    def size(self) -> int:
        """How many addresses it has; none where it ends before it begins."""
        return max(0, int(self.last) - int(self.first) + 1)


def address_problems(reading: Reading, stack: str) -> Iterator[Problem]:
    """Every address that is not in its network, not its own, or not free."""
    for key, further in reading.lab.networks.items():
        if further.dhcp and reading.has("networks", key, "cidr") and reading.has("networks", key, "dhcp"):
            other = further_network(key, further, stack)
            yield from _dhcp(other) if isinstance(other, Network) else ()
    network = resolve_network(reading.lab.network, stack)
    if not reading.has("network", "cidr"):
        yield from _guests(reading, None, None)
        return
    dhcp_problems = tuple(_dhcp(network)) if reading.lab.network.dhcp else ()
    yield from dhcp_problems
    usable = reading.has("network", "dhcp") and not dhcp_problems
    yield from _guests(reading, network, Range(network.dhcp_start, network.dhcp_end) if usable else None)
    if usable:
        yield from _room(reading, network)


def _dhcp(network: Network) -> Iterator[Problem]:
    inner = Range(network.cidr[2], network.cidr[-2])
    start, end = network.dhcp_start, network.dhcp_end
    for key, address in (("start", start), ("end", end)):
        if not inner.holds(address):
            # The first address is the gateway's, the last is the broadcast.
            yield Problem(f"{network.path}.dhcp.{key}", f"must be from {inner}, got '{address}'")
    if start > end:
        yield Problem(f"{network.path}.dhcp", f"must start before it ends, got {start} to {end}; swap them")


def _guests(reading: Reading, network: Network | None, dhcp: Range | None) -> Iterator[Problem]:
    owners: dict[IPv4Address, str] = {}
    refused: set[tuple[str, str]] = set()
    for member in members(reading.lab):
        address = member.address
        if address is None or member.place in refused:
            continue
        rule = rule_of(address, network, dhcp)
        if rule is None and address in owners:
            rule = f"must be unique, {printable(shorten(owners[address]))} has it"
        owners.setdefault(address, member.name)
        if rule:
            # A group is one line in the config: its first member that does not fit is enough.
            refused.add(member.place)
            whose = "" if member.number is None else f" for {printable(shorten(member.name))}"
            todo = f"; choose one from {free(network, dhcp)}" if network else "; choose another"
            yield Problem(path((*member.place, "address")), f"{rule}, got '{address}'{whose}{todo}")


def rule_of(address: IPv4Address, network: Network | None, dhcp: Range | None) -> str | None:
    """The rule that an address breaks."""
    if network is None:
        return None
    if address not in network.cidr:
        return f"must be in {network.cidr}"
    special = {
        network.cidr.network_address: "the network's own",
        network.cidr.broadcast_address: "the broadcast address",
        network.gateway: "the gateway's",
    }
    if address in special:
        return f"must not be {special[address]}"
    return f"must be outside the DHCP range {dhcp}" if dhcp and dhcp.holds(address) else None


def free(network: Network, dhcp: Range | None) -> Range:
    """Where a guest may have its address: the wider side of the DHCP range."""
    inner = Range(network.cidr[2], network.cidr[-2])
    if dhcp is None:
        return inner
    below, above = Range(inner.first, dhcp.first - 1), Range(dhcp.last + 1, inner.last)
    return max(below, above, key=Range.size)


def _room(reading: Reading, network: Network) -> Iterator[Problem]:
    guests = sum(1 for _ in members(reading.lab))
    room = Range(network.cidr[2], network.cidr[-2]).size() - Range(network.dhcp_start, network.dhcp_end).size()
    if guests > room:
        rule = f"must have an address outside the DHCP range for each of {guests} guests"
        yield Problem(path(("network", "cidr")), f"{rule}, got {room} in '{network.cidr}'; choose a shorter prefix")
