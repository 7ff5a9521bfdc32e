"""A lab as SVG: what is kept, that nothing covers anything else or is wider than its box, and what no name breaks.

After a wanted change, write the pictures anew and look at them: python -m tests.unit.console.test_svg
"""

import re
from itertools import combinations
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from console import graph, rails
from console.legend import printable
from console.rails import CELL, NARROW, PAD, WIDE, Box, Picture, cells, picture, wrapped
from console.svg import svg
from console.topology import Mark, topology_of
from tests.unit.console.topologies import LABS, guest, machine, network, preview, workers

CASES = Path(__file__).parents[2] / "cases" / "topology"
SPACE = "{http://www.w3.org/2000/svg}"
KNOWN = {"svg", "title", "desc", "style", "rect", "g", "text", "path", "line", "circle"}
GIVEN = {
    *("aria-labelledby", "class", "cx", "cy", "d", "height", "id", "lengthAdjust", "r", "role", "rx"),
    *("stroke-dasharray", "textLength", "viewBox", "width", "x", "x1", "x2", "y", "y1", "y2"),
}
NAMES = st.text(st.characters(codec=None), min_size=1, max_size=80).map(lambda name: name.replace(":", ";"))
"""Without colons, which Pulumi keeps to itself: they part its URNs."""


def check(text: str, shown: Picture) -> ElementTree.Element:
    """It is well-formed, has nothing that acts or is elsewhere, and everything has its place."""
    root = ElementTree.fromstring(text)  # noqa: S314 (made here)
    elements = [*root.iter()]
    assert {element.tag.removeprefix(SPACE) for element in elements} <= KNOWN
    assert {key for element in elements for key in element.attrib} <= GIVEN
    style = root.find(f"{SPACE}style")
    assert style is not None
    assert not re.search(r"url|import|expression|</|http", style.text or "")
    assert [element.text for element in root[:2]] == [shown.title, shown.summary]
    whole = Box(0, 0, shown.width, shown.height, "", shown.labels)
    for box in (whole, *shown.frames, *shown.boxes):
        for label in box.labels:
            # A mark has ground around it.
            around = PAD // 2 if label.mark != Mark.UNCHANGED else 0
            assert box.x <= label.x - around
            assert label.x + cells(label.text) * CELL + around <= box.x + box.width
            assert box.y + rails.ROW // 2 <= label.y <= box.y + box.height - rails.ROW // 2
    for one, other in combinations(shown.boxes, 2):
        assert apart(one, other)
    for one, other in combinations(shown.frames, 2):
        assert apart(one, other)
    for box in shown.boxes:
        assert any(within(box, frame) for frame in shown.frames)
    lines = [across.y for across in shown.acrosses]
    assert len({*lines}) == len(lines)
    for across in shown.acrosses:
        # Its end is on a rail.
        assert any(up.x == across.right and up.top <= across.y <= up.bottom for up in shown.uprights)
    places = [(up.x, up.top) for up in shown.uprights]
    assert len({*places}) == len(places)
    return root


def apart(one: Box, other: Box) -> bool:
    """Whether none covers the other, by a hand's breadth."""
    return one.y + one.height < other.y or other.y + other.height < one.y


def within(box: Box, frame: Box) -> bool:
    """Whether it is in it."""
    return (
        frame.x < box.x
        and box.x + box.width < frame.x + frame.width
        and frame.y < box.y
        and box.y + box.height < frame.y + frame.height
    )


@pytest.mark.parametrize("name", LABS)
def test_kept(name: str) -> None:
    """The picture is the one that is kept."""
    shown = topology_of(LABS[name])
    text = svg(shown)
    check(text, picture(shown))
    assert text == (CASES / f"{name}.svg").read_text("utf-8")
    assert text == svg(topology_of({**LABS[name], "steps": LABS[name]["steps"][::-1]}))


def test_every_kept_picture_is_of_a_lab() -> None:
    """And none is left over."""
    assert {path.stem for path in CASES.glob("*.svg")} == {*LABS}


def test_it_fits_a_phone() -> None:
    """A lab with a few networks is no wider than the screen of one, and a larger lab is no wider."""
    widest = (WIDE * CELL + 6 * PAD) + PAD
    assert picture(topology_of(LABS["six"])).width <= widest + rails.STEP <= 400
    assert picture(topology_of(workers(600))).width <= 400


def test_light_and_dark() -> None:
    """The theme is up to who looks."""
    text = svg(topology_of(LABS["six"]))
    assert text.count("prefers-color-scheme:dark") == 1
    before, after = text.split("prefers-color-scheme:dark")
    for kind in ("ground", "frame", "box", "rail", "dot", "gap", "text"):
        assert re.search(rf"\.?{kind}\b[^{{]*{{", before)
        assert re.search(rf"\.?{kind}\b[^{{]*{{", after)


@given(st.text(st.characters(codec=None), max_size=120), st.integers(NARROW, WIDE))
def test_wrapped(text: str, most: int) -> None:
    """Lines are no longer than they may be, and nothing but space between them is lost."""
    lines = wrapped(text, most)
    assert all(cells(line) <= most for line in lines)
    assert "".join(lines).replace(" ", "") == printable(text).replace(" ", "")


@settings(deadline=None, max_examples=60)
@given(NAMES, NAMES, NAMES, NAMES, NAMES)
def test_no_name_breaks_out(name: str, stack: str, address: str, nic: str, host: str) -> None:
    """Whatever a name holds, it is text."""
    shown = topology_of(
        preview(
            network("same", stack=stack),
            machine("create", host, stack=stack),
            guest("create", name, stack=stack, address=address, nics={nic: f"bridge {address}"}),
            guest("same", f"{name}2", stack=stack, host=host, address=address),
        )
    )
    check(svg(shown), picture(shown))


PLANTED = "</svg><script>alert(1)</script><svg onload='alert(1)'>"


def test_a_planted_script_is_text() -> None:
    """And stands there as such."""
    shown = topology_of(preview(guest("create", PLANTED, address=']]>"><!--')))
    root = check(svg(shown), picture(shown))
    texts = "".join(element.text or "" for element in root.iter(f"{SPACE}text"))
    assert PLANTED.replace(" ", "") in texts.replace(" ", "")


@settings(deadline=None, max_examples=30)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["create", "delete", "update", "replace", "same"]),
            st.sampled_from(["", "nas", "root@far"]),
            st.dictionaries(
                st.sampled_from(["a", "b", "c"]),
                st.sampled_from(["network storage at 10.3.0.1/24", "bridge br0", "interface eth1 by DHCP"]),
            ),
        ),
        max_size=30,
    )
)
def test_any_lab(parts: list[tuple[str, str, dict[str, str]]]) -> None:
    """Guests of all fates, on several hosts, with NICs here and there."""
    guests = [
        guest(operation, f"g-{number}", {"nics": {}}, host, nics=nics)
        for number, (operation, host, nics) in enumerate(parts)
    ]
    shown = topology_of(preview(network("same"), *guests))
    check(svg(shown), picture(shown))


def test_files(tmp_path: Path) -> None:
    """They are written where they belong, whole, in place of older ones, and no others."""
    directory = tmp_path / "graphs"
    for lab in ("quickstart", "six"):
        paths = graph.write(LABS[lab], directory, "organization/kvmlab/mine")
        assert paths == [directory / "mine.mmd", directory / "mine.svg"]
        assert [path.read_text("utf-8") for path in paths] == [
            (CASES / f"{lab}.{suffix}").read_text("utf-8") for suffix in ("mmd", "svg")
        ]
        assert {*directory.iterdir()} == {*paths}


def _write() -> None:
    for name, lab in LABS.items():
        (CASES / f"{name}.svg").write_text(svg(topology_of(lab)), "utf-8")


if __name__ == "__main__":
    _write()
