"""From what a guest's config calls an image to what the host is to fetch. Pure but for reading the catalogue."""

import platform
from collections.abc import Iterator
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import yaml

from stacks.config import CatalogueImage, Digest, FileImage, GuestSpec, Image, Lab, Pool, Source, UrlImage

if TYPE_CHECKING:
    from components.image import ImageArgs

CATALOGUE = Path(__file__).parents[1] / "images" / "catalogue.yaml"
ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}


def link(image: Image) -> str:
    """The name of an image in its pool: readable, the same for the same bytes, another one for others."""
    match image:
        case CatalogueImage(name):
            return _link(name, *_published(name))
        case FileImage(path, digest, disk):
            return _link("file", path, _text(digest) if digest else "", *_of_archive(disk))
        case UrlImage(url, digest, disk):
            return _link("url", url, _text(digest), *_of_archive(disk))


def is_bundled(lab: Lab, guest: GuestSpec) -> bool:
    """Whether a guest's image is that of a bundle, which has its digest."""
    return bool(guest.node and lab.kubernetes and lab.kubernetes.bundle)


def key(lab: Lab, guest: GuestSpec) -> str:
    """Where config names a guest's image: one that all of a lab's guests have is the lab's."""
    if is_bundled(lab, guest):
        return "lab.kubernetes.bundle"
    return "lab.image" if len({each.image for each in lab.guests}) == 1 else f"{guest.path}.image"


class BootFile(NamedTuple):
    """A file that a guest starts with, beside its image."""

    kind: str
    """What it is, as the Image component calls it."""
    source: Source
    key: str
    """Where the guest's config tells of it."""

    @property
    def link(self) -> str:
        """Its name in the pool, as an image's."""
        digest = self.source.digest
        place = self.source.path if isinstance(self.source, FileImage) else self.source.url
        return _link(self.kind, place, _text(digest) if digest else "")


def boot_files(guest: GuestSpec) -> Iterator[BootFile]:
    """All that a guest has."""
    if guest.boot:
        yield BootFile("kernel", guest.boot.kernel, "boot.kernel")
        if guest.boot.initrd:
            yield BootFile("initrd", guest.boot.initrd, "boot.initrd")
    if guest.install:
        yield BootFile("iso", guest.install.iso, "install.iso")


def boot_file_args(file: BootFile, pool: Pool) -> "ImageArgs":
    """The same for the Image component."""
    return {**image_args(file.source, pool), "link": file.link, "kind": file.kind}


def is_published(image: Image) -> bool:
    """Whether there is one for this machine's architecture; one that is not has no link."""
    return not isinstance(image, CatalogueImage) or _architecture() in _catalogue()[image.name]


def image_args(image: Image, pool: Pool) -> "ImageArgs":
    """What the Image component is to make real."""
    args: ImageArgs = {"lab": pool.name, "pool_path": pool.path, "link": link(image)}
    match image:
        case CatalogueImage(name):
            args["url"], args["digest"] = _published(name)
            if build := _catalogue()[name].get("build"):
                args["build"] = str(build)
        case FileImage(path, digest):
            args["file"] = path
            if digest:
                args["digest"] = _text(digest)
        case UrlImage(url, digest):
            args["url"], args["digest"] = url, _text(digest)
    if not isinstance(image, CatalogueImage) and image.disk:
        args["disk"] = image.disk
    return args


def _link(name: str, *sources: str) -> str:
    return f"base-{name}-{sha256('|'.join(sources).encode()).hexdigest()[:8]}"


def _of_archive(disk: str) -> list[str]:
    """Marked, so that no path ends like one with a disk; an image without one keeps the link that it always had."""
    return [f"\0{disk}"] if disk else []


def _published(name: str) -> tuple[str, str]:
    """URL and digest for this machine's architecture."""
    entry = _catalogue()[name][_architecture()]
    algorithm = "sha512" if "sha512" in entry else "sha256"
    return entry["url"], f"{algorithm}:{entry[algorithm]}"


def _architecture() -> str:
    return ARCHITECTURES.get(platform.machine(), "amd64")


def _text(digest: Digest) -> str:
    return f"{digest.algorithm}:{digest.hex}"


@cache
def _catalogue() -> dict[str, dict[str, dict[str, str]]]:
    return yaml.safe_load(CATALOGUE.read_text(encoding="utf-8"))
