"""Several files travel as one text. That host/lib.sh takes it apart again: tests/engine/test_unpack.py."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.archive import pack

LINES = st.lists(st.text(st.characters(exclude_characters="\n", exclude_categories=["Cs"])))


@given(st.dictionaries(st.text("abcdefgh-.", min_size=1), LINES))
def test_pack(files: dict[str, list[str]]) -> None:
    """Each name stands before its lines with their number, whatever is in them."""
    packed = pack({name: "".join(f"{line}\n" for line in lines) for name, lines in files.items()})
    rest = packed.split("\n")
    for name, lines in files.items():
        assert rest[: len(lines) + 1] == [f"{name} {len(lines)}", *lines]
        rest = rest[len(lines) + 1 :]
    assert rest == [""]


def test_packed_text_never_changes() -> None:
    """Another text for the same files would be a change to every guest."""
    assert pack({"a": "x\ny\n", "empty": "", "b": "z\n"}) == "a 2\nx\ny\nempty 0\nb 1\nz\n"


def test_a_line_that_does_not_end() -> None:
    """It would come out with an end, so it is not let in."""
    with pytest.raises(ValueError, match="key"):
        pack({"key": "x"})
