"""Pins are found in the catalogue's text, and changed in it to the letter."""

import pytest

from images.lock import LockError
from images.lock.catalogue import read, rewrite

TEXT = """\
# a comment: https://example.org/1/a-1.qcow2
one: {checksums: SUMS, stream: "https://example.org/{version}/a-{version}.qcow2", # not here
  amd64: {sha256: '11aa', url: https://example.org/1/a-1.qcow2}}\r

two:
  stream:   https://example.org/b-{version}.{machine}   # the newest
  checksums: '{file}.sha512'
  other: [kept, as it is]
  arm64:
    url: "https://example.org/b-2.aarch64"
    sha512: 11aa   # the same digest
"""
WHOLE = "must give one a stream, checksums, and for amd64 a url and a sha512 or sha256"


def test_pins_and_places() -> None:
    """Whatever the style, a pin's values are where they stand."""
    one, two = read(TEXT)
    assert (one.image, one.architecture, one.algorithm, one.versions) == ("one", "amd64", "sha256", {"version": "1"})
    assert (two.image, two.architecture, two.algorithm, two.versions) == ("two", "arm64", "sha512", {"version": "2"})
    for value in (one.url, one.digest, two.url, two.digest):
        assert TEXT[value.start : value.end] == value.text


def test_all_else_stays() -> None:
    """Comments, order, quotes, spaces and line ends."""
    one, two = read(TEXT)
    new = rewrite(TEXT, [(one.url, "https://x/3"), (one.digest, "33"), (two.digest, "44"), (two.url, "https://x/4")])
    assert new == (
        TEXT.replace("url: https://example.org/1/a-1.qcow2", "url: https://x/3")
        .replace("'11aa'", "'33'")
        .replace('"https://example.org/b-2.aarch64"', '"https://x/4"')
        .replace("sha512: 11aa ", "sha512: 44 ")
    )


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "must have a mapping in line 1, got something else; correct it"),
        ("one: 1\n", "must have a mapping in line 1, got something else; correct it"),
        ("one:\n  amd64: []\n", "must have a mapping in line 2, got something else; correct it"),
        (
            "one: {stream: x, amd64: {url: x, sha256: x}}\n",
            f"{WHOLE}, got stream, amd64, url, sha256; add what is missing",
        ),
        (
            "one: {stream: x, checksums: x, amd64: {url: x, md5: x}}\n",
            f"{WHOLE}, got stream, checksums, amd64, url, md5; add what is missing",
        ),
    ],
)
def test_what_is_no_catalogue(text: str, told: str) -> None:
    """It is said what is missing."""
    with pytest.raises(LockError) as refused:
        read(text)
    assert str(refused.value) == told


def test_no_yaml() -> None:
    """In one line."""
    with pytest.raises(LockError, match=r"^must be YAML, got while parsing .*; correct it$"):
        read("one: [")


def test_a_pin_that_is_not_of_its_stream() -> None:
    """Such a pin says nothing of what it is newer than."""
    [pin] = read("one: {stream: 'https://x/{version}', checksums: x, amd64: {url: 'https://x/a', sha256: x}}")
    with pytest.raises(
        LockError, match="must have a url of its stream's form, got 'https://x/a'; correct one of the two"
    ):
        _ = pin.versions
