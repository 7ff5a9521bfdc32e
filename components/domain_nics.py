"""A domain's further NICs as libvirt reads them. Pure."""

import hashlib
import re
from collections.abc import Sequence
from typing import NamedTuple
from xml.etree import ElementTree

from components.enums import NicKind

_PREFIX = "ua-nic"
"""Begins the alias of a further NIC: one of libvirt's users' own, which a domain that runs keeps.

https://libvirt.org/formatdomain.html#devices
"""
_SOURCES = {NicKind.NETWORK: "network", NicKind.BRIDGE: "bridge", NicKind.DIRECT: "dev"}


class NicSpec(NamedTuple):
    """A further NIC; it comes and goes while its guest runs."""

    name: str
    mac: str
    kind: NicKind
    source: str
    """A network of libvirt's, or a bridge or an interface of the host's."""
    model: str
    mtu: int | None
    """Of the tap; none is the network's or the bridge's. Libvirt sets none where there is no tap."""
    standing: Sequence[str]
    """What else it stands on: other values are another NIC."""


def add_nic(devices: ElementTree.Element, nic: NicSpec) -> None:
    """Add it; its alias tells what it was made from, so that a host sees which of its NICs a running domain has."""
    interface = ElementTree.SubElement(devices, "interface", type=nic.kind)
    ElementTree.SubElement(interface, "mac", address=nic.mac)
    source = ElementTree.SubElement(interface, "source", {_SOURCES[nic.kind]: nic.source})
    if nic.kind == NicKind.DIRECT:
        source.set("mode", "bridge")
    ElementTree.SubElement(interface, "model", type=nic.model)
    if nic.mtu and nic.kind != NicKind.DIRECT:
        ElementTree.SubElement(interface, "mtu", size=str(nic.mtu))
    text = "\0".join([ElementTree.tostring(interface, encoding="unicode"), *nic.standing])
    digest = hashlib.sha256(text.encode()).hexdigest()[:12]
    ElementTree.SubElement(interface, "alias", name=f"{_PREFIX}-{nic.name}-{digest}")


def made_from(definition: str) -> dict[str, str]:
    """What each further NIC of a definition is made from, by its name: another word is another NIC."""
    return dict(re.findall(rf'"{_PREFIX}-([a-z0-9-]+)-([0-9a-f]{{12}})"', definition))
