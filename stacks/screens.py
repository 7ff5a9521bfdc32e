"""Passwords of screens, which are secrets of the stack: checked, and told apart by marks that do not tell them."""

import hmac
from collections.abc import Mapping

from components.errors import Problem
from stacks.config import GuestSpec, Lab
from stacks.secrets import how_to_set, problem, stack_secrets

LONGEST = {"vnc": 8, "spice": 60}
"""VNC's own way of asking uses no more, and SPICE's has room for no more:
https://datatracker.ietf.org/doc/html/rfc6143#section-7.2.2 and https://www.spice-space.org/spice-protocol.html."""


def problems(lab: Lab) -> list[Problem]:
    """What is wrong with passwords, without a word of what they are."""
    told: dict[str, Problem] = {}
    for guest in lab.guests:
        name, where = guest.console.password, f"{guest.path}.console.password"
        # The members of a group are one line in the config.
        if name is None or where in told:
            continue
        password = stack_secrets().get(name)
        if password is None:
            told[where] = problem(where, name, lab.stack)
        elif rule := _rule(password, guest.console.type):
            told[where] = Problem(where, f"{rule}; {how_to_set(lab.stack, name)}")
    return list(told.values())


def password(guest: GuestSpec, secrets: Mapping[str, str]) -> str | None:
    """That of a guest's screen."""
    return guest.console.password and secrets[guest.console.password]


def mark(key: bytes, password: str | None) -> str | None:
    """What changes with the password, and by which nobody can guess it.

    Args:
        key: a secret.
        password: of the screen, if it has one.
    """
    return None if password is None else hmac.digest(key, f"screen\0{password}".encode(), "sha256")[:4].hex()


def _rule(password: str, kind: str) -> str | None:
    if not password:
        return "must be the name of a secret that is not empty, got an empty one"
    if not (password.isascii() and password.isprintable()):
        return "must be the name of a secret of printable ASCII, got one with other characters"
    if len(password) > LONGEST[kind]:
        reason = "VNC looks at no more than that" if kind == "vnc" else "SPICE takes no more"
        rule = f"must be the name of a secret of at most {LONGEST[kind]} characters"
        return f"{rule}, got one of {len(password)}: {reason}"
    return None
