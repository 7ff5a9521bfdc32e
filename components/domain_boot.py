"""What a domain starts from, where that is not its root disk. Pure.

Source: https://libvirt.org/formatdomain.html#direct-kernel-boot
"""

from typing import NamedTuple
from xml.etree import ElementTree


class DirectBoot(NamedTuple):
    """A kernel that QEMU itself starts."""

    kernel: str
    """Its file: of a guest a link in the pool, of a domain a path. So is the initrd."""
    initrd: str | None
    cmdline: str

    def within(self, directory: str) -> "DirectBoot":
        """The same with paths."""
        return DirectBoot(f"{directory}/{self.kernel}", self.initrd and f"{directory}/{self.initrd}", self.cmdline)

    def __str__(self) -> str:
        """As a preview shows it."""
        return " ".join(filter(None, self))


class Install(NamedTuple):
    """What an installer starts from."""

    iso: str
    """Its file, as a DirectBoot's."""
    seed: str | None
    """Of a guest the label, of a domain the path of a disk with what the installer is told."""


def add_install(devices: ElementTree.Element, install: Install, machine: str | None) -> None:
    """Its CDs, and the order: the root disk first, from which BIOS and UEFI go on while it starts nothing.

    So the installer starts once, and from then on what it has installed, with nothing that we would have to remember.
    """
    root = devices.find("disk")
    if root is not None:
        ElementTree.SubElement(root, "boot", order="1")
    bus, name = ("ide", "hd") if machine == "pc" else ("sata", "sd")
    for path, letter in zip(install, "ab", strict=True):
        if path is None:
            continue
        disk = ElementTree.SubElement(devices, "disk", type="file", device="cdrom")
        ElementTree.SubElement(disk, "driver", name="qemu", type="raw")
        ElementTree.SubElement(disk, "source", file=path)
        ElementTree.SubElement(disk, "target", dev=f"{name}{letter}", bus=bus)
        ElementTree.SubElement(disk, "readonly")
        if path == install.iso:
            ElementTree.SubElement(disk, "boot", order="2")


def add_kernel(system: ElementTree.Element, boot: DirectBoot) -> None:
    """Tell it to the domain's `os`."""
    for tag, text in zip(("kernel", "initrd", "cmdline"), boot, strict=True):
        if text:
            ElementTree.SubElement(system, tag).text = text
