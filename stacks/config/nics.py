"""Further NICs: what each is on, and what it shares with no other."""

import re
from collections.abc import Iterator
from ipaddress import IPv4Address, IPv4Interface

from components.errors import Problem, got, printable, shorten
from components.identity import mac_address
from stacks.config.addresses import Range, free, rule_of
from stacks.config.lab import Network, Segment
from stacks.config.members import Member, makers, members
from stacks.config.models import GuestConfig, NicConfig
from stacks.config.naming import misnamed
from stacks.config.networks import networks
from stacks.config.problems import meant
from stacks.config.raw import Place, path
from stacks.config.reading import Reading
from stacks.config.resolving import nic_address, nic_mac

MOST_NICS = 8
NAME_MAX = 15
"""The kernel's, of an interface."""
MTU = 1500
"""Of a network that has none of its own."""
_KERNELS = re.compile(r"lo|eth[0-9]+")
_ON = ("network", "bridge", "direct")

Known = dict[str, Network | Segment]


def nic_problems(reading: Reading, stack: str) -> Iterator[Problem]:
    """Every NIC that cannot be as it is asked for."""
    known: Known = {network.key: network for network in networks(reading, stack)}
    for maker, guest in makers(reading.lab):
        place = (*maker, "nics")
        if len(guest.nics) > MOST_NICS:
            yield Problem(path(place), f"must be at most {MOST_NICS}, got {len(guest.nics)}; ask for fewer")
        for nic, config in guest.nics.items():
            yield from _name((*place, nic), guest)
            if reading.has(*place, nic):
                yield from _one(reading, (*place, nic), config, known)
        yield from _together(reading, place, guest)
    yield from _addresses(reading, known)
    yield from _macs(reading, stack)
    yield from _room(reading, known)


def _name(place: Place, guest: GuestConfig) -> Iterator[Problem]:
    name = str(place[-1])
    if problem := misnamed(name, guest.nics):
        yield Problem(path(place), problem)
    elif len(name) > NAME_MAX:
        yield Problem(path(place), f"must be at most {NAME_MAX} characters, got {got(name)} of {len(name)}; shorten it")
    elif _KERNELS.fullmatch(name):
        yield Problem(path(place), f"must not be a name that the guest's kernel gives, got {name!r}; choose another")


def _one(reading: Reading, place: Place, nic: NicConfig, known: Known) -> Iterator[Problem]:
    on = [key for key in _ON if getattr(nic, key) is not None]
    if len(on) != 1:
        todo = "keep one" if on else "name one"
        rule = f"must be on one of {', '.join(_ON)}"
        yield Problem(path(place), f"{rule}, got {' and '.join(on) or 'none'}; {todo}")
        return
    if nic.network is not None and nic.network not in reading.lab.networks:
        rule = f"must be a name of lab.networks, got {got(nic.network)}"
        yield Problem(path((*place, "network")), f"{rule}; {meant(nic.network, reading.lab.networks)}")
        return
    network = known.get(nic.network or "") if nic.network else None
    if nic.network and network is None:
        return  # what is wrong with the network is told
    if network and nic.mtu and nic.mtu > (network.mtu or MTU):
        rule = f"must be at most the {network.mtu or MTU} of {network.path}, got {nic.mtu}"
        yield Problem(path((*place, "mtu")), f"{rule}; raise that, or take it out")
    is_fixed = isinstance(nic.address, IPv4Interface)
    if isinstance(network, Network):
        yield from _on_network(place, nic, network)
        return
    if nic.address is not None and not is_fixed:
        rule = f"must have its prefix, got '{nic.address}'"
        yield Problem(path((*place, "address")), f"{rule}; write for example '{nic.address}/24'")
    elif isinstance(nic.address, IPv4Interface):
        yield from _fixed(place, nic, nic.address, known)
    elif nic.gateway:
        yield Problem(path((*place, "gateway")), "must go with an address, got none; give one, or take it out")
    elif nic.default_route and network:
        rule = "must be by a NIC with an address and a gateway where nothing is served, got true"
        yield Problem(path((*place, "defaultRoute")), f"{rule}; give both, or take it out")


def _on_network(place: Place, nic: NicConfig, network: Network) -> Iterator[Problem]:
    if isinstance(nic.address, IPv4Interface):
        rule = f"must have no prefix on {network.path}, got '{nic.address}'"
        yield Problem(path((*place, "address")), f"{rule}; write '{nic.address.ip}'")
    if nic.gateway:
        rule = f"must not be given on {network.path}, whose gateway is {network.gateway}, got '{nic.gateway}'"
        yield Problem(path((*place, "gateway")), f"{rule}; take it out")
    if nic.default_route and network.mode == "isolated":
        rule = f"must not be by {network.path}, which is isolated and leads nowhere, got true"
        yield Problem(path((*place, "defaultRoute")), f"{rule}; take it out")


def _fixed(place: Place, nic: NicConfig, address: IPv4Interface, known: Known) -> Iterator[Problem]:
    if address.ip == address.network.network_address:
        yield Problem(path((*place, "address")), f"must not be the network's own, got '{address}'; choose another")
    for network in known.values():
        if isinstance(network, Network) and address.network.overlaps(network.cidr):
            rule = f"must not be in {network.cidr} of {network.path}, got '{address}'"
            todo = f"write network: {network.key}" if network.key else "choose another"
            yield Problem(path((*place, "address")), f"{rule}; {todo}")
    if nic.gateway and not nic.default_route:
        rule = f"must go with defaultRoute: true, got '{nic.gateway}' without"
        yield Problem(path((*place, "gateway")), f"{rule}; add that, or take it out")
    elif nic.gateway and (nic.gateway not in address.network or nic.gateway == address.ip):
        rule = f"must be another address in {address.network}, got '{nic.gateway}'"
        yield Problem(path((*place, "gateway")), f"{rule}; choose the router's")
    elif nic.default_route and not nic.gateway:
        yield Problem(
            path((*place, "gateway")), "must be given with a fixed address and defaultRoute, got none; add it"
        )


def _together(reading: Reading, place: Place, guest: GuestConfig) -> Iterator[Problem]:
    default: str | None = None
    owners: dict[str, str] = {}
    for name, nic in guest.nics.items():
        if nic.default_route and default:
            rule = f"must be by one NIC, {printable(shorten(default))} has it, got true again"
            yield Problem(path((*place, name, "defaultRoute")), f"{rule}; take one out")
        default = default or (name if nic.default_route else None)
        network = nic.network if reading.has(*place, name, "network") else None
        if network and network in owners:
            rule = f"must be one that no other NIC of the guest is on, {printable(shorten(owners[network]))} is"
            yield Problem(path((*place, name, "network")), f"{rule}, got {got(network)}; take one out")
        if network:
            owners.setdefault(network, name)


def _nics(reading: Reading, key: str) -> Iterator[tuple[Member, str, NicConfig]]:
    """Each NIC of each guest, where that key of it could be read."""
    for member in members(reading.lab):
        for name, nic in member.config.nics.items():
            if reading.has(*member.place, "nics", name, key):
                yield member, name, nic


def _addresses(reading: Reading, known: Known) -> Iterator[Problem]:
    owners: dict[tuple[str | None, ...], str] = {}
    refused: set[Place] = set()
    for member, name, nic in _nics(reading, "address"):
        address = nic_address(nic, member.number)
        place = (*member.place, "nics", name, "address")
        if address is None or place in refused:
            continue
        network = known.get(nic.network) if nic.network else None
        plain = isinstance(network, Network) and not isinstance(address, IPv4Interface)
        rule = _rule(address, network) if plain and isinstance(network, Network) else None
        bare = address.ip if isinstance(address, IPv4Interface) else address
        if isinstance(nic.address, IPv4Interface) and bare not in nic.address.network:
            rule = f"must be in {nic.address.network}"
        elif isinstance(address, IPv4Interface) and bare == address.network.broadcast_address:
            rule = "must not be the broadcast address"
        where = (nic.network, nic.bridge or nic.direct, member.config.host if not nic.network else None, str(bare))
        if rule is None and where in owners:
            rule = f"must be unique, {printable(shorten(owners[where]))} has it"
        owners.setdefault(where, member.name)
        if rule:
            # A group is one line in the config: its first member that does not fit is enough.
            refused.add(place)
            whose = "" if member.number is None else f" for {printable(shorten(member.name))}"
            todo = f"choose one from {_free(network)}" if plain and isinstance(network, Network) else "choose another"
            yield Problem(path(place), f"{rule}, got '{address}'{whose}; {todo}")


def _rule(address: IPv4Address, network: Network) -> str | None:
    return rule_of(address, network, Range(network.dhcp_start, network.dhcp_end))


def _free(network: Network) -> Range:
    return free(network, Range(network.dhcp_start, network.dhcp_end))


def _macs(reading: Reading, stack: str) -> Iterator[Problem]:
    owners = {mac_address(stack, member.name): f"the first of {member.name}" for member in members(reading.lab)}
    refused: set[Place] = set()
    for member, name, nic in _nics(reading, "mac"):
        mac = nic_mac(nic, stack, member.name, name, member.number)
        place = (*member.place, "nics", name, "mac")
        if mac in owners and place not in refused:
            refused.add(place)
            whose = "" if member.number is None else f" for {printable(shorten(member.name))}"
            rule = f"must be one NIC's alone, {printable(shorten(owners[mac]))} has it, got '{mac}'{whose}"
            yield Problem(path(place), f"{rule}; choose another")
        owners.setdefault(mac, f"{name} of {member.name}")


def _room(reading: Reading, known: Known) -> Iterator[Problem]:
    count: dict[str, int] = {}
    for _, _, nic in _nics(reading, "network"):
        if nic.network:
            count[nic.network] = count.get(nic.network, 0) + 1
    for key, network in known.items():
        if key and isinstance(network, Network) and reading.has("networks", key):
            room = Range(network.cidr[2], network.cidr[-2]).size()
            room -= Range(network.dhcp_start, network.dhcp_end).size()
            if (nics := count.get(key, 0)) > room:
                rule = f"must have an address outside the DHCP range for each of {nics} NICs"
                yield Problem(
                    f"{network.path}.cidr", f"{rule}, got {room} in '{network.cidr}'; choose a shorter prefix"
                )
