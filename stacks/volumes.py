"""The disks of a lab's guests, as files of its pool. Pure."""

from collections.abc import Iterator
from typing import NamedTuple

from components.domain import data_volume
from stacks.config import GuestSpec, Lab


class Volume(NamedTuple):
    """One disk."""

    path: str
    """Where config tells of its size."""
    file: str
    size: int
    """Bytes, of which it takes none before they are written to."""


def volumes(lab: Lab, guest: GuestSpec) -> Iterator[Volume]:
    """A guest's disks, the root disk first."""
    domain = f"{lab.stack}-{guest.name}"
    yield Volume(f"{guest.path}.disk", f"{domain}.qcow2", guest.disk)
    for disk in guest.disks:
        yield Volume(f"{guest.path}.disks.{disk.name}.size", data_volume(domain, disk.name), disk.size)
