"""How a lab hangs together, and what becomes of each part of it. Pure: from what `pulumi preview --json` prints."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from console.changes import Fate, Told, tell
from console.steps import Change, Json
from console.words import cpus, natural, shown

LOCAL = "local"
"""The machine that runs Pulumi, as config calls it."""
_NIC = re.compile(r"(network|bridge|interface) ([^ ,]+)(?: at ([^ ,]+))?")
"""As stacks/nics.py shows one."""


class Mark(StrEnum):
    """What `up` will do to a part, from most to least: a Fate, or what becomes of a network."""

    DESTROYED = Fate.DESTROYED.value
    LOST = Fate.LOST.value
    REPLACED = Fate.REPLACED.value
    REMADE = "made anew"
    RESTARTED = Fate.RESTARTED.value
    PENDING = Fate.PENDING.value
    LIVE = Fate.LIVE.value
    CREATED = Fate.CREATED.value
    UNCHANGED = Fate.UNCHANGED.value


class Plug(StrEnum):
    """What becomes of a link between a guest and what it is on."""

    COMES = "comes"
    GOES = "goes"
    STAYS = "stays"


class Kind(StrEnum):
    """What a rail is."""

    NETWORK = "network"
    BRIDGE = "bridge"
    INTERFACE = "interface"
    DISK = "disk"


@dataclass(frozen=True, order=True)
class RailKey:
    """What tells a rail from all others."""

    host: str
    kind: Kind
    source: str
    """A network's name in libvirt, a bridge, an interface, or a path."""


@dataclass(frozen=True)
class Rail:
    """What guests hang on together: a network, a bridge or an interface of the host's, or a disk that they share."""

    key: RailKey
    name: str
    detail: str
    mark: Mark = Mark.UNCHANGED


@dataclass(frozen=True)
class Link:
    """A NIC of a guest's, or its hold of a shared disk."""

    name: str
    """What config calls it; empty for the first NIC."""
    rail: RailKey
    address: str
    plug: Plug = Plug.STAYS


@dataclass(frozen=True)
class Guest:
    """A guest as it will be, or as it was where it goes."""

    name: str
    host: str
    size: str
    mark: Mark
    links: tuple[Link, ...]
    disks: tuple[tuple[str, Mark], ...]
    """Its data disks to which something is done."""


@dataclass(frozen=True)
class Host:
    """A machine; what the lab's commands log in to, or LOCAL."""

    name: str
    mark: Mark


@dataclass(frozen=True)
class Topology:
    """A lab: hosts, what is on them, and who hangs on what."""

    stack: str
    hosts: tuple[Host, ...]
    rails: tuple[Rail, ...]
    guests: tuple[Guest, ...]
    """In natural order, worker-10 after worker-9."""


def topology_of(preview: Json) -> Topology:
    """The lab of a preview, whatever that lacks: what is named and not told of is there by its name alone."""
    told = tell(preview)
    stack = _stack(preview)
    disks: dict[str, list[Told]] = {}
    for each in told:
        if each.kind == "DataDisk":
            disks.setdefault(each.change.guest, []).append(each)
    guests = [
        _guest(each.change, _mark(each), stack, disks.get(each.name, ())) for each in told if each.kind == "Guest"
    ]
    made = {rail.key: rail for each in told if (rail := _rail(each.change, _mark(each), stack))}
    holders: dict[RailKey, int] = {}
    for guest in guests:
        for key in {link.rail for link in guest.links}:
            holders[key] = holders.get(key, 0) + 1
    # A disk that only one guest holds is that guest's own matter.
    alone = {key for key, count in holders.items() if key.kind == Kind.DISK and count == 1}
    rails = {key: _untold(key, stack) for key in holders if key not in alone} | made
    hosts = {_host(each.change): _mark(each) for each in told if each.kind == "KvmHost"}
    for name in [*(key.host for key in rails), *(guest.host for guest in guests)]:
        hosts.setdefault(name, Mark.UNCHANGED)
    return Topology(
        stack,
        tuple(Host(name, hosts[name]) for name in sorted(hosts, key=lambda name: (name != LOCAL, natural(name)))),
        tuple(sorted(rails.values(), key=lambda rail: _order(rail, stack))),
        tuple(
            sorted((_without(guest, alone) for guest in guests), key=lambda guest: (natural(guest.name), guest.host))
        ),
    )


def _order(rail: Rail, stack: str) -> tuple[int, bool, str, str]:
    """The lab's own network comes first."""
    return [*Kind].index(rail.key.kind), rail.key.source != stack, rail.name, rail.key.host


def _without(guest: Guest, rails: Collection[RailKey]) -> Guest:
    return replace(guest, links=tuple(link for link in guest.links if link.rail not in rails))


def _stack(preview: Json) -> str:
    urns: Iterable[str] = (step["urn"] for step in preview.get("steps") or ())
    return next((urn.split("::")[0].rpartition(":")[2] for urn in urns), "")


def _state(change: Change) -> str:
    """Of what there will be, or what there is where that goes."""
    return "oldState" if change.operation == "delete" else "newState"


def _host(change: Change, which: str = "") -> str:
    return change.environment(which or _state(change)).get("SSH_DESTINATION") or LOCAL


def _mark(told: Told) -> Mark:
    """A network has nothing to lose: another one in its place is no loss of data."""
    is_other = told.change.inputs("oldState") != told.change.inputs("newState")
    if told.kind == "Network" and told.change.operation in ("update", "replace") and is_other:
        return Mark.REMADE
    return Mark(told.fate.value)


def _rail(change: Change, mark: Mark, stack: str) -> Rail | None:
    inputs = change.inputs(_state(change))
    match change.kind:
        case "Network":
            mode = {"isolated": "isolated", "routed": "routed"}.get(str(inputs.get("mode")), "NAT")
            served = (inputs.get("cidr", "nothing served"), inputs.get("ipv6"))
            mtu = f"MTU {inputs['mtu']}" if "mtu" in inputs else None
            detail = ", ".join(str(part) for part in (mode, *served, mtu) if part)
            name = str(inputs.get("name", change.name))
            return Rail(RailKey(_host(change), Kind.NETWORK, name), _short(name, stack), detail, mark)
        case "HostBridge":
            name = str(inputs.get("bridge", change.name))
            vlan = f", VLAN {inputs['vlan']}" if "vlan" in inputs else ""
            detail = f"bridge over {inputs.get('interface', '?')}{vlan}"
            return Rail(RailKey(_host(change), Kind.BRIDGE, name), name, detail, mark)
        case _:
            return None


def _untold(key: RailKey, stack: str) -> Rail:
    """What is not the lab's, or what a preview that was cut short does not get to."""
    words = {
        Kind.NETWORK: "network",
        Kind.BRIDGE: "bridge of the host's",
        Kind.INTERFACE: "interface of the host's, by macvtap",
        Kind.DISK: "shared disk",
    }
    return Rail(key, _short(key.source, stack) if key.kind == Kind.NETWORK else key.source, words[key.kind])


def _short(network: str, stack: str) -> str:
    """What config calls a network; the lab's own has the lab's name."""
    return network.removeprefix(f"{stack}-")


def _guest(change: Change, mark: Mark, stack: str, disks: Sequence[Told]) -> Guest:
    mine = ((each.name.partition(".")[2], _mark(each)) for each in disks)
    return Guest(
        change.name,
        _host(change),
        _size(change),
        mark,
        tuple(_links(change, stack)),
        tuple((name, mark) for name, mark in mine if mark != Mark.UNCHANGED),
    )


def _links(change: Change, stack: str) -> Iterator[Link]:
    """Those that there will be, then those that go; where the guest comes or goes itself, its links go with it."""
    now = [*_links_of(change, _state(change), stack)]
    before = [*_links_of(change, "oldState", stack)] if change.inputs("oldState") and change.inputs("newState") else now
    had, has = ({(link.name, link.rail) for link in links} for links in (before, now))
    for link in now:
        plug = Plug.STAYS if (link.name, link.rail) in had else Plug.COMES
        yield Link(link.name, link.rail, link.address, plug)
    for link in before:
        if (link.name, link.rail) not in has:
            yield Link(link.name, link.rail, link.address, Plug.GOES)


def _links_of(change: Change, which: str, stack: str) -> Iterator[Link]:
    inputs, host = change.inputs(which), _host(change, which)
    network = change.environment(which).get("NETWORK") or stack
    yield Link("", RailKey(host, Kind.NETWORK, network), str(inputs.get("address", "")))
    nics: Mapping[str, Any] = inputs.get("nics") or {}
    for name, told in sorted(nics.items()):
        if found := _NIC.match(str(told)):
            kind, source, address = found.groups()
            source = f"{stack}-{source}" if kind == Kind.NETWORK else source
            yield Link(name, RailKey(host, Kind(kind), source), address or "")
    unusual: Mapping[str, Any] = inputs.get("unusual_disks") or {}
    for name, told in sorted(unusual.items()):
        path, _, words = str(told).removesuffix(")").rpartition(" (")
        if path and "shared" in words.split(", "):
            yield Link(name, RailKey(host, Kind.DISK, path), "")


def _size(change: Change) -> str:
    """CPUs and memory, and what they were where that is another; whether it is off."""
    found = [inputs for which in ("oldState", "newState") if (inputs := change.inputs(which))]
    counts = [*dict.fromkeys(inputs.get("cpus", "?") for inputs in found)]
    memory = dict.fromkeys(shown("memory_mib", inputs) if "memory_mib" in inputs else "?" for inputs in found)
    words = ["→".join([*map(str, counts[:-1]), cpus(counts[-1])]) if counts else "", "→".join(memory)]
    return ", ".join([*words, *(["off"] if found and found[-1].get("power") == "off" else [])])
