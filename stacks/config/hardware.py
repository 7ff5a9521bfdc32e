"""What guests are built of, as far as no field can see it alone: ports of two guests, parts that do not fit."""

from collections.abc import Iterator

from components.errors import Problem, printable, shorten
from stacks.config.models import ConsoleConfig
from stacks.config.raw import path
from stacks.config.reading import Reading
from stacks.config.resolving import members

LAST_PORT = 65535


def hardware_problems(reading: Reading) -> Iterator[Problem]:
    """Every guest that cannot be built as it is asked for."""
    for kind, guests in (("guests", reading.lab.guests), ("groups", reading.lab.groups)):
        for name, guest in guests.items():
            if guest.firmware == "uefi-secure" and guest.machine == "pc":
                rule = "must be 'q35' with firmware 'uefi-secure', got 'pc'"
                yield Problem(path((kind, name, "machine")), f"{rule}; take it out, or write firmware: uefi")
            console = guest.console
            if isinstance(console, ConsoleConfig) and console.type == "none" and console.port:
                rule = f"must go with type 'vnc' or 'spice', got {console.port} of none"
                yield Problem(path((kind, name, "console", "port")), f"{rule}; choose a type, or take it out")
    yield from _ports(reading)


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
