"""Parts of a guest that few ask for, as far as no field can see it alone."""

from collections.abc import Collection, Iterator
from math import prod

from components.errors import Problem, got
from stacks.config.models import BalloonConfig, CpuConfig, GuestConfig
from stacks.config.raw import Place, path
from stacks.config.reading import Reading
from stacks.config.scalars import LABEL_RULE, is_name, suggest_label

MOST_SHARES = 8
"""Each is a device, and a daemon on the host."""
TAG_MAX = 36
"""https://docs.oasis-open.org/virtio/virtio/v1.2/virtio-v1.2.html"""


def part_problems(reading: Reading, place: Place, guest: GuestConfig) -> Iterator[Problem]:
    """Parts that do not fit the guest, or themselves.

    Args:
        reading: all that could be read.
        place: where the guest stands.
        guest: what it is to be.
    """
    topology = guest.cpu.topology if isinstance(guest.cpu, CpuConfig) else None
    if topology and reading.has(*place, "cpu", "topology") and reading.has(*place, "cpus"):
        counts = topology.sockets, topology.cores, topology.threads
        if prod(counts) != guest.cpus:
            rule = f"sockets x cores x threads must be cpus, which is {guest.cpus}"
            found = f"{' x '.join(map(str, counts))} = {prod(counts)}"
            yield Problem(path((*place, "cpu", "topology")), f"{rule}, got {found}; write cpus: {prod(counts)}")
    yield from _shares(place, guest.shares)
    balloon = guest.balloon
    if isinstance(balloon, BalloonConfig) and balloon.type == "none":
        for key, is_set in (("freePageReporting", balloon.free_page_reporting), ("autodeflate", balloon.autodeflate)):
            if is_set:
                rule = "must go with type 'virtio', got it with none"
                yield Problem(path((*place, "balloon", key)), f"{rule}; choose that type, or take it out")


def _shares(place: Place, tags: Collection[str]) -> Iterator[Problem]:
    if len(tags) > MOST_SHARES:
        rule = f"must be at most {MOST_SHARES}, got {len(tags)}"
        yield Problem(path((*place, "shares")), f"{rule}; share a directory above several of them")
    for tag in tags:
        if not is_name(tag):
            hint = suggest_label(tag)
            todo = f"did you mean {hint!r}?" if hint and hint not in tags else "choose another tag"
            yield Problem(path((*place, "shares", tag)), f"{LABEL_RULE}, got {got(tag)}; {todo}")
        elif len(tag) > TAG_MAX:
            rule = f"must be at most {TAG_MAX} characters, got {got(tag)} of {len(tag)}"
            yield Problem(path((*place, "shares", tag)), f"{rule}; shorten it")
