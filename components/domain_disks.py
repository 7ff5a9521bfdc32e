"""Disks of a domain: what a guest has for a block device, and how QEMU goes about it. Pure."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple
from xml.etree import ElementTree


class DiskOptions(NamedTuple):
    """How QEMU reads and writes a disk; what is none is left to QEMU.

    https://libvirt.org/formatdomain.html#hard-drives-floppy-disks-cdroms
    """

    cache: str | None = None
    """`none`, `writeback`, `writethrough`, `directsync` or `unsafe`."""
    io: str | None = None
    """`threads`, `native` or `io_uring`; `native` takes a cache of `none` or `directsync`."""
    discard: str | None = None
    """`unmap` or `ignore`."""

    @property
    def words(self) -> str:
        """As a preview shows them."""
        return ", ".join(f"{key} {value}" for key, value in self._asdict().items() if value)


USUAL = DiskOptions()


class RootPlace(NamedTuple):
    """Where a root disk is that is not in the lab's own pool."""

    key: str
    """What config calls that pool."""
    pool: str
    """Its name in libvirt; empty for a volume group, which is none of libvirt's pools."""
    path: str
    """Its directory; of a volume group, that of its devices."""
    group: str
    """The volume group; empty for a directory."""

    def disk(self, domain: str) -> tuple[str, str]:
        """Format and path of a domain's root disk there."""
        return ("raw", f"{self.path}/{domain}") if self.group else ("qcow2", f"{self.path}/{domain}.qcow2")


class DataVolume(NamedTuple):
    """A data disk as the domain has it."""

    name: str
    """Its serial number in the guest."""
    path: str
    format: str = "qcow2"
    """`qcow2` or `raw`."""
    is_block: bool = False
    """Whether the path is a block device's; else it is a file's."""
    options: DiskOptions = USUAL
    is_shared: bool = False
    is_read_only: bool = False

    @property
    def texts(self) -> list[str]:
        """All that it is; of a plain one name and path alone, as they always were."""
        plain = self == DataVolume(self.name, self.path)
        return [self.name, self.path, *([] if plain else [repr(tuple(self))])]


def shown(volume: DataVolume, usual: str) -> str:
    """What a preview shows of one that is not plain.

    Args:
        volume: the disk.
        usual: the path that it has if it is in its usual place, which is not told.
    """
    marks = (("shared", volume.is_shared), ("read-only", volume.is_read_only))
    words = [volume.options.words, *(word for word, is_so in marks if is_so)]
    if volume.path == usual:
        return ", ".join(filter(None, words))
    return f"{volume.path} ({', '.join(filter(None, [volume.format, *words]))})"


def add_disk(
    devices: ElementTree.Element,
    letter: str,
    path: str,
    kind: str,
    options: DiskOptions = USUAL,
    *,
    is_block: bool = False,
) -> ElementTree.Element:
    """A virtio disk.

    Args:
        devices: where it is added.
        letter: of its name vda to vdz.
        path: of the file or block device on the host.
        kind: its format.
        options: how it is gone about.
        is_block: whether the path is a block device's.
    """
    asked = {key: value for key, value in options._asdict().items() if value}
    disk = ElementTree.SubElement(devices, "disk", type="block" if is_block else "file", device="disk")
    ElementTree.SubElement(disk, "driver", {"name": "qemu", "type": kind, **asked})
    ElementTree.SubElement(disk, "source", {"dev" if is_block else "file": path})
    ElementTree.SubElement(disk, "target", dev=f"vd{letter}", bus="virtio")
    return disk


def add_data(devices: ElementTree.Element, letters: Iterator[str], volumes: Sequence[DataVolume]) -> None:
    """Data disks, each with its name for a serial number."""
    for volume in volumes:
        options = volume.options
        if not options.discard:
            # What the guest frees, the host gets back.
            options = options._replace(discard="unmap")
        disk = add_disk(devices, next(letters), volume.path, volume.format, options, is_block=volume.is_block)
        if volume.is_read_only:
            ElementTree.SubElement(disk, "readonly")
        if volume.is_shared:
            ElementTree.SubElement(disk, "shareable")
        ElementTree.SubElement(disk, "serial").text = volume.name
