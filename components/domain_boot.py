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


def add_kernel(system: ElementTree.Element, boot: DirectBoot) -> None:
    """Tell it to the domain's `os`."""
    for tag, text in zip(("kernel", "initrd", "cmdline"), boot, strict=True):
        if text:
            ElementTree.SubElement(system, tag).text = text
