"""Has Pulumi preview a stack, or takes what it printed elsewhere, and says what that means, as text or as a comment."""

import subprocess
import sys
from pathlib import Path

from console import text
from console.comment import comment, failure
from console.reading import UnreadableError, read


def show(stack: str, *flags: str) -> int:
    """Say what `up` would do, or what keeps it from that; Pulumi's exit status."""
    command = ["pulumi", "preview", "--stack", stack, "--non-interactive", "--json", "--show-sames", *flags]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, check=False)  # noqa: S603 (no shell)
    if not done.stdout:
        return done.returncode  # why has been told
    try:
        told = read(_decoded(done.stdout), f"stack {stack}")
    except UnreadableError as error:
        return _refused(error)
    _print([*text.errors(told)] or [*text.lines(told), *text.said(told)])
    return done.returncode


def show_comment(stack: str, *arguments: str) -> int:
    """The same as Markdown, also if the preview failed: a reviewer is told why.

    Args:
        stack: the stack.
        arguments: one that is no flag is a file with what Pulumi printed, `-` is stdin; else Pulumi is given them.
    """
    if arguments and (arguments[0] == "-" or not arguments[0].startswith("-")):
        return _from_file(stack, arguments[0])
    command = ["pulumi", "preview", "--stack", stack, "--non-interactive", "--json", "--show-sames", *arguments]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False)  # noqa: S603 (no shell)
    said = _decoded(done.stderr)
    sys.stderr.write(said)
    if not done.stdout and done.returncode:
        # There is no such stack, or its state is a newer version's.
        errors = said.strip() or f"pulumi ended with status {done.returncode} and said nothing"
        _print([failure([errors.removeprefix("error: ")], stack)], end="")
        return done.returncode
    try:
        told = read(_decoded(done.stdout), f"stack {stack}")
    except UnreadableError as error:
        return _refused(error)
    _print([comment(told, stack)], end="")
    return done.returncode


def _from_file(stack: str, name: str) -> int:
    source = "stdin" if name == "-" else name
    try:
        found = sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
        told = read(_decoded(found), source)
    except OSError as error:
        sys.stderr.write(f"error: {source}: must be a file to read, got {error.strerror}; name another\n")
        return 1
    except UnreadableError as error:
        return _refused(error)
    _print([comment(told, stack)], end="")
    return 0


def _refused(error: UnreadableError) -> int:
    sys.stderr.write(f"error: {error}\n")
    return 1


def _decoded(found: bytes) -> str:
    return found.decode("utf-8-sig", "replace")


def _print(lines: list[str], end: str = "\n") -> None:
    """In UTF-8 whatever the locale is, since a comment is sent as it is."""
    sys.stdout.buffer.write("".join(f"{line}{end}" for line in lines).encode("utf-8", "backslashreplace"))
