"""Guests as a picture shows them: each by itself where they are few, alike ones together where they are many. Pure."""

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from ipaddress import AddressValueError, IPv4Address

from console.topology import Guest, Kind, Link, Mark, Plug, RailKey, Topology
from console.words import series

FEW = 12
"""So many guests are shown one by one."""
MOST = 40
"""More cards than that nobody reads."""
RUNS = 3
"""So many runs of names are told of a card."""


@dataclass(frozen=True)
class Wire:
    """From a card to a rail."""

    rail: RailKey
    name: str
    """Of the NIC or the disk; empty for the first NIC."""
    label: str
    """With its addresses, and how many of a card's guests have it where not all do."""
    plug: Plug


@dataclass(frozen=True)
class Card:
    """One guest, or several that are told together."""

    host: str
    name: str
    lines: tuple[str, ...]
    mark: Mark
    wires: tuple[Wire, ...]
    guests: int


def cards(topology: Topology) -> list[Card]:
    """All guests, folded only as far as must be.

    Up to twelve are shown one by one. Of more, those become one card that are called alike but for a number at the end
    (worker-1 to worker-58) and are alike: the same host, size, networks, and the same change of each; one that changes
    in another way stays apart. Where that leaves more than forty cards, names are not looked at any more, then sizes,
    then networks.
    """
    levels: list[Callable[[Guest], Hashable]] = [
        lambda guest: (_stem(guest.name), _host_and_mark(guest), guest.size, _held(guest), guest.disks),
        lambda guest: (_host_and_mark(guest), guest.size, _held(guest), guest.disks),
        lambda guest: (_host_and_mark(guest), _held(guest)),
        _host_and_mark,
    ]
    found = [[guest] for guest in topology.guests]
    if len(found) > FEW:
        for level in levels:
            found = _folded(topology.guests, level)
            if len(found) <= MOST:
                break
    return [_card(guests) for guests in found]


def _folded(guests: Iterable[Guest], key: Callable[[Guest], Hashable]) -> list[list[Guest]]:
    found: dict[Hashable, list[Guest]] = {}
    for guest in guests:
        found.setdefault(key(guest), []).append(guest)
    return [*found.values()]


def _stem(name: str) -> str:
    return name.rstrip("0123456789")


def _host_and_mark(guest: Guest) -> tuple[str, Mark]:
    return guest.host, guest.mark


def _held(guest: Guest) -> tuple[tuple[str, RailKey, Plug], ...]:
    return tuple((link.name, link.rail, link.plug) for link in guest.links)


def _card(guests: Sequence[Guest]) -> Card:
    first = guests[0]
    sizes = [*dict.fromkeys(guest.size for guest in guests)]
    size = sizes[0] if len(sizes) == 1 else f"{len(sizes)} sizes, as {sizes[0]}"
    lines = [size] if len(guests) == 1 else [f"{len(guests)} guests", size]
    disks = dict.fromkeys(disk for guest in guests for disk in guest.disks)
    lines += [f"disk {name}: {mark}" for name, mark in disks]
    links: dict[tuple[str, RailKey, Plug], list[Link]] = {}
    for guest in guests:
        for link in guest.links:
            links.setdefault((link.name, link.rail, link.plug), []).append(link)
    wires = [
        Wire(rail, what, _label(what, alike, len(guests)), plug)
        for (name, rail, plug), alike in links.items()
        for what in (_what(name, rail),)
    ]
    return Card(first.host, _names(guests), tuple(lines), first.mark, tuple(wires), len(guests))


def _what(name: str, rail: RailKey) -> str:
    """NICs go without saying."""
    return f"disk {name}" if rail.kind == Kind.DISK else name


def _label(name: str, links: Sequence[Link], guests: int) -> str:
    """What NIC that is, and at which addresses."""
    some = f"({len(links)} of {guests})" if len(links) < guests else ""
    return " ".join(filter(None, [name, _range([link.address for link in links]), some]))


def _range(addresses: Sequence[str]) -> str:
    """The least and the last, which need not be all between them."""
    found = sorted({*filter(None, addresses)}, key=_by_number)
    return " … ".join(dict.fromkeys([*found[:1], *found[-1:]]))


def _by_number(address: str) -> tuple[int, str]:
    try:
        return int(IPv4Address(address.partition("/")[0])), address
    except AddressValueError:
        return -1, address


def _names(guests: Sequence[Guest]) -> str:
    """Runs of names by their ends, and of many only the first."""
    runs = [" to ".join(run) for run in series(guest.name for guest in guests)]
    more = f" and {len(runs) - RUNS} more" if len(runs) > RUNS else ""
    return ", ".join(runs[:RUNS]) + more
