"""Which of the names that a publisher lists is the newest, whatever else is listed."""

import re

import pytest

from images.lock import LockError
from images.lock.streams import fill, listed, newest, pattern

FOLDER = "https://example.org/images/trixie/"

APACHE = """\
<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 3.2 Final//EN">
<html><head><title>Index of /images/trixie</title></head><body><h1>Index of /images/trixie</h1><table>
<tr><th><a href="?C=N;O=D">Name</a></th><th><a href="?C=M;O=A">Last modified</a></th></tr>
<tr><td><img src="/icons/back.gif" alt="[PARENTDIR]"></td><td><a href="/images/">Parent Directory</a></td></tr>
<tr><td><img src="/icons/folder.gif" alt="[DIR]"></td><td><a href="20260712-2537/">20260712-2537/</a></td></tr>
<tr><td><img src="/icons/folder.gif" alt="[DIR]"></td><td><a href="latest/">latest/</a></td></tr>
</table></body></html>
"""
NGINX = """\
<html>
<head><title>Index of /images/trixie/</title></head>
<body>
<h1>Index of /images/trixie/</h1><hr><pre><a href="../">../</a>
<a href="20260712-2537/">20260712-2537/</a>          12-Jul-2026 00:10       -
<a href="latest/">latest/</a>                        12-Jul-2026 00:10       -
</pre><hr></body>
</html>
"""


@pytest.mark.parametrize("page", [APACHE, NGINX], ids=["apache", "nginx"])
def test_listings(page: str) -> None:
    """A server's own listing is read; the versions in it are told from what else is there."""
    names = listed(page, FOLDER)
    assert {"20260712-2537", "latest"} <= names
    assert newest(names, pattern("{version}", {})) == {"version": "20260712-2537"}


@pytest.mark.parametrize(
    ("href", "name"),
    [
        ("1.2/", "1.2"),
        ("./1.2/", "1.2"),
        ("/images/trixie/1.2/", "1.2"),
        ("//example.org/images/trixie/1.2", "1.2"),
        ("https://example.org/images/trixie/1.2", "1.2"),
        ("disk%2B1.2&amp;x", "disk+1.2&x"),
    ],
)
def test_links_into_the_folder(href: str, name: str) -> None:
    """However a server writes an address, it is that of a name."""
    assert listed(f"<A HREF='{href}'>", FOLDER) == {name}


@pytest.mark.parametrize(
    "href",
    [
        "../",
        "../1.2/",
        "/1.2/",
        "1.2/?C=N",
        "?1.2",
        "#1.2",
        "1.2/1.2",
        "..%2F1.2",
        "https://elsewhere.example.org/images/trixie/1.2",
        "http://[1.2",
        "javascript:1.2",
    ],
)
def test_links_that_are_no_names(href: str) -> None:
    """What leads elsewhere is never a version."""
    assert newest(listed(f'<a href="{href}">', FOLDER), pattern("{version}", {})) is None


def test_numbers_are_compared() -> None:
    """A version is newer by its numbers, not by its letters."""
    like = pattern("10.{minor}-{version}.qcow2", {})
    names = ["10.9-3.qcow2", "10.10-1.qcow2", "10.10-1.1.qcow2", "10.9-20.qcow2", "10.11-beta.qcow2", "10.2"]
    assert newest(names, like) == {"minor": "10", "version": "1.1"}


def test_a_name_means_what_it_says() -> None:
    """A dot is a dot; a version that comes twice is the same twice; what is known is fixed."""
    like = pattern("a+b.{version}({version}).{arch}", {"arch": "x.y"})
    assert [
        bool(like.fullmatch(name)) for name in ("a+b.1.2(1.2).x.y", "a+b.1(2).x.y", "aab.1(1).x.y", "a+b.1(1).xxy")
    ] == [
        True,
        False,
        False,
        False,
    ]


def test_endless_numbers() -> None:
    """A name of a megabyte of digits is no version, and costs nothing."""
    assert newest(["1" * 2**20, "1." * 2**10], pattern("{version}", {})) is None


def test_fill() -> None:
    """A name that stands for nothing is a mistake in the catalogue."""
    assert fill("{file}.SHA256", {"file": "a{version}"}) == "a{version}.SHA256"
    told = "must have only file in braces, got 'name' in '{name}.SHA256'; correct it"
    with pytest.raises(LockError, match=re.escape(told)):
        fill("{name}.SHA256", {"file": "a"})
