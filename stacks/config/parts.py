"""Parts of a guest that few ask for, as far as no field can see it alone."""

from collections.abc import Collection, Iterator
from math import prod

from components.errors import Problem, got
from stacks.config.models import BalloonConfig, ConsoleConfig, CpuConfig, GuestConfig
from stacks.config.naming import misnamed
from stacks.config.raw import Place, path
from stacks.config.reading import Reading

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
    if topology and all(reading.has(*place, *key) for key in (("cpu", "topology"), ("cpus",), ("maxCpus",))):
        counts = topology.sockets, topology.cores, topology.threads
        key = "maxCpus" if guest.max_cpus else "cpus"
        if prod(counts) != (most := guest.max_cpus or guest.cpus):
            rule = f"sockets x cores x threads must be {key}, which is {most}"
            found = f"{' x '.join(map(str, counts))} = {prod(counts)}"
            yield Problem(path((*place, "cpu", "topology")), f"{rule}, got {found}; write {key}: {prod(counts)}")
    yield from _shares(place, guest.shares)
    yield from _headroom(place, guest)
    if isinstance(guest.console, ConsoleConfig):
        yield from _screen(reading, place, guest.console)
    balloon = guest.balloon
    if isinstance(balloon, BalloonConfig) and balloon.type == "none":
        for key, is_set in (("freePageReporting", balloon.free_page_reporting), ("autodeflate", balloon.autodeflate)):
            if is_set:
                rule = "must go with type 'virtio', got it with none"
                yield Problem(path((*place, "balloon", key)), f"{rule}; choose that type, or take it out")


def _screen(reading: Reading, place: Place, console: ConsoleConfig) -> Iterator[Problem]:
    rule = "must go with type 'vnc' or 'spice', got it with none; choose a type, or take it out"
    if console.type == "none":
        for key in sorted({"listen", "password"} & console.model_fields_set):
            yield Problem(path((*place, "console", key)), rule)
    elif not console.listen.is_loopback and not console.password and reading.has(*place, "console", "password"):
        rule = f"must be a loopback address where the screen has no password, got {got(str(console.listen))}"
        todo = "add password: ${secrets.NAME} to it, or take listen out"
        yield Problem(path((*place, "console", "listen")), f"{rule}; {todo}")


def _shares(place: Place, tags: Collection[str]) -> Iterator[Problem]:
    if len(tags) > MOST_SHARES:
        rule = f"must be at most {MOST_SHARES}, got {len(tags)}"
        yield Problem(path((*place, "shares")), f"{rule}; share a directory above several of them")
    for tag in tags:
        if problem := misnamed(tag, tags):
            yield Problem(path((*place, "shares", tag)), problem)
        elif len(tag) > TAG_MAX:
            rule = f"must be at most {TAG_MAX} characters, got {got(tag)} of {len(tag)}"
            yield Problem(path((*place, "shares", tag)), f"{rule}; shorten it")


def _headroom(place: Place, guest: GuestConfig) -> Iterator[Problem]:
    balloon = guest.balloon if isinstance(guest.balloon, str) else guest.balloon.type
    if guest.max_memory and balloon == "none":
        rule = "must be 'virtio' with maxMemory, which it gives and takes, got none"
        yield Problem(path((*place, "balloon")), f"{rule}; take one of the two out")
