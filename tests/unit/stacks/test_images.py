"""From what config calls an image to what the host is to fetch."""

import platform
import re
from typing import Any
from urllib.parse import urljoin

import pytest
import yaml

from images.lock.catalogue import read
from images.lock.checksums import DIGITS
from stacks.config import CatalogueImage, Digest, FileImage, Image, Pool, UrlImage
from stacks.images import CATALOGUE, image_args, is_published, link

POOL = Pool("six", "/srv/six")
SHA256, SHA512 = Digest("sha256", "0" * 64), Digest("sha512", "1" * 128)
ENTRIES: dict[str, Any] = yaml.safe_load(CATALOGUE.read_text("utf-8"))
PINS = read(CATALOGUE.read_text("utf-8"))
AMD64_ALONE = {"arch"}
"""Arch Linux has no other architecture."""

DIFFERENT: list[Image] = [
    CatalogueImage("debian-13"),
    FileImage("/srv/a.qcow2", None),
    FileImage("/srv/a.qcow2", SHA256),
    FileImage("/srv/a.qcow2", SHA512),
    FileImage("/srv/b.qcow2", None),
    UrlImage("https://example.org/a.qcow2", SHA256),
    UrlImage("https://example.org/a.qcow2", SHA512),
    UrlImage("https://example.org/b.qcow2", SHA256),
    UrlImage("https://example.org/a.qcow2", SHA256, "b"),
    FileImage("/srv/a.qcow2", None, "b"),
    FileImage("/srv/a.qcow2", None, "c"),
    FileImage("/srv/a.qcow2", SHA256, "b"),
    FileImage("/srv/a.qcow2", None, "|b"),
    FileImage("/srv/a.qcow2|", None, "b"),
    FileImage("/srv/a.qcow2||b", None),
]


def test_links() -> None:
    """A link is the same for the same image and another for any other; it is a file's name, and readable."""
    links = [link(image) for image in DIFFERENT]
    assert links == [link(image) for image in DIFFERENT]
    assert len(set(links)) == len(links)
    assert all(re.fullmatch(r"base-(debian-13|file|url)-[0-9a-f]{8}", each) for each in links)


def test_links_last() -> None:
    """What a lab has from an earlier version it does not fetch again."""
    assert link(FileImage("/srv/a.qcow2", None)) == "base-file-de412eed"
    assert link(UrlImage("https://example.org/a.qcow2", SHA256)) == "base-url-e420391f"


@pytest.mark.parametrize(("machine", "architecture"), [("x86_64", "amd64"), ("aarch64", "arm64")])
def test_catalogue(monkeypatch: pytest.MonkeyPatch, machine: str, architecture: str) -> None:
    """An image of the catalogue is fetched for this machine's architecture, or built where that cannot be had."""
    monkeypatch.setattr(platform, "machine", lambda: machine)
    published = ENTRIES["debian-13"][architecture]
    assert image_args(CatalogueImage("debian-13"), POOL) == {
        "lab": "six",
        "pool_path": "/srv/six",
        "link": link(CatalogueImage("debian-13")),
        "url": published["url"],
        "digest": f"sha512:{published['sha512']}",
        "build": "debian-13",
    }


def test_architectures_have_links_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """Other bytes are another image, even under one name."""
    monkeypatch.setattr(platform, "machine", lambda: "x86_64")
    amd64 = link(CatalogueImage("debian-13"))
    monkeypatch.setattr(platform, "machine", lambda: "aarch64")
    assert link(CatalogueImage("debian-13")) != amd64


@pytest.mark.parametrize(
    ("image", "source"),
    [
        (FileImage("/srv/a.qcow2", None), {"file": "/srv/a.qcow2"}),
        (FileImage("/srv/a.qcow2", SHA256), {"file": "/srv/a.qcow2", "digest": f"sha256:{'0' * 64}"}),
        (FileImage("/srv/a.ova", None, "disk2.vmdk"), {"file": "/srv/a.ova", "disk": "disk2.vmdk"}),
        (
            UrlImage("https://example.org/a.qcow2", SHA512),
            {"url": "https://example.org/a.qcow2", "digest": f"sha512:{'1' * 128}"},
        ),
    ],
)
def test_ones_own(image: Image, source: dict[str, str]) -> None:
    """A file or a URL is taken as it was given, with its digest, and never built."""
    assert image_args(image, POOL) == {"lab": "six", "pool_path": "/srv/six", "link": link(image), **source}


@pytest.mark.parametrize(("name", "entry"), ENTRIES.items())
def test_catalogue_is_pinned(name: str, entry: dict[str, Any]) -> None:
    """Every entry has an https URL of its stream's form, with a version in it, and a whole digest."""
    assert set(entry) <= {"build", "stream", "checksums", "amd64", "arm64"}
    assert set(entry) >= {"stream", "checksums", "amd64"} | ({"arm64"} if name not in AMD64_ALONE else set())
    assert "{version}" in entry["stream"]
    assert urljoin(entry["stream"], entry["checksums"]).startswith("https://")
    for architecture in ("amd64", "arm64"):
        if published := entry.get(architecture):
            algorithm = "sha512" if "sha512" in published else "sha256"
            assert set(published) == {"url", algorithm}
            assert published["url"].startswith("https://")
            assert re.fullmatch(rf"[0-9a-f]{{{DIGITS[algorithm]}}}", published[algorithm])
    for pin in PINS:
        assert pin.image != name or re.fullmatch(r"[0-9]{8}([.-][0-9]+)?|[0-9]+\.[0-9]+", pin.versions["version"])


def test_catalogue_names_no_file_twice() -> None:
    """Two pins with one URL, or one digest, would be a slip of whoever wrote them."""
    assert len({pin.url.text for pin in PINS}) == len({pin.digest.text for pin in PINS}) == len(PINS)


def test_an_architecture_that_an_image_is_not_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """That is known before an address is asked for."""
    images: list[Image] = [CatalogueImage("debian-13"), CatalogueImage("arch"), FileImage("/srv/a.qcow2", None)]
    monkeypatch.setattr(platform, "machine", lambda: "x86_64")
    assert [is_published(image) for image in images] == [True, True, True]
    monkeypatch.setattr(platform, "machine", lambda: "aarch64")
    assert [is_published(image) for image in images] == [True, False, True]
