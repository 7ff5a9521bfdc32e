"""How guests start, as far as no field can see it alone."""

from collections.abc import Iterator

from components.errors import Problem
from stacks.config.models import GuestConfig
from stacks.config.raw import Place, path
from stacks.config.reading import Reading


def starting_problems(reading: Reading) -> Iterator[Problem]:
    """Every guest that cannot start as it is asked to, or is not to start at all."""
    for kind, guests in (("guests", reading.lab.guests), ("groups", reading.lab.groups)):
        for name, guest in guests.items():
            yield from _power((kind, name), guest)


def _power(place: Place, guest: GuestConfig) -> Iterator[Problem]:
    if guest.power == "on":
        return
    if guest.autostart:
        rule = "must be false with power 'off', got true"
        yield Problem(path((*place, "autostart")), f"{rule}; take it out, or write power: on")
    if guest.wait_for == "cloud-init":
        rule = "must be 'start' with power 'off', got 'cloud-init', which a guest that is off never comes to"
        yield Problem(path((*place, "waitFor")), f"{rule}; take it out, or write power: on")
