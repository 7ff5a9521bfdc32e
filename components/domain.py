"""A domain as libvirt reads it. Pure: the XML follows from the spec, byte by byte."""

import hashlib
from collections.abc import Sequence
from typing import NamedTuple
from xml.etree import ElementTree

NAMESPACE = "urn:kvmlab"
"""Of the domain's metadata: what it was defined from."""
UNDIGESTED = "-"
"""In the digest's place while it is made."""


class DomainSpec(NamedTuple):
    """A domain as libvirt is to define it."""

    name: str
    uuid: str
    description: str
    """Whose it is: libvirt shows it, and a preview reads it back."""
    accelerator: str
    """Domain type: `kvm`, or `qemu` for emulation."""
    cpus: int
    memory_mib: int
    disks: Sequence[tuple[str, str]]
    """Format and path, in the order of vda, vdb."""
    network: str
    mac: str
    instance: Sequence[str]
    """What else the running guest stands on: other values are another definition, so the guest restarts."""


def definition(spec: DomainSpec) -> str:
    """The XML, with a hash of itself in its metadata, by which a host tells what a domain was defined from.

    Source: https://libvirt.org/formatdomain.html
    """
    xml = _xml(spec)
    digest = hashlib.sha256("\0".join([xml, *spec.instance]).encode()).hexdigest()[:32]
    return xml.replace(f'definition="{UNDIGESTED}"', f'definition="{digest}"', 1)


def _xml(spec: DomainSpec) -> str:
    domain = ElementTree.Element("domain", type=spec.accelerator)
    for tag, text in (("name", spec.name), ("uuid", spec.uuid), ("description", spec.description)):
        ElementTree.SubElement(domain, tag).text = text
    metadata = ElementTree.SubElement(domain, "metadata")
    ElementTree.SubElement(metadata, "kvmlab:guest", {"xmlns:kvmlab": NAMESPACE, "definition": UNDIGESTED})
    ElementTree.SubElement(domain, "memory", unit="MiB").text = str(spec.memory_mib)
    ElementTree.SubElement(domain, "vcpu").text = str(spec.cpus)
    ElementTree.SubElement(ElementTree.SubElement(domain, "os"), "type").text = "hvm"
    features = ElementTree.SubElement(domain, "features")
    for feature in ("acpi", "apic"):
        ElementTree.SubElement(features, feature)
    if spec.accelerator == "kvm":
        # An emulated CPU stays libvirt's default: all that QEMU can emulate is slower to emulate.
        ElementTree.SubElement(domain, "cpu", mode="host-passthrough")
    devices = ElementTree.SubElement(domain, "devices")
    for number, (kind, path) in enumerate(spec.disks):
        disk = ElementTree.SubElement(devices, "disk", type="file", device="disk")
        ElementTree.SubElement(disk, "driver", name="qemu", type=kind)
        ElementTree.SubElement(disk, "source", file=path)
        ElementTree.SubElement(disk, "target", dev=f"vd{chr(ord('a') + number)}", bus="virtio")
    interface = ElementTree.SubElement(devices, "interface", type="network")
    ElementTree.SubElement(interface, "mac", address=spec.mac)
    ElementTree.SubElement(interface, "source", network=spec.network)
    ElementTree.SubElement(interface, "model", type="virtio")
    ElementTree.SubElement(ElementTree.SubElement(devices, "console", type="pty"), "target", type="serial", port="0")
    # SPICE is not in every QEMU; VNC is.
    ElementTree.SubElement(devices, "graphics", type="vnc", autoport="yes", listen="127.0.0.1")
    rng = ElementTree.SubElement(devices, "rng", model="virtio")
    ElementTree.SubElement(rng, "backend", model="random").text = "/dev/urandom"
    ElementTree.indent(domain)
    return ElementTree.tostring(domain, encoding="unicode")
