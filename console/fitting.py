"""A text that must not be too long, by a rule: what matters least goes first, in whole pieces, and it is said. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

_BETWEEN = "\n"
"""What stands between two parts."""


@dataclass(frozen=True)
class Part:
    """Pieces that stand in something, as rows in a table or hunks in a fence: the first ones stay longest."""

    pieces: Sequence[str]
    head: str = ""
    tail: str = ""


@dataclass(frozen=True)
class Section:
    """Parts that are about one subject."""

    parts: Sequence[Part]
    rank: int
    """What has a lower one matters more."""
    pieces: tuple[str, str] = ("row", "rows")
    """What one piece of it is called, and several."""

    @property
    def count(self) -> int:
        """Of its pieces."""
        return sum(len(part.pieces) for part in self.parts)


def fit(sections: Sequence[Section], room: int, pointer: str) -> str:
    """The sections in their order, in so many characters.

    Room is given to one section after the other by rank, and in each to piece after piece until one finds no room. Of
    a part, what follows that piece goes too; further parts and sections are shown as far as they fit.

    Args:
        sections: all that there is to say.
        room: how many characters there are.
        pointer: where all of it is to be read.
    """
    used = [section for section in sections if section.count]
    # Each may have to say that it is cut.
    room -= sum(len(_whole([], _cut(section, max(2, section.count), pointer))) for section in used)
    told: dict[int, str] = {}
    for number, section in sorted(enumerate(used), key=lambda each: each[1].rank):
        shown, left, room = _take(section, room)
        told[number] = _whole(shown, _cut(section, left, pointer) if left else "")
    return "".join(told[number] for number in sorted(told))


def _take(section: Section, room: int) -> tuple[list[str], int, int]:
    """Of a section: what is shown, how many pieces are not, and the room that is left."""
    shown: list[str] = []
    left = 0
    for part in section.parts:
        around, taken = len(part.head) + len(part.tail) + len(_BETWEEN), 0
        for piece in part.pieces:
            if len(piece) + around > room:
                break
            room -= len(piece) + around
            around = 0
            taken += 1
        left += len(part.pieces) - taken
        if taken:
            shown.append(f"{part.head}{''.join(part.pieces[:taken])}{part.tail}")
    return shown, left, room


def _whole(shown: Sequence[str], cut: str) -> str:
    return f"{_BETWEEN.join(shown)}{cut}\n"


def _cut(section: Section, left: int, pointer: str) -> str:
    one, several = section.pieces
    what = f"{left} {one if left == 1 else several} of {section.count} {'is' if left == 1 else 'are'}"
    return f"\n_{what} left out here, for want of room;_ {pointer} _shows all._\n"
