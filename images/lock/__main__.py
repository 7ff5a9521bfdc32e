"""Moves the pins of images/catalogue.yaml to the newest images of their streams.

usage: python -m images.lock [IMAGE]

A line for each entry and architecture. Exit status: 1 where a pin could not be looked up; it stays, and others move.
"""

import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import NamedTuple
from urllib.parse import urljoin

from images.lock import LockError
from images.lock.catalogue import Pin, Value, read, rewrite
from images.lock.checksums import find
from images.lock.streams import fill, listed, newest, order, pattern
from images.lock.web import SECONDS, Web

CATALOGUE = Path(__file__).parents[1] / "catalogue.yaml"
SHOWN = 12
"""Digits of a digest that stand for it."""


class Image(NamedTuple):
    """An image as its publisher has it now."""

    url: str
    digest: str
    versions: dict[str, str]


def main(arguments: Sequence[str], catalogue: Path = CATALOGUE, seconds: float = SECONDS) -> int:
    """Move what can be moved.

    Args:
        arguments: the image, or nothing for all.
        catalogue: the file.
        seconds: how long one of a publisher's files may take.
    """
    try:
        # Bytes, since reading as text would change line ends.
        text = catalogue.read_bytes().decode("utf-8")
        pins = _asked(read(text), arguments)
    except LockError as error:
        return _failed(catalogue.name, error)
    except (OSError, UnicodeError) as error:
        return _failed(catalogue.name, LockError(f"must be a text, got {error}; look at the file"))
    web = Web(seconds)
    changes: list[tuple[Value, str]] = []
    status = 0
    for pin in pins:
        name = f"{pin.image} {pin.architecture}"
        try:
            image = look(pin, web)
            sys.stdout.write(f"{name}: {_change(pin, image)}\n")
        except LockError as error:
            status = _failed(name, error)
        else:
            both = (pin.url, image.url), (pin.digest, image.digest)
            changes += [(old, new) for old, new in both if old.text != new]
    try:
        if changes:
            _write(catalogue, rewrite(text, changes).encode("utf-8"))
    except OSError as error:
        status = _failed(catalogue.name, LockError(f"must be written, got {error}; nothing has changed"))
    return status


def look(pin: Pin, web: Web) -> Image:
    """The newest image of a pin's stream.

    Raises:
        LockError: where it cannot be found, or has no digest.
    """
    known, pinned = pin.known, pin.versions
    place, versions = "", dict[str, str]()
    for segment in pin.stream.split("/"):
        like = pattern(segment, known | versions)
        if like.groups:
            page = web.read(place)
            found = newest(listed(page.text, page.url), like)
            if found is None:
                raise LockError(f"must find {segment!r} in {place}, got nothing like it; look whether it has moved")
            versions |= found
        place += fill(segment, known | versions) + "/"
    url = place.removesuffix("/")
    if order(versions) < order(pinned):
        # An old listing, or somebody's who would like guests to have old faults.
        rule = f"must be no older than {'-'.join(pinned.values())}"
        raise LockError(f"{rule}, got {'-'.join(versions.values())}; run again later, or go back by hand")
    file = url.rpartition("/")[2]
    sums = web.read(urljoin(url, fill(pin.checksums, known | versions | {"file": file})))
    return Image(url, find(sums.text, file, pin.algorithm), versions)


def _asked(pins: list[Pin], arguments: Sequence[str]) -> list[Pin]:
    names = list(dict.fromkeys(pin.image for pin in pins))
    for name in arguments:
        if name not in names:
            raise LockError(f"must have an entry of that name, got {name!r}; known are {', '.join(names)}")
    return [pin for pin in pins if not arguments or pin.image in arguments]


def _change(pin: Pin, image: Image) -> str:
    if (image.url, image.digest) == (pin.url.text, pin.digest.text):
        return "unchanged"
    old, new = "-".join(pin.versions.values()), "-".join(image.versions.values())
    if old == new:
        # Other bytes under the same name: as a rule in a file that has no version, and to be looked at in one that has.
        old, new = (f"{pin.algorithm} {digest[:SHOWN]}" for digest in (pin.digest.text, image.digest))
    return f"{old} -> {new}"


def _failed(name: str, error: LockError) -> int:
    sys.stderr.write(f"{name}: {error}\n")
    return 1


def _write(file: Path, content: bytes) -> None:
    """Write the whole of a file, or nothing of it."""
    with NamedTemporaryFile(dir=file.parent, prefix=f".{file.name}.", delete=False) as new:
        try:
            new.write(content)
            new.flush()
            os.fsync(new.fileno())
            shutil.copymode(file, new.name)
            Path(new.name).replace(file)
        except BaseException:
            Path(new.name).unlink(missing_ok=True)
            raise


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
