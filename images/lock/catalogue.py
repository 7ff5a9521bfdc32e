"""The pins in the catalogue's text, and where in it they stand, so that all else stays as it was written. Pure."""

from collections.abc import Iterable
from typing import NamedTuple

import yaml

from images.lock import LockError
from images.lock.checksums import DIGITS
from images.lock.streams import pattern

MACHINES = {"amd64": "x86_64", "arm64": "aarch64"}
"""The architectures as entries call them, and as some publishers do."""


class Value(NamedTuple):
    """A value, and where it stands in the text."""

    text: str
    start: int
    end: int


class Pin(NamedTuple):
    """What is pinned of an image for an architecture."""

    image: str
    architecture: str
    stream: str
    """The address, with the versions in it left open; `{arch}` and `{machine}` are the architecture's."""
    checksums: str
    """The checksum file's name beside the image, or its address; `{file}` is the image's name."""
    url: Value
    algorithm: str
    digest: Value

    @property
    def known(self) -> dict[str, str]:
        """What the names in braces stand for that are no versions."""
        return {"arch": self.architecture, "machine": MACHINES[self.architecture]}

    @property
    def versions(self) -> dict[str, str]:
        """The versions in its URL.

        Raises:
            LockError: where the URL is not of the stream's form.
        """
        match = pattern(self.stream, self.known).fullmatch(self.url.text)
        if not match:
            raise LockError(f"must have a url of its stream's form, got {self.url.text!r}; correct one of the two")
        return match.groupdict()


def read(text: str) -> list[Pin]:
    """All pins, in the file's order.

    Raises:
        LockError: where the file is not what a catalogue is.
    """
    try:
        root = yaml.compose(text, yaml.SafeLoader)
    except yaml.YAMLError as error:
        raise LockError(f"must be YAML, got {' '.join(str(error).split())}; correct it") from error
    return [
        _pin(image, entry, architecture, published)
        for image, entry in ((image, _mapping(node)) for image, node in _mapping(root).items())
        for architecture, published in entry.items()
        if architecture in MACHINES
    ]


def rewrite(text: str, changes: Iterable[tuple[Value, str]]) -> str:
    """The text with other values in the places of some."""
    for value, new in sorted(changes, reverse=True, key=lambda change: change[0].start):
        text = text[: value.start] + new + text[value.end :]
    return text


def _pin(image: str, entry: dict[str, yaml.Node], architecture: str, node: yaml.Node) -> Pin:
    published = _mapping(node)
    try:
        algorithm = next(name for name in DIGITS if name in published)
        url, digest = _value(published["url"]), _value(published[algorithm])
        stream, checksums = _value(entry["stream"]), _value(entry["checksums"])
    except (KeyError, StopIteration):
        rule = f"must give {image} a stream, checksums, and for {architecture} a url and a sha512 or sha256"
        raise LockError(f"{rule}, got {', '.join([*entry, *published])}; add what is missing") from None
    return Pin(image, architecture, stream.text, checksums.text, url, algorithm, digest)


def _mapping(node: yaml.Node | None) -> dict[str, yaml.Node]:
    if not isinstance(node, yaml.MappingNode):
        line = node.start_mark.line + 1 if node else 1
        raise LockError(f"must have a mapping in line {line}, got something else; correct it")
    return {str(key.value): value for key, value in node.value}


def _value(node: yaml.Node) -> Value:
    quotes = int(isinstance(node, yaml.ScalarNode) and node.style in ("'", '"'))
    return Value(str(node.value), node.start_mark.index + quotes, node.end_mark.index - quotes)
