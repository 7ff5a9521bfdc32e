"""Where things stand in a picture of a lab: a card for each guest, below each other, and a rail for each network. Pure.

A lab has networks and what hangs on them, and nothing else: so what is shared stands upright on the right, and a card's
NICs lead there, each on a straight line of its own. Where two lines cross, they do not meet; a dot is where they do.
"""

import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from console.cards import Card, Wire, cards
from console.legend import MEANING, is_empty, machine, marks, printable, summary, title
from console.topology import Host, Mark, Plug, Rail, RailKey, Topology

CELL = 8
"""Width of a character of a fixed pitch: no usual font at FONT pixels has a wider one."""
FONT = 12.8
ROW = 19
"""Height of a line of text."""
PAD = 10
"""Between a box and what is in it, or beside it."""
NARROW, WIDE = 24, 36
"""Characters in a line, at least and at most."""
STEP = 20
"""From rail to rail."""


@dataclass(frozen=True)
class Label:
    """A line of text; of its mark, it is in white on that colour."""

    x: int
    y: int
    """Of its middle."""
    text: str
    is_bold: bool = False
    mark: Mark = Mark.UNCHANGED


@dataclass(frozen=True)
class Box:
    """A card, a network, or a host's frame around both."""

    x: int
    y: int
    width: int
    height: int
    name: str
    """All of it, for those who do not see it."""
    labels: tuple[Label, ...]
    mark: Mark = Mark.UNCHANGED
    is_rail: bool = False
    """Whether a rail begins there."""


@dataclass(frozen=True)
class Upright:
    """A rail: from the box that names it to the right, and down."""

    rail: Rail
    left: int
    x: int
    top: int
    bottom: int


@dataclass(frozen=True)
class Across:
    """A NIC's line from its card to a rail."""

    left: int
    right: int
    y: int
    plug: Plug
    name: str


@dataclass(frozen=True)
class Picture:
    """All of it; the size in pixels."""

    width: int
    height: int
    title: str
    summary: str
    labels: tuple[Label, ...]
    frames: tuple[Box, ...]
    boxes: tuple[Box, ...]
    uprights: tuple[Upright, ...]
    acrosses: tuple[Across, ...]


def picture(topology: Topology) -> Picture:
    """Lay a lab out; alike guests of large ones are one card, by the rule of cards.cards."""
    shown = cards(topology)
    most = _width(topology, shown)
    rails = max((sum(rail.key.host == host.name for rail in topology.rails) for host in topology.hosts), default=0)
    inner = most * CELL + 2 * PAD
    width = inner + 4 * PAD + (rails * STEP + PAD if rails else 0)
    labels = [*_labels(2 * PAD, PAD, [(title(topology), True), (summary(topology), False)], width // CELL - 5)]
    y = PAD + (len(labels) + 1) * ROW
    frames: list[Box] = []
    boxes: list[Box] = []
    uprights: list[Upright] = []
    acrosses: list[Across] = []
    for host in topology.hosts:
        part = _Part(host, topology, shown, most, y)
        frames.append(Box(PAD, y, width - 2 * PAD, part.bottom - y, machine(host), part.heading))
        boxes += part.boxes
        uprights += part.uprights
        acrosses += part.acrosses
        y = part.bottom + PAD
    legend = [*_legend(marks(topology, shown), {each.plug for each in acrosses}, y + PAD, width // CELL - 5)]
    bottom = max([y, *(label.y + ROW for label in legend)])
    return Picture(
        width,
        bottom + PAD,
        title(topology),
        summary(topology),
        (*labels, *legend),
        tuple(frames),
        tuple(boxes),
        tuple(uprights),
        tuple(acrosses),
    )


class _Part:
    """A host: its frame's heading, what is in the frame, and where it ends."""

    def __init__(self, host: Host, topology: Topology, shown: Sequence[Card], most: int, top: int) -> None:
        self.boxes: list[Box] = []
        self.acrosses: list[Across] = []
        self._most, self._x = most, 2 * PAD
        self._right = self._x + most * CELL + 2 * PAD
        rails = [rail for rail in topology.rails if rail.key.host == host.name]
        # The first is the farthest: so no rail begins with a line across another.
        places = {rail.key: self._right + (len(rails) - number) * STEP for number, rail in enumerate(rails)}
        self.heading = tuple(_labels(self._x, top + PAD, [(machine(host), True)], most))
        self._y = top + PAD + len(self.heading) * ROW + PAD
        starts: dict[RailKey, int] = {}
        for rail in rails:
            box = self._box([(rail.name, True), (rail.detail, False)], rail.mark, is_rail=True)
            starts[rail.key] = box.y + box.height // 2
        ends = dict(starts)
        for card in shown:
            if card.host == host.name:
                self._card(card, places, ends)
        if is_empty(host, topology):
            self._box([("hypervisor", True)], host.mark)
        self.uprights = [
            Upright(rail, self._right, places[rail.key], starts[rail.key], ends[rail.key]) for rail in rails
        ]
        self.bottom = self._y

    def _box(
        self, texts: Sequence[tuple[str, bool]], mark: Mark, after: Sequence[str] = (), *, is_rail: bool = False
    ) -> Box:
        """The next one downwards, as high as it must be; `after` stands below its mark."""
        top = self._y + PAD
        labels = [*_labels(self._x + PAD, top, texts, self._most)]
        if mark != Mark.UNCHANGED:
            labels.append(Label(self._x + PAD, top + len(labels) * ROW + ROW // 2, mark, mark=mark))
        labels += _labels(self._x + PAD, top + len(labels) * ROW, [(text, False) for text in after], self._most)
        height = len(labels) * ROW + 2 * PAD
        name = "; ".join(printable(text) for text in (*(text for text, _ in texts), *_words(mark), *after))
        box = Box(self._x, self._y, self._right - self._x, height, name, tuple(labels), mark, is_rail)
        self.boxes.append(box)
        self._y += height + PAD
        return box

    def _card(self, card: Card, places: dict[RailKey, int], ends: dict[RailKey, int]) -> None:
        told = [_told(wire) for wire in card.wires]
        box = self._box([(card.name, True), *((line, False) for line in card.lines)], card.mark, told)
        lengths = [len(wrapped(text, self._most)) for text in told]
        first = len(box.labels) - sum(lengths)
        for number, wire in enumerate(card.wires):
            y = box.labels[first + sum(lengths[:number])].y
            name = f"{card.name}: {told[number]} on {wire.rail.kind} {wire.rail.source}"
            self.acrosses.append(Across(self._right, places[wire.rail], y, wire.plug, printable(name)))
            ends[wire.rail] = y


def wrapped(text: str, most: int) -> list[str]:
    """Lines of so many cells at most, and all of the text: broken at spaces, within a word only if that is too long."""
    lines = [""]
    for word in printable(text).split(" "):
        rest = word
        if cells(f"{lines[-1]} {rest}") <= most:
            lines[-1] = f"{lines[-1]} {rest}" if lines[-1] else rest
            continue
        lines += [""] if lines[-1] else []
        while cells(rest) > most:
            lines[-1] = _start(rest, most)
            rest = rest[len(lines[-1]) :]
            lines.append("")
        lines[-1] = rest
    return [line for line in lines if line] or [""]


def cells(text: str) -> int:
    """How wide a text is, in characters of a fixed pitch."""
    return sum(2 if unicodedata.east_asian_width(each) in "WF" else 1 for each in text)


def _start(word: str, most: int) -> str:
    """As much of it as there is room for."""
    size = most
    while cells(word[:size]) > most:
        size -= 1
    return word[:size]


def _labels(x: int, top: int, texts: Iterable[tuple[str, bool]], most: int) -> Iterator[Label]:
    lines = [(line, is_bold) for text, is_bold in texts for line in wrapped(text, most)]
    for number, (line, is_bold) in enumerate(lines):
        yield Label(x, top + number * ROW + ROW // 2, line, is_bold)


def _width(topology: Topology, shown: Sequence[Card]) -> int:
    """Of the longest text, within bounds."""
    texts = [text for rail in topology.rails for text in (rail.name, rail.detail)]
    texts += [text for card in shown for text in (card.name, *card.lines, *map(_told, card.wires))]
    texts += [machine(host) for host in topology.hosts]
    return min(WIDE, max([NARROW, *(cells(printable(text)) for text in texts)]))


def _told(wire: Wire) -> str:
    """Of a NIC, in its row of the card."""
    return " ".join(filter(None, [wire.label, *([f"({wire.plug})"] if wire.plug != Plug.STAYS else [])]))


def _words(mark: Mark) -> list[str]:
    return [mark] if mark != Mark.UNCHANGED else []


def _legend(found: Sequence[Mark], plugs: set[Plug], top: int, most: int) -> Iterator[Label]:
    """What the words mean, and what thick and dashed lines do."""
    y, x = top, 2 * PAD
    for mark in found:
        yield Label(x + PAD // 2, y + ROW // 2, mark, mark=mark)
        y += ROW
        lines = [*_labels(x, y, [(MEANING[mark], False)], most)]
        yield from lines
        y += len(lines) * ROW + PAD // 2
    lines = {Plug.COMES: "a thick line comes", Plug.GOES: "a dashed line goes"}
    yield from _labels(x, y, [(words, False) for plug, words in lines.items() if plug in plugs], most)
