"""Has Pulumi preview a stack, or takes what it printed elsewhere, and says what that means, as text or as a comment."""

import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from console import refusals, runs, text
from console.comment import comment, failure
from console.reading import UnreadableError, read
from console.running import refuse
from console.steps import Json


class Ended(NamedTuple):
    """A preview that Pulumi has made, or has not."""

    stack: str
    status: int
    printed: bytes
    said: str
    """On stderr: beside what it printed, or why it did not begin."""

    def preview(self) -> Json:
        """What it printed.

        Raises:
            UnreadableError: if that is no preview.
        """
        return read(_decoded(self.printed), f"stack {self.stack}")


def run(stack: str, *flags: str) -> Ended:
    """Have Pulumi preview a stack; what it says beside a preview is handed on.

    Args:
        stack: which.
        flags: what else Pulumi is given.
    """
    command = ["pulumi", "preview", "--stack", stack, "--non-interactive", "--json", "--show-sames", *flags]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False)  # noqa: S603 (no shell)
    said = _decoded(done.stderr)
    if done.stdout:
        sys.stderr.write(said)
    return Ended(stack, done.returncode, done.stdout, said)


def show(stack: str, *flags: str) -> int:
    """Say what `up` would do, or what keeps it from that; Pulumi's exit status."""

    def tell(told: Json, _status: int) -> None:
        _print([*text.marks(told), *([*text.errors(told)] or [*text.lines(told), *text.said(told)])])

    return looked(stack, flags, tell)


def looked(stack: str, flags: Sequence[str], tell: Callable[[Json, int], None]) -> int:
    """Preview, and tell what it shows, or say in a line why it shows nothing; Pulumi's exit status.

    Args:
        stack: the stack.
        flags: for Pulumi.
        tell: is given what was shown, and that status.
    """
    ended = run(stack, *flags)
    if not ended.printed:
        refuse(stack, ended.said)
        return ended.status
    try:
        told = ended.preview()
    except UnreadableError as error:
        return refused(error)
    tell(told, ended.status)
    return ended.status


def show_comment(stack: str, *arguments: str) -> int:
    """The same as Markdown, also if the preview failed: a reviewer is told why.

    Args:
        stack: the stack.
        arguments: one that is no flag is a file with what Pulumi printed, `-` is stdin; else Pulumi is given them.
    """
    if arguments and (arguments[0] == "-" or not arguments[0].startswith("-")):
        return _from_file(stack, arguments[0])
    ended = run(stack, *arguments)
    if not ended.printed and ended.status:
        # There is no such stack, its state is damaged or a newer version's.
        lines = refusals.explained(stack, ended.said, runs.here())
        errors = "\n".join(lines) or ended.said.strip() or f"pulumi ended with status {ended.status} and said nothing"
        sys.stderr.write(f"{errors}\n")
        _print([failure([errors.removeprefix("error: ")], stack)], end="")
        return ended.status
    try:
        told = ended.preview()
    except UnreadableError as error:
        return refused(error)
    _print([comment(told, stack)], end="")
    return ended.status


def refused(error: UnreadableError) -> int:
    """Say what is wrong with what was printed; the exit status."""
    sys.stderr.write(f"error: {error}\n")
    return 1


def _from_file(stack: str, name: str) -> int:
    source = "stdin" if name == "-" else name
    try:
        found = sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
        told = read(_decoded(found), source)
    except OSError as error:
        sys.stderr.write(f"error: {source}: must be a file to read, got {error.strerror}; name another\n")
        return 1
    except UnreadableError as error:
        return refused(error)
    _print([comment(told, stack)], end="")
    return 0


def _decoded(found: bytes) -> str:
    return found.decode("utf-8-sig", "replace")


def _print(lines: list[str], end: str = "\n") -> None:
    """In UTF-8 whatever the locale is, since a comment is sent as it is."""
    sys.stdout.buffer.write("".join(f"{line}{end}" for line in lines).encode("utf-8", "backslashreplace"))
