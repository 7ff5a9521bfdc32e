"""Texts of others in Markdown, and names in few words."""

import pytest

from console.fitting import Part, Section, fit
from console.markdown import LONGEST, code, fence, html_code, prose
from console.visible import TAB, visible
from console.words import series


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("web", "`web`"),
        ("10.20.6.5", "`10.20.6.5`"),
        ("@all #1", "`@all #1`"),
        ("a|b", "<code>a&#124;b</code>"),
        ("a`b", "<code>a&#96;b</code>"),
        ("", "<code></code>"),
        (" a", "<code> a</code>"),
        ("a\nb\u202e", "`a\\u{a}b\\u{202e}`"),
        ("x" * (LONGEST + 1), f"`{'x' * LONGEST}`… (201 characters)"),
    ],
)
def test_code(text: str, expected: str) -> None:
    """As code where that can be, else by numbers."""
    assert code(text) == expected


def test_html_code() -> None:
    """Where Markdown is not read, only HTML means anything."""
    assert html_code("a|`b` <i>&\u200b") == "<code>a|`b` &lt;i&gt;&amp;\\u{200b}</code>"


@pytest.mark.parametrize(
    "text", ["memory", "NIC san goes", "3.5GiB (100%)", "1GiB → 2GiB", "10.20.6.0/24", "it's, so; and"]
)
def test_prose(text: str) -> None:
    """What means nothing to Markdown stays as it is."""
    assert prose(text) == text


@pytest.mark.parametrize("text", ["1. one", "2)", "- one", " x", "a_b", "GH-7", "www.a.b", ":tada:", "4dabf18", "<b>"])
def test_not_prose(text: str) -> None:
    """What might is code."""
    assert prose(text) != text


def test_fence() -> None:
    """It is longer than any in the text."""
    assert fence(["a", "``"]) == "```"
    assert fence(["a", " ```` b"]) == "`````"


def test_visible() -> None:
    """What can be seen stays."""
    assert visible("é☃ a\tb", TAB) == "é☃ a\tb"
    assert visible("a\tb\x1b[0m") == "a\\u{9}b\\u{1b}[0m"


def test_series() -> None:
    """Three and more in a row are told by their ends."""
    assert series(["b-10", "b-9", "b-11", "a-2", "a-1", "c", "b-08", "d-1", "d-3"]) == [
        ("a-1",),
        ("a-2",),
        ("b-08",),
        ("b-9", "b-11"),
        ("c",),
        ("d-1",),
        ("d-3",),
    ]


def test_fit() -> None:
    """What matters least goes first, from its end on, and each cut says so."""
    rows, hunks = [f"row {number}\n" for number in range(4)], [f"hunk {number}\n" for number in range(4)]
    parts = [Part(hunks, "<", ">\n"), Part(["last\n"], "<", ">\n")]
    sections = [Section(parts, 2, ("hunk", "hunks")), Section([Part(rows, "head\n")], 1), Section([], 3)]
    whole = fit(sections, 1000, "`make`")
    assert whole == f"<{''.join(hunks)}>\n\n<last\n>\n\nhead\n{''.join(rows)}\n"
    cut = fit(sections, 204, "`make`")
    assert cut == (
        "<hunk 0\nhunk 1\nhunk 2\n>\n\n_2 hunks of 5 are left out here, for want of room;_ `make` _shows all._\n\n"
        f"head\n{''.join(rows)}\n"
    )
    assert fit(sections, 170, "`make`").startswith("\n_5 hunks of 5 are left out here")
    for room in range(200, 300):
        assert len(fit(sections, room, "`make`")) <= room
