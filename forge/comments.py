"""The one comment that a stack has on a pull request: made, changed in place, and made one again."""

import re
from collections.abc import Collection
from typing import NamedTuple, Protocol

from forge import ForgeError, UnsureError

TRIES = 5
_MARKER = re.compile(r"<!-- kvmlab preview: (\S+) -->")


class Comment(NamedTuple):
    """One that is there."""

    identity: int
    author: str
    body: str


class Comments(Protocol):
    """Those of one pull request."""

    def authors(self) -> frozenset[str]:
        """Whose are ours."""
        ...

    def comments(self) -> list[Comment]:
        """All."""
        ...

    def create(self, body: str) -> None:
        """Make one."""
        ...

    def edit(self, identity: int, body: str) -> bool:
        """Change one; false where it is gone."""
        ...

    def delete(self, identity: int) -> bool:
        """Take one away; false where it was gone."""
        ...


def marker(stack: str) -> str:
    """The first line of a stack's comment."""
    return f"<!-- kvmlab preview: {stack} -->"


def text(stack: str, told: str) -> str:
    """What is to be said, of what a preview printed: from the marker on.

    Raises:
        ForgeError: it does not hold this stack's comment.
    """
    lines = told.replace("\r\n", "\n").split("\n")
    if marker(stack) not in lines:
        raise ForgeError(f"stack {stack}: must be given its comment, got none that begins with {marker(stack)}")
    return "\n".join(lines[lines.index(marker(stack)) :]).rstrip() + "\n"


def unmade(stack: str) -> str:
    """What is said of a stack whose preview could not be begun: what was said before is of another commit."""
    what = f"**`{stack}`: no preview could be made.** What would change is not known; the log of the run says why."
    return f"{marker(stack)}\n{what}\n"


def farewell(stack: str) -> str:
    """What is said of a stack whose config a pull request deletes."""
    return (
        f"{marker(stack)}\n**`{stack}`: its config is deleted, and what it made stays**: guests, disks and networks go "
        "on as they are, and no run looks after them any more. "
        f"To have them gone, run `make destroy STACK={stack}` before this is merged.\n"
    )


def untouched(stack: str) -> str:
    """What is said of a stack that a pull request touched before."""
    return f"{marker(stack)}\n`{stack}`: not touched by this pull request any more.\n"


def settle(api: Comments, touched: Collection[str], gone: Collection[str]) -> list[str]:
    """Say what is true of the stacks that have no preview; those of which something was said."""
    authors = api.authors()
    found = [_MARKER.fullmatch(_lines(comment.body)[0]) for comment in api.comments() if comment.author in authors]
    others = {match[1] for match in found if match} - {*touched, *gone}
    texts = {stack: farewell(stack) for stack in gone} | {stack: untouched(stack) for stack in others}
    return [stack for stack, text in sorted(texts.items()) if publish(api, stack, text) != "unchanged"]


def publish(api: Comments, stack: str, body: str) -> str:
    """See to it that there is one comment, with this text; what was done.

    Two runs at once end with one comment too: each looks again after it has made one, and the newest stays.
    """
    authors = api.authors()
    why = "it is deleted each time"
    for _ in range(TRIES):
        older, newest = _ours(api, authors, stack)
        if newest is None:
            try:
                api.create(body)
            except UnsureError as error:
                why = str(error)
                continue  # a look at the list tells
            older, _ = _ours(api, authors, stack)
            done = "created"
        elif _same(newest.body, body):
            done = "unchanged"
        elif api.edit(newest.identity, body):
            done = "changed"
        else:
            continue  # somebody has just deleted it
        for comment in older:
            api.delete(comment.identity)
        return done
    raise ForgeError(f"stack {stack}: its comment does not stay: {why}; tried {TRIES} times, run the job again later")


def _ours(api: Comments, authors: Collection[str], stack: str) -> tuple[list[Comment], Comment | None]:
    """Those of the stack, by ourselves, that begin with the marker: the older ones, and the newest."""
    first = marker(stack)
    found = sorted(c for c in api.comments() if c.author in authors and _lines(c.body)[:1] == [first])
    return (found[:-1], found[-1]) if found else ([], None)


def _same(one: str, other: str) -> bool:
    return _lines(one.rstrip()) == _lines(other.rstrip())


def _lines(body: str) -> list[str]:
    """Servers may keep other line ends than they were given."""
    return body.replace("\r\n", "\n").split("\n")
