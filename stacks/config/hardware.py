"""What guests are built of, as far as no field can see it alone: ports of two guests, parts that do not fit."""

from collections.abc import Collection, Iterator

from components.errors import Problem, got, printable, shorten
from stacks.config.members import makers, members
from stacks.config.models import ConsoleConfig, GuestConfig
from stacks.config.naming import misnamed
from stacks.config.parts import part_problems
from stacks.config.raw import Place, path
from stacks.config.reading import Reading
from stacks.config.scalars import MIB

LAST_PORT = 65535
MOST_DISKS = 16
"""Of the 26 letters of vda to vdz two are taken, and a board of type pc has some 20 free slots."""
SERIAL_MAX = 20
"""Of a virtio disk's serial number: https://docs.oasis-open.org/virtio/virtio/v1.2/virtio-v1.2.html"""


def hardware_problems(reading: Reading) -> Iterator[Problem]:
    """Every guest that cannot be built as it is asked for."""
    for maker, guest in makers(reading.lab):
        if guest.firmware == "uefi-secure" and guest.machine == "pc":
            rule = "must be 'q35' with firmware 'uefi-secure', got 'pc'"
            yield Problem(path((*maker, "machine")), f"{rule}; take it out, or write firmware: uefi")
        yield from _room_to_grow(maker, guest)
        yield from _disks(maker, guest.disks)
        yield from part_problems(reading, maker, guest)
        console = guest.console
        if isinstance(console, ConsoleConfig) and console.type == "none" and console.port:
            rule = f"must go with type 'vnc' or 'spice', got {console.port} of none"
            yield Problem(path((*maker, "console", "port")), f"{rule}; choose a type, or take it out")
    yield from _ports(reading)


def _room_to_grow(place: Place, guest: GuestConfig) -> Iterator[Problem]:
    """A guest that has more than its most has none to be given."""
    for key, most, has, unit in (
        ("maxCpus", guest.max_cpus, guest.cpus, ""),
        ("maxMemory", guest.max_memory and guest.max_memory // MIB, guest.memory // MIB, "MiB"),
    ):
        if most is not None and most < has:
            rule = f"must be at least the guest's own {has}{unit}, got {most}{unit}"
            yield Problem(path((*place, key)), f"{rule}; raise it, or take it out")


def _disks(place: Place, disks: Collection[str]) -> Iterator[Problem]:
    if len(disks) > MOST_DISKS:
        yield Problem(
            path((*place, "disks")), f"must be at most {MOST_DISKS}, got {len(disks)}; ask for fewer, and larger"
        )
    for name in disks:
        if problem := misnamed(name, disks):
            yield Problem(path((*place, "disks", name)), problem)
        elif len(name) > SERIAL_MAX:
            rule = f"must be at most {SERIAL_MAX} characters, got {got(name)} of {len(name)}"
            yield Problem(path((*place, "disks", name)), f"{rule}; shorten it")


def _ports(reading: Reading) -> Iterator[Problem]:
    """Each port is one guest's on a host."""
    owners: dict[tuple[str | None, int], str] = {}
    refused: set[tuple[str, str]] = set()
    for member in members(reading.lab):
        port = member.console.port
        if port is None or member.place in refused or not reading.has(*member.place, "console"):
            continue
        place = (member.config.host, port)
        if port > LAST_PORT:
            rule = f"must be at most {LAST_PORT}"
        elif place in owners:
            rule = f"must be one guest's alone, {printable(shorten(owners[place]))} has it"
        else:
            owners[place] = member.name
            continue
        # A group is one line in the config: its first member that does not fit is enough.
        refused.add(member.place)
        whose = "" if member.number is None else f" for {printable(shorten(member.name))}"
        yield Problem(path((*member.place, "console", "port")), f"{rule}, got {port}{whose}; choose another")
