"""Layers of container images: tar archives in which nothing depends on when, where or by whom they were made."""

import io
import tarfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath


@dataclass(frozen=True, slots=True)
class File:
    """A regular file."""

    content: bytes | Path
    """The bytes, or the file that has them."""
    mode: int = 0o755


@dataclass(frozen=True, slots=True)
class Link:
    """A symbolic link."""

    target: str


@dataclass(frozen=True, slots=True)
class Directory:
    """A directory that is there although nothing is in it, or that has a mode of its own."""

    mode: int = 0o755


Entry = File | Link | Directory
Layer = Mapping[str, Entry]
"""Entries by their path in the image, relative to its root."""


def archive(layer: Layer) -> bytes:
    """The layer as an uncompressed tar archive; equal layers give equal bytes."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for path, entry in sorted(_with_parents(layer).items()):
            info = tarfile.TarInfo(path)
            match entry:
                case Directory(mode):
                    info.type, info.mode = tarfile.DIRTYPE, mode
                    tar.addfile(info)
                case Link(target):
                    info.type, info.mode, info.linkname = tarfile.SYMTYPE, 0o777, target
                    tar.addfile(info)
                case File(content, mode):
                    data = content if isinstance(content, bytes) else content.read_bytes()
                    info.size, info.mode = len(data), mode
                    tar.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


def _with_parents(layer: Layer) -> dict[str, Entry]:
    return {parent: Directory() for path in layer for parent in _parents(path)} | dict(layer)


def _parents(path: str) -> Iterator[str]:
    return (str(parent) for parent in PurePosixPath(path).parents if parent.name)
