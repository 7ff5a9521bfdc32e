"""Parts of a guest that few ask for, as far as no field can see it alone."""

from collections.abc import Iterator
from math import prod

from components.errors import Problem
from stacks.config.models import BalloonConfig, CpuConfig, GuestConfig
from stacks.config.raw import Place, path
from stacks.config.reading import Reading


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
            got = f"{' x '.join(map(str, counts))} = {prod(counts)}"
            yield Problem(path((*place, "cpu", "topology")), f"{rule}, got {got}; write cpus: {prod(counts)}")
    balloon = guest.balloon
    if isinstance(balloon, BalloonConfig) and balloon.type == "none":
        for key, is_set in (("freePageReporting", balloon.free_page_reporting), ("autodeflate", balloon.autodeflate)):
            if is_set:
                rule = "must go with type 'virtio', got it with none"
                yield Problem(path((*place, "balloon", key)), f"{rule}; choose that type, or take it out")
