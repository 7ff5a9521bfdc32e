"""Directories of the host that a guest has, by virtiofs. Pure.

Source: https://libvirt.org/kbase/virtiofs.html
"""

from collections.abc import Sequence
from typing import NamedTuple
from xml.etree.ElementTree import Element, SubElement


class Share(NamedTuple):
    """A directory of the host's in a guest, which mounts it by the tag."""

    tag: str
    path: str
    """On the host; it is there already, and stays."""


def add_shares(domain: Element, devices: Element, shares: Sequence[Share]) -> None:
    """The shares, and memory that the host's daemon for them sees as well."""
    if not shares:
        return
    backing = domain.find("memoryBacking")
    if backing is None:
        backing = SubElement(domain, "memoryBacking")
    SubElement(backing, "source", type="memfd")
    SubElement(backing, "access", mode="shared")
    for share in shares:
        filesystem = SubElement(devices, "filesystem", type="mount", accessmode="passthrough")
        SubElement(filesystem, "driver", type="virtiofs")
        SubElement(filesystem, "source", dir=share.path)
        SubElement(filesystem, "target", dir=share.tag)
