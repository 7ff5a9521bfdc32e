"""From what a guest's config calls an image to what the host is to fetch."""

import platform
from functools import cache
from pathlib import Path

import yaml

from components.image import ImageArgs, image_link
from stacks.config import CatalogueImage, Digest, FileImage, Image, Pool, UrlImage

CATALOGUE = Path(__file__).parents[1] / "images" / "catalogue.yaml"
ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}


def link(image: Image) -> str:
    """The name of an image in its pool; the same for all guests that ask for the same bytes."""
    match image:
        case CatalogueImage(name):
            url, digest = _published(name)
            return image_link(name, url, digest)
        case FileImage(path, digest):
            return image_link("file", path, _text(digest) if digest else "")
        case UrlImage(url, digest):
            return image_link("url", url, _text(digest))


def image_args(image: Image, pool: Pool) -> ImageArgs:
    """What the Image component is to make real."""
    args = ImageArgs(lab=pool.name, pool_path=pool.path, link=link(image))
    match image:
        case CatalogueImage(name):
            url, digest = _published(name)
            args |= {"url": url, "digest": digest}
            if "build" in _catalogue()[name]:
                args["build"] = _catalogue()[name]["build"]
        case FileImage(path, digest):
            args["file"] = path
            if digest:
                args["digest"] = _text(digest)
        case UrlImage(url, digest):
            args |= {"url": url, "digest": _text(digest)}
    return args


def _published(name: str) -> tuple[str, str]:
    entry = _catalogue()[name][ARCHITECTURES.get(platform.machine(), "amd64")]
    algorithm = "sha512" if "sha512" in entry else "sha256"
    return entry["url"], f"{algorithm}:{entry[algorithm]}"


def _text(digest: Digest) -> str:
    return f"{digest.algorithm}:{digest.hex}"


@cache
def _catalogue() -> dict[str, dict[str, dict[str, str]]]:
    return yaml.safe_load(CATALOGUE.read_text(encoding="utf-8"))
