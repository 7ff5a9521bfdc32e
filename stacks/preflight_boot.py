"""What a host must have of the files that guests start with beside their images. Pure."""

from collections.abc import Iterator
from typing import NamedTuple

from components.errors import Problem
from components.host_facts import HostFacts
from stacks import images
from stacks.config import FileImage, Lab

WRAPPERS = {"gzip", "xz", "zstd", "bzip2", "tar", "zip"}


class LocalFile(NamedTuple):
    """One that is on the host already."""

    kind: str
    source: FileImage
    where: str
    """Where config first tells of it."""


def local_files(lab: Lab) -> dict[str, LocalFile]:
    """All of them, by the links that they are to have."""
    found: dict[str, LocalFile] = {}
    for guest in lab.guests:
        for file in images.boot_files(guest):
            if isinstance(file.source, FileImage):
                found.setdefault(file.link, LocalFile(file.kind, file.source, f"{guest.path}.{file.key}"))
    return found


def problems(lab: Lab, facts: HostFacts) -> Iterator[Problem]:
    """Files that are not there, are something else, or hold other bytes."""
    for kind, source, where in local_files(lab).values():
        path, digest = source.path, source.digest
        found = facts.files.get(path)
        if found is None or found.format == "unchecked":
            continue
        if found.format == "missing":
            yield Problem(f"{where}.file", f"must be a file that the host can read, got {path!r}")
        elif kind == "iso" and found.format in WRAPPERS:
            rule = f"must be an ISO image by itself, got a {found.format} in {path!r}"
            yield Problem(f"{where}.file", f"{rule}; unpack it, and give the ISO that is in it")
        elif kind == "iso" and found.format != "iso":
            rule = f"must be an ISO image, got something else in {path!r}"
            yield Problem(f"{where}.file", f"{rule}; give another file")
        elif digest and found.digest not in (None, digest.hex):
            rule = f"must be the digest of {path!r}, got {found.digest}"
            yield Problem(f"{where}.{digest.algorithm}", f"{rule}; the file stays where it is and is not used")
