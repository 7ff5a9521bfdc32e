"""A lab as Mermaid: what is kept, and what no name breaks.

After a wanted change, write the pictures anew and read the diff: python -m tests.unit.console.test_topology
"""

import re
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from console.cards import FEW, MOST, cards
from console.changes import Fate
from console.legend import COLOURS, MEANING
from console.mermaid import MOST_WIRES, mermaid, text
from console.topology import LOCAL, Mark, Topology, topology_of
from tests.unit.console.topologies import LABS, guest, machine, network, preview, workers

CASES = Path(__file__).parents[2] / "cases" / "topology"
NODE = re.compile(r'    (n\d+)(\[|\(\[|\[\[|\[\()"([^"]*)"(\]|\]\)|\]\]|\)\])(:::[a-z]+)?')
WIRE = re.compile(r'  (n\d+) (---|===|-\.-)(\|"[^"|]*"\|)? (n\d+)')
OTHER = re.compile(
    r'%%\{init: \{"flowchart": [{}a-zA-Z":0-9, ]+\}%%|'
    r'flowchart LR|  accTitle: [A-Za-z0-9 ,;.:_-]*|  accDescr: [A-Za-z0-9 ,;.:_-]*|  subgraph h\d+\["[^"]*"\]'
    r'|    direction LR|  end|  (legend|note)\["[^"]*"\]|  classDef [a-z]+ [a-z0-9:#, -]+'
)
NAMES = st.text(st.characters(codec=None), min_size=1, max_size=30).map(lambda name: name.replace(":", ";"))
"""Without colons, which Pulumi keeps to itself: they part its URNs."""


def parsed(lines: list[str]) -> tuple[list[str], list[tuple[str, str]]]:
    """Nodes and wires; every line is of a form that is known."""
    found: list[str] = []
    wires: list[tuple[str, str]] = []
    for line in lines:
        if match := NODE.fullmatch(line):
            found.append(match[1])
        elif match := WIRE.fullmatch(line):
            wires.append((match[1], match[4]))
        else:
            assert OTHER.fullmatch(line), line
    assert len({*found}) == len(found)
    assert {end for wire in wires for end in wire} <= {*found}
    counts = Counter(line.split()[0] for line in lines)
    assert counts["subgraph"] == counts["end"]
    return found, wires


@pytest.mark.parametrize("name", LABS)
def test_kept(name: str) -> None:
    """The picture is the one that is kept."""
    lines = mermaid(LABS[name])
    parsed(lines)
    assert "\n".join(lines) + "\n" == (CASES / f"{name}.mmd").read_text("utf-8")


def test_every_kept_picture_is_of_a_lab() -> None:
    """And none is left over."""
    assert {path.stem for path in CASES.glob("*.mmd")} == {*LABS}


def test_order_of_steps() -> None:
    """The engine's order, which is another one each time, is not seen."""
    for lab in LABS.values():
        assert mermaid({**lab, "steps": lab["steps"][::-1]}) == mermaid(lab)


def test_what_is_lost_is_told() -> None:
    """A replaced guest's data, and a data disk that goes with its guest."""
    shown = "\n".join(mermaid(LABS["changes"]))
    assert '"c-lost<br/>1 CPU, 1GiB<br/>10.20.6.12<br/>replaced, data lost"]:::lost' in shown
    assert '"d-blank<br/>1 CPU, 1GiB<br/>10.20.6.13<br/>replaced, disks kept"]:::replaced' in shown
    assert '"b-old<br/>1 CPU, 1GiB<br/>disk data#58; destroyed<br/>10.20.6.11<br/>destroyed"]:::destroyed' in shown


def test_marks_are_fates() -> None:
    """What a preview says of a guest is what the picture says."""
    assert {*Fate} == {mark.value for mark in Mark} - {Mark.REMADE}
    assert [*MEANING] == [*COLOURS] == [mark for mark in Mark if mark != Mark.UNCHANGED]


@pytest.mark.parametrize("colour", COLOURS.values())
def test_contrast(colour: str) -> None:
    """White on it can be read: https://www.w3.org/TR/WCAG22/#contrast-minimum ."""
    assert 1.05 / (luminance(colour) + 0.05) >= 4.5


def luminance(colour: str) -> float:
    """Of `#rrggbb`: https://www.w3.org/TR/WCAG22/#dfn-relative-luminance ."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_few_guests_are_shown_one_by_one() -> None:
    """Alike as they are."""
    assert len(cards(topology_of(workers(FEW)))) == FEW
    (card,) = cards(topology_of(workers(FEW + 1)))
    assert (card.name, card.guests) == ("worker-1 to worker-13", 13)


def test_six_hundred_guests() -> None:
    """Six hundred alike ones are one node; as many that have nothing in common are few enough to read."""
    found, wires = parsed(mermaid(workers(600)))
    assert (len(found), len(wires)) == (2, 1)
    other = [guest("create", f"g{'x' * number}", cpus=number, address="10.20.0.9") for number in range(1, 600)]
    (card,) = cards(topology_of(preview(network("create"), *other)))
    assert card.guests == 599
    assert card.lines == ("599 guests", "599 sizes, as 1 CPU, 1GiB")


def test_too_many_networks() -> None:
    """Guests that are all on other networks are told together, with how many are on each."""
    networks = [network("same", f"n{number}", cidr=f"10.{number}.0.0/24") for number in range(MOST + 10)]
    guests = [guest("same", f"g{number}", nics={"x": f"network n{number}"}) for number in range(MOST + 10)]
    (card,) = cards(topology_of(preview(*networks, *guests)))
    assert {wire.label for wire in card.wires if wire.name} == {f"x (1 of {MOST + 10})"}


def test_more_wires_than_mermaid_draws() -> None:
    """Are told by their number."""
    nics = {f"n{number}": f"network n{number}" for number in range(50)}
    hosts = [
        part for host in "abcdefghi" for part in (machine("same", host), guest("same", host, host=host, nics=nics))
    ]
    found, wires = parsed(lines := mermaid(preview(*hosts)))
    assert (len(found), wires) == (9 * 52, [])
    assert f'  note["{9 * 51} links of guests to networks are not drawn"]' in lines
    assert MOST_WIRES < 500


def test_what_a_preview_does_not_tell() -> None:
    """A network that a cut preview has not got to is there by its name."""
    lab = topology_of(
        preview(guest("same", "web", nics={"s": "network storage at 10.3.0.1/24", "odd": "in words of another day"}))
    )
    assert [(rail.name, rail.detail) for rail in lab.rails] == [("six", "network"), ("storage", "network")]
    assert [host.name for host in lab.hosts] == [LOCAL]
    assert topology_of({}) == topology_of({"steps": None}) == Topology("", (), (), ())


@settings(deadline=None)
@given(NAMES, NAMES, NAMES)
def test_no_name_breaks_out(name: str, stack: str, address: str) -> None:
    """Whatever a name holds, each line stays what it is, and nothing is markup."""
    lab = preview(network("same", stack=stack), guest("create", name, stack=stack, address=address))
    lines = mermaid(lab)
    found, wires = parsed(lines)
    assert (len(found), wires) == (2, [("n1", "n2")])
    for line in lines:
        assert "<" not in line.replace("<br/>", "")


@settings(deadline=None)
@given(st.text(st.characters(codec=None)))
def test_text(told: str) -> None:
    """It is itself again, once its numbers are characters; none has another meaning to Mermaid's own markers."""
    shown = text(told)
    assert not {*shown} & {*'"<>&`*_[](){}|\\%\n\r\u202e\ufb02\xb0\xb6\xdf'}
    back = re.sub(r"#(\d+);", lambda found: chr(int(found[1])), shown)
    assert all(
        one == other or other == "\N{REPLACEMENT CHARACTER}" for one, other in zip(told[:199], back, strict=False)
    )


def _write() -> None:
    for name, lab in LABS.items():
        (CASES / f"{name}.mmd").write_text("\n".join(mermaid(lab)) + "\n", "utf-8")


if __name__ == "__main__":
    _write()
