"""What no field can see alone: names that result, and references that must exist."""

from collections.abc import Collection, Iterator
from itertools import islice

from pydantic.alias_generators import to_camel

from components import cloud_config
from components.errors import Problem, got
from stacks.config.addresses import address_problems
from stacks.config.disks import disk_problems
from stacks.config.hardware import hardware_problems
from stacks.config.kubernetes import kubernetes_problems
from stacks.config.lab import LOCAL
from stacks.config.members import Maker, makers, members
from stacks.config.models import NO_IMAGE, GroupConfig, GuestConfig, LabConfig
from stacks.config.naming import misnamed
from stacks.config.networks import network_problems
from stacks.config.nics import nic_problems
from stacks.config.problems import meant
from stacks.config.raw import Place, path
from stacks.config.reading import Reading
from stacks.config.resolving import hosts
from stacks.config.scalars import LABEL_MAX, LABEL_RULE, is_label, suggest_label
from stacks.config.starting import starting_problems

HOST_FIELDS = {"kind", "host", "hosts"}
"""What a lab of kind `host` is made of."""
MOST_GUESTS = 2**16
"""No network that a lab can have has more addresses."""


def across(reading: Reading, stack: str, layers: Collection[str], images: Collection[str]) -> Iterator[Problem]:
    """Every problem between fields that could be read."""
    yield from _stack(stack)
    if reading.lab.kind == "host":
        for key in sorted(reading.lab.model_fields_set - HOST_FIELDS):
            rule = "must not be in a lab of kind 'host', which makes no guests"
            kind = "kubernetes" if key == "kubernetes" else "guests"
            yield Problem(path((to_camel(key),)), f"{rule}; take it out, or write kind: {kind}")
    elif all(map(reading.has, ("kind", "guests", "groups"))) and not any(makers(reading.lab)):
        yield Problem("lab", "has no guests; add one under lab.guests or lab.groups")
    yield from _hosts(reading)
    yield from _placement(reading)
    yield from _names(reading.lab, stack)
    yield from _references(reading.lab, layers, images)
    if (guests := _count(reading.lab)) > MOST_GUESTS:
        # Not one by one: so many would take their time.
        yield Problem("lab.groups", f"must make at most {MOST_GUESTS} guests, got {guests}; ask for fewer")
    else:
        yield from _clashes(reading)
        yield from network_problems(reading, stack)
        yield from address_problems(reading, stack)
        yield from nic_problems(reading, stack)
        yield from hardware_problems(reading)
        yield from starting_problems(reading)
        yield from disk_problems(reading)
        yield from kubernetes_problems(reading, stack)
    for maker, guest in makers(reading.lab):
        if guest.user_data:
            yield from cloud_config.problems(guest.user_data, path((*maker, "userData")))


def _count(config: LabConfig) -> int:
    return sum(guest.count if isinstance(guest, GroupConfig) else 1 for _, guest in makers(config))


def _stack(stack: str) -> Iterator[Problem]:
    if not is_label(stack):
        name = suggest_label(stack)
        todo = f"rename it with: pulumi stack rename {name}" if name else "rename it with: pulumi stack rename"
        yield Problem("stack", f"{LABEL_RULE}, got {got(stack)}; {todo}")


def _hosts(reading: Reading) -> Iterator[Problem]:
    lab = reading.lab
    if lab.hosts and "host" in lab.model_fields_set:
        yield Problem("lab.host", "must not be there beside lab.hosts; take one of them out")
    seen: dict[str, str] = {}
    for name, host in hosts(lab).items():
        place = ("hosts", name) if name else ("host",)
        if name and (problem := misnamed(name, lab.hosts)):
            yield Problem(path(place), problem)
        elif len(name) > LABEL_MAX:
            yield Problem(path(place), f"must be at most {LABEL_MAX} characters, got {len(name)}; shorten it")
        if not reading.has(*place, "address"):
            continue
        if host.address in seen:
            rule = f"must be a machine of its own, got {got(host.address)}, which {seen[host.address]} is too"
            yield Problem(path(place), f"{rule}; take one of them out")
        seen.setdefault(host.address, path(place))
        for key, is_set in (("bridge", host.bridge), ("networkManager", host.network_manager != "keep")):
            if is_set and reading.has("kind") and lab.kind != "host":
                rule = "must be in a lab of kind 'host', since all labs of that machine share it"
                yield Problem(path((*place, key)), f"{rule}; take it out, and make that lab")
        if host.role == "workstation" and reading.has("kind") and lab.kind != "host":
            rule = f"must be 'server' or 'both' in a lab of kind {lab.kind!r}, got 'workstation', which carries none"
            yield Problem(
                path((*place, "role")), f"{rule}; write role: both, or make it a lab of its own of kind 'host'"
            )
        if host.host_key and host.address == LOCAL:
            rule = "must go with the address of another machine, got none"
            yield Problem(path((*place, "hostKey")), f"{rule}; set {path((*place, 'address'))}, or leave it out")


def _placement(reading: Reading) -> Iterator[Problem]:
    lab = reading.lab
    if any(place[0] in ("host", "hosts") and len(place) <= 2 for place in reading.unread):
        return
    # A name that cannot stay is told, and is none that a guest could mean.
    names = [name for name in lab.hosts if is_label(name)]
    for maker, guest in makers(lab):
        if reading.has(*maker, "host") and (problem := _misplaced(guest, names)):
            yield Problem(path((*maker, "host")), problem)


def _misplaced(guest: GuestConfig, names: Collection[str]) -> str | None:
    # As many as a line has room for.
    known = list(islice(names, 5))
    more = ", ..." if len(names) > len(known) else ""
    if guest.host is None:
        return f"must be given, since lab.hosts has {len(names)}: {', '.join(known)}{more}" if len(names) > 1 else None
    if guest.host in names:
        return None
    return f"must be a name of lab.hosts, got {got(guest.host)}; {meant(guest.host, known)}"


def _names(config: LabConfig, stack: str) -> Iterator[Problem]:
    """The whole name counts: stack, guest or group, and number."""
    taken = {*config.guests, *config.groups}
    wholes = {("guests", name): f"{stack}-{name}" for name in config.guests}
    wholes |= {("groups", name): f"{stack}-{name}-{group.count}" for name, group in config.groups.items()}
    for place, whole in wholes.items():
        name = place[1]
        if problem := misnamed(name, taken):
            yield Problem(path(place), problem)
        elif (excess := len(whole) - LABEL_MAX) > 0:
            rule = f"must make a host name of at most {LABEL_MAX} characters"
            yield Problem(path(place), f"{rule}, got {got(whole)} of {len(whole)}; shorten it by {excess}")
    longest = max((len(member.name) for member in members(config) if member.place[0] == "kubernetes"), default=0)
    if longest and (excess := len(stack) + 1 + longest - LABEL_MAX) > 0 and is_label(stack):
        rule = f"must make a host name of at most {LABEL_MAX} characters with the names of nodes"
        todo = "rename it with: pulumi stack rename"
        yield Problem("stack", f"{rule}, got {got(stack)}, {excess} too many; {todo}")


def _clashes(reading: Reading) -> Iterator[Problem]:
    config = reading.lab
    made: dict[str, Maker] = {}
    refused: set[Maker] = set()
    # What has a name of its users' choice is what gives way.
    for member in sorted(members(config), key=lambda member: ("kubernetes", "groups", "guests").index(member.place[0])):
        other = made.setdefault(member.name, member.place)
        if other != member.place and member.place not in refused:
            refused.add(member.place)
            whose = "must be a name of its own" if member.number is None else f"must not make {member.name!r} again"
            yield Problem(path(member.place), f"{whose}, {path(other)} makes one too; choose another")


def _references(config: LabConfig, layers: Collection[str], images: Collection[str]) -> Iterator[Problem]:
    named: list[tuple[Place, object]] = [(("image",), config.image)]
    for maker, guest in makers(config):
        named.append(((*maker, "image"), guest.image))
        for index, layer in enumerate(guest.layers):
            place = path((*maker, "layers", index))
            if layer not in layers:
                yield Problem(place, f"must be a file of cloud-init/, got {got(layer)}; {meant(layer, layers)}")
            elif layer in guest.layers[:index]:
                yield Problem(place, f"must be listed once, got {got(layer)} again; drop one")
    for place, image in named:
        if isinstance(image, str) and image not in (*images, NO_IMAGE):
            yield Problem(
                path(place), f"must be in images/catalogue.yaml, got {got(image)}; {meant(image, {*images, NO_IMAGE})}"
            )
