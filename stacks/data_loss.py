"""Guests that a change would replace although something has been written to their disks, and clusters. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby

from components.errors import Problem
from components.host_facts import HostFacts
from components.identity import owner
from stacks import images, nics
from stacks.config import GuestSpec, Lab


def problems(placed: Sequence[tuple[Lab, HostFacts]], instances: Mapping[str, str]) -> list[Problem]:
    """A problem for each key of the config whose guests would lose data without its leave.

    Args:
        placed: the parts of a lab, each with the facts of its host.
        instances: the instance-id of each guest that another one replaces.
    """
    lost = [
        (guest, reason)
        for part, facts in placed
        for guest in part.guests
        if not guest.allow_data_loss and (reason := _lost(guest, part, facts, placed, instances.get(guest.name, "-")))
    ]
    return [_problem(place, list(guests)) for place, guests in groupby(lost, lambda each: each[0].path)]


def of_cluster(
    placed: Sequence[tuple[Lab, HostFacts]], own: Mapping[str, str], further: nics.Addresses
) -> list[Problem]:
    """A problem for each key of the config whose change would make another cluster without its leave.

    Args:
        placed: the parts of a lab, each with the facts of its host.
        own: every guest's address on the lab's own network.
        further: those on the others.
    """
    return [problem for part, facts in placed for problem in _of_cluster(part, facts.cluster, own, further)]


def _of_cluster(
    part: Lab, made: Mapping[str, str], own: Mapping[str, str], further: nics.Addresses
) -> Iterator[Problem]:
    spec = part.kubernetes
    first = next((guest for guest in part.guests if spec and guest.name == spec.nodes[0].guest), None)
    if spec is None or first is None or first.allow_data_loss:
        return
    asked = {
        "version": ("lab.kubernetes.version", spec.version),
        "domain": ("lab.network.domain", part.network.domain),
        "pod_cidr": ("lab.kubernetes.podCidr", str(spec.pod_cidr)),
        "service_cidr": ("lab.kubernetes.serviceCidr", str(spec.service_cidr)),
        "proxy_mode": ("lab.kubernetes.proxyMode", spec.proxy_mode),
    }
    leave = f"save what you need and set {first.path}.allowDataLoss"
    for key, (where, value) in asked.items():
        if made.get(key, value) != value:
            rule = f"must stay {made[key]!r}, or all that is in the cluster is lost, got {value!r}"
            yield Problem(where, f"{rule}; take it back, or {leave}")
    address = nics.address_on(spec.network, first, own, further)
    if made.get("address", address) != address:
        rule = f"must stay at {made['address']!r}, or all that is in the cluster is lost, got {address!r}"
        moved = "its address, a network's cidr, or lab.kubernetes.network"
        yield Problem(first.path, f"{rule}; take back what moved it ({moved}), or {leave}")


def unwritten(placed: Sequence[tuple[Lab, HostFacts]], instances: Mapping[str, str]) -> list[str]:
    """The guests that are replaced and lose nothing with their root disks, to which nothing has been written."""
    return [
        guest.name
        for part, facts in placed
        for guest in part.guests
        if not _moves(guest, part, facts, placed)
        and not _is_written(guest, part, facts)
        and _is_replaced(guest, part, facts, instances.get(guest.name, "-"))
    ]


def _problem(place: str, lost: Sequence[tuple[GuestSpec, str]]) -> Problem:
    names = ", ".join(guest.name for guest, _ in lost)
    whose = "whose root disk has" if len(lost) == 1 else "whose root disks have"
    reasons = "; ".join(dict.fromkeys(reason for _, reason in lost))
    rule = f"must be true to replace {names}, {whose} been written to, got false ({reasons})"
    return Problem(f"{place}.allowDataLoss", f"{rule}; save what you need and set it, or take the change back")


def _lost(
    guest: GuestSpec, part: Lab, facts: HostFacts, placed: Sequence[tuple[Lab, HostFacts]], instance: str
) -> str | None:
    """Why a guest would lose its disk, if it would."""
    if moves := _moves(guest, part, facts, placed):
        return moves
    return _is_replaced(guest, part, facts, instance) if _is_written(guest, part, facts) else None


def _moves(guest: GuestSpec, part: Lab, facts: HostFacts, placed: Sequence[tuple[Lab, HostFacts]]) -> str | None:
    """From where to where it goes, and leaves its disk behind."""
    domain = f"{part.stack}-{guest.name}"
    for other, there in placed:
        if other is not part and there.domains.get(domain) == owner(part.stack):
            return f"it goes from host {other.host.address} to {part.host.address}"
    old_path = facts.pools.get(part.pool.name, part.pool.path)
    if facts.domains.get(domain) == owner(part.stack) and old_path != part.pool.path:
        return f"the pool goes from {old_path} to {part.pool.path}"
    return None


def _is_written(guest: GuestSpec, part: Lab, facts: HostFacts) -> bool:
    return f"{part.stack}-{guest.name}.qcow2" in facts.written


def _is_replaced(guest: GuestSpec, part: Lab, facts: HostFacts, instance: str) -> str | None:
    """By what, as far as its host tells how it was made."""
    birth = facts.births.get(f"{part.stack}-{guest.name}")
    return birth and next(_changes(birth, (images.link(guest.image) if guest.image else "", instance)), None)


def _changes(birth: tuple[str, str], asked: tuple[str, str]) -> Iterator[str]:
    if birth[0] != asked[0]:
        yield f"image {birth[0]} -> {asked[0]}"
    if birth[1] != asked[1] and asked[1] != "-":
        yield "its cloud-init, with onCloudInitChange: replace"
    elif birth[1] != asked[1]:
        yield "onCloudInitChange from replace to another"
