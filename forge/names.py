"""Names that somebody else chose: a branch, a file or a comment of a pull request may hold anything."""

import re

from forge import ForgeError

_STACK = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}")


def stack(name: str) -> str:
    """A name that is safe in a path, a Makefile, a shell and a comment's first line.

    Raises:
        ForgeError: it is another.
    """
    if not _STACK.fullmatch(name):
        raise ForgeError(f"stack: must be letters, digits, '-', '_' and '.', got {name!a}; rename its file in stacks/")
    return name


def one_line(text: str, limit: int = 300) -> str:
    """Somebody else's words in a line of a log: none of them starts a line, and no control character is left."""
    line = " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())
    return line if len(line) <= limit else f"{line[:limit]}..."
