"""The table as text. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from doctor.checks import MUST, OK, WARN, Line

COLOURS = {OK: "\033[32m", WARN: "\033[33m", MUST: "\033[31m"}
PLAIN = "\033[0m"
WIDTH = 15
"""Of the longest name of a check, and a blank."""


def report(lines: Mapping[str, Line], *, colour: bool, by_sudo: bool = False) -> str:
    """All lines, and what they come to.

    Args:
        lines: by what was looked at.
        colour: whether it is for a terminal; the words say the same.
        by_sudo: whether a user asked as root, whom sudo may ask for a password when they do not.
    """
    shown: list[str] = []
    for subject, line in lines.items():
        word = f"{line.level:<5}"
        mark = f"{COLOURS[line.level]}{word}{PLAIN}" if colour else word
        shown.append(f"{mark} {subject:<{WIDTH}} {line.found}")
        if line.todo:
            shown.append(f"{'':<{WIDTH + 6}} -> {line.todo}")
    musts = [subject for subject, line in lines.items() if line.level == MUST]
    verdict = f"a lab can be made here: make up{', by sudo too unless that asks for no password' if by_sudo else ''}"
    if musts:
        verdict = f"first do what must be done: {', '.join(musts)}"
    return "\n".join([*shown, "", verdict, ""])
