"""Whether a host has what all guests ask for together, as far as config lets them ask. Pure."""

from collections.abc import Iterator, Mapping

from components.errors import Problem
from components.host_facts import HostFacts
from stacks.capacity import Resource, cpus, memory, rooms
from stacks.config import Lab
from stacks.config.lab import MOST_PERCENT

NAMED = 4
"""How many of those that ask a message names."""


def problems(lab: Lab, facts: HostFacts) -> Iterator[Problem]:
    """One for each resource of which there is not enough."""
    for resource in (memory(lab, facts), cpus(lab, facts)):
        if resource.limit is not None and resource.sum > resource.limit:
            asked, limit = resource.show(resource.sum, resource.limit)
            rule = f"all guests together must fit {resource.policy} of the host's {resource.shown}, {limit}"
            todo = f"ask for less or for {_fewer(lab, resource)}{_or_more(lab, resource)}"
            where = "lab.kubernetes" if lab.kubernetes else "lab.guests"
            yield Problem(where, f"{rule}, got {asked} ({_who(resource, resource.promised)}); {todo}")
    for room in rooms(lab, facts):
        if room.limit is not None and room.sum > room.limit and room.is_usable:
            asked, free = room.show(sum(room.new.values()), room.free)
            rule = f"must have room for all that new disks may grow to, got {free} free at {room.path!r} for {asked}"
            todo = "choose a bigger disk or smaller ones"
            if room.is_thin:
                todo = f"{todo}, or write {lab.host.path}.overcommit.disk: thin"
            yield Problem(room.key, f"{rule} ({_who(room, room.new)}); {todo}")


def warnings(lab: Lab, facts: HostFacts) -> Iterator[str]:
    """What is allowed, and may end badly."""
    if not lab.guests:
        return
    for resource in (memory(lab, facts), cpus(lab, facts)):
        # CPUs that are shared make guests slow and nothing worse, so that only config sets a limit.
        limits = [resource.limit, resource.total if resource.name == "memory" else None]
        most = min((limit for limit in limits if limit is not None), default=None)
        if most is not None and resource.sum and resource.sum + resource.others > most:
            asked, others, has = resource.show(resource.sum, resource.others, most)
            taken = f", others that run have {others}" if resource.others else ""
            end = f"the host has {has}" if most == resource.total else f"the limit is {has} ({resource.policy})"
            yield f"{lab.host.address}: {resource.shown}: guests ask for {asked}{taken}, and {end}"
    for room in rooms(lab, facts):
        if room.growth > room.free and room.is_usable:
            growth, free = room.show(room.growth, room.free)
            told = f"disks may grow by {growth}, and {free} is free at {room.path!r}"
            yield f"{lab.host.address}: {told}; a guest that writes when it is full is paused"


def _who(resource: Resource, asked: Mapping[str, int]) -> str:
    """Who asks for how much, the greatest first."""
    ranked = sorted(asked.items(), key=lambda item: (-item[1], item[0]))
    named = [f"{path} {resource.show(amount)[0]}" for path, amount in ranked[:NAMED]]
    return ", ".join([*named, f"{len(ranked) - NAMED} more"] if len(ranked) > NAMED else named)


def _fewer(lab: Lab, resource: Resource) -> str:
    """Of a cluster, as many workers as there is enough for."""
    path, workers = "lab.kubernetes.worker", sum(guest.node == "worker" for guest in lab.guests)
    if not workers or resource.limit is None:
        return "fewer"
    each = resource.promised[path] // workers
    fit = (resource.limit - resource.sum + resource.promised[path]) // each
    return f"{fit} worker{'s' if fit > 1 else ''}" if fit > 0 else "fewer"


def _or_more(lab: Lab, resource: Resource) -> str:
    """The policy that would do, where there is one."""
    percent = -(-resource.sum * 100 // resource.total) if resource.total else MOST_PERCENT + 1
    return f", or write {lab.host.path}.overcommit.{resource.name}: {percent}%" if percent <= MOST_PERCENT else ""
