"""How guests start, as far as no field can see it alone."""

from collections.abc import Iterator
from re import fullmatch

from components.errors import Problem, got
from stacks.config.fields import FILE_NAME
from stacks.config.members import makers
from stacks.config.models import NO_IMAGE, GuestConfig
from stacks.config.raw import Place, path
from stacks.config.reading import Reading


def starting_problems(reading: Reading) -> Iterator[Problem]:
    """Every guest that cannot start as it is asked to, or is not to start at all."""
    for maker, guest in makers(reading.lab):
        yield from _power(maker, guest)
        yield from _install(maker, guest, reading)


def _power(place: Place, guest: GuestConfig) -> Iterator[Problem]:
    if guest.power == "on":
        return
    if guest.autostart:
        rule = "must be false with power 'off', got true"
        yield Problem(path((*place, "autostart")), f"{rule}; take it out, or write power: on")
    if guest.wait_for == "cloud-init":
        rule = "must be 'start' with power 'off', got 'cloud-init', which a guest that is off never comes to"
        yield Problem(path((*place, "waitFor")), f"{rule}; take it out, or write power: on")


def _install(place: Place, guest: GuestConfig, reading: Reading) -> Iterator[Problem]:
    if guest.install is None:
        return
    if guest.image not in (None, NO_IMAGE):
        rule = "must not be there beside install, which starts from a blank disk"
        yield Problem(path((*place, "image")), f"{rule}; take one of them out")
    seed = guest.install.seed
    if seed is None:
        return
    where = (*place, "install", "seed", "files")
    if not seed.files and reading.has(*where):
        yield Problem(path(where), "must hold a file, got none; name one, or take out seed")
    for name in seed.files:
        if not fullmatch(FILE_NAME, name):
            rule = "must be the name of a file at the top: letters, digits, '.', '_' and '-', at most 64"
            yield Problem(path((*where, name)), f"{rule}, got {got(name)}; rename it")
