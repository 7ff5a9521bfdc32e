"""A lab's topology as a Mermaid flowchart: what hangs on what, and what changes of it. Pure.

https://mermaid.js.org/syntax/flowchart.html
"""

import re
from collections.abc import Iterator, Sequence

from console.cards import Card, Wire, cards
from console.changes import Json
from console.legend import COLOURS, DASHED, MEANING, is_empty, machine, marks, printable, summary, title
from console.topology import Host, Kind, Mark, Plug, RailKey, Topology, topology_of

MOST_WIRES = 400
"""Mermaid draws 500 at most, unless whoever shows it has said otherwise."""
_WIRES = {Plug.STAYS: "---", Plug.COMES: "===", Plug.GOES: "-.-"}
_SHAPES = {Kind.NETWORK: ("([", "])"), Kind.DISK: ("[(", ")]")}
_CLOSE = '%%{init: {"flowchart": {"nodeSpacing": 24, "subGraphTitleMargin": {"bottom": 16}}}}%%'
"""For screens of phones: half of the room that is Mermaid's own choice between guests."""
_OTHERWISE = re.compile(r"[^A-Za-z0-9 ,./:…→-]|[.:-](?=[ ]|$)")
"""What means something to Mermaid, HTML or Markdown, as a number, a point and a space do."""

Ids = dict[RailKey | int, str]
"""Names of nodes, of rails by key and of cards by index."""


def mermaid(preview: Json) -> list[str]:
    """Lines of a Mermaid flowchart: each host a frame, in it its networks, and guests that hang on them.

    Alike guests of large labs are one node: cards.cards has the rule. What changes is named in words, and coloured; a
    thick line comes, a dotted one goes. Nodes are n1, n2 and so on, in an order that follows from the lab alone.
    """
    topology = topology_of(preview)
    shown, ids = cards(topology), Ids()
    lines = [_CLOSE, "flowchart LR", f"  accTitle: {_bare(title(topology))}", f"  accDescr: {_bare(summary(topology))}"]
    for number, host in enumerate(topology.hosts, 1):
        lines += [
            f'  subgraph h{number}["{text(machine(host))}"]',
            "    direction LR",
            *_inside(host, topology, shown, ids),
            "  end",
        ]
    called = {rail.key: rail.name for rail in topology.rails}
    wires = [
        f"  {ids[wire.rail]} {_WIRES[wire.plug]}{_told(wire, called[wire.rail])} {ids[index]}"
        for index, card in enumerate(shown)
        for wire in card.wires
    ]
    if len(wires) > MOST_WIRES:
        wires = [f'  note["{len(wires)} links of guests to networks are not drawn"]']
    return lines + wires + [*_legend(marks(topology, shown))]


def text(told: str) -> str:
    """A text that stays one in Mermaid, in HTML and in Markdown, whatever is in it."""
    return _OTHERWISE.sub(lambda found: f"#{ord(found[0])};", printable(told))


def _bare(told: str) -> str:
    """The same where Mermaid knows of no numbers for characters."""
    return re.sub(r"[^A-Za-z0-9 ,;.:-]", "_", printable(told))


def _inside(host: Host, topology: Topology, shown: Sequence[Card], ids: Ids) -> Iterator[str]:
    """What is on a host; the ids of that are added."""
    for rail in topology.rails:
        if rail.key.host == host.name:
            ids[rail.key] = f"n{len(ids) + 1}"
            yield _node(ids[rail.key], [rail.name, rail.detail], rail.mark, *_SHAPES.get(rail.key.kind, ("[[", "]]")))
    for index, card in enumerate(shown):
        if card.host == host.name:
            ids[index] = f"n{len(ids) + 1}"
            addresses = [wire.label for wire in card.wires if wire.label != wire.name]
            yield _node(ids[index], [card.name, *card.lines, *addresses], card.mark)
    if is_empty(host, topology):
        ids[-len(ids) - 1] = name = f"n{len(ids) + 1}"
        yield _node(name, ["hypervisor"], host.mark)


def _node(name: str, lines: Sequence[str], mark: Mark, opening: str = "[", closing: str = "]") -> str:
    told = [*lines, mark] if mark != Mark.UNCHANGED else lines
    label = "<br/>".join(text(line) for line in told if line)
    return f'    {name}{opening}"{label}"{closing}{_class(mark)}'


def _class(mark: Mark) -> str:
    return f":::{mark.name.lower()}" if mark != Mark.UNCHANGED else ""


def _told(wire: Wire, rail: str) -> str:
    """Of a further NIC, which, unless it is called as what it leads to."""
    words = ["" if wire.name == rail else wire.name, "" if wire.plug == Plug.STAYS else wire.plug]
    told = text(" ".join(filter(None, words)))
    return f'|"{told}"|' if told else ""


def _legend(found: Sequence[Mark]) -> Iterator[str]:
    """What the words mean, and how they look."""
    if found:
        told = "<br/>".join(text(f"{mark}: {MEANING[mark]}") for mark in found)
        yield f'  legend["{told}"]'
    for mark in found:
        look = f"fill:{COLOURS[mark]},color:#ffffff,stroke:#ffffff,stroke-width:2px"
        yield f"  classDef {mark.name.lower()} {look}{',stroke-dasharray:6 4' if mark in DASHED else ''}"
