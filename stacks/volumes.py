"""The disks of a lab's guests, as files or volumes of its pools. Pure."""

from collections.abc import Iterator
from typing import NamedTuple

from components.domain import data_volume
from stacks.config import FurtherPool, GuestSpec, Lab


class Volume(NamedTuple):
    """One disk."""

    path: str
    """Where config tells of its size."""
    file: str
    size: int
    """Bytes, of which it takes none before they are written to, but in a volume group."""
    pool: str = ""
    """As `lab.pools` calls it; empty for the lab's own."""


def volumes(lab: Lab, guest: GuestSpec) -> Iterator[Volume]:
    """A guest's disks, the root disk first; those that were on the host before are not among them."""
    yield Volume(f"{guest.path}.disk", root_file(lab, guest), guest.disk, guest.pool)
    for disk in guest.disks:
        if not disk.path:
            file = data_file(lab, guest, disk.name, disk.pool)
            yield Volume(f"{guest.path}.disks.{disk.name}.size", file, disk.size, disk.pool)


def further_pool(lab: Lab, key: str) -> FurtherPool | None:
    """By what `lab.pools` calls it; none for the lab's own."""
    return next((pool for pool in lab.pools if pool.key == key), None)


def root_file(lab: Lab, guest: GuestSpec) -> str:
    """What a root disk is called in its pool."""
    pool = further_pool(lab, guest.pool)
    domain = f"{lab.stack}-{guest.name}"
    return domain if pool and pool.group else f"{domain}.qcow2"


def data_file(lab: Lab, guest: GuestSpec, disk: str, key: str) -> str:
    """What a data disk is called in a pool."""
    pool = further_pool(lab, key)
    file = data_volume(f"{lab.stack}-{guest.name}", disk)
    return file.removesuffix(".qcow2") if pool and pool.group else file
