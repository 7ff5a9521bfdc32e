"""A domain as libvirt reads it. Pure: the XML follows from the spec, byte by byte."""

import hashlib
from collections.abc import Sequence
from string import ascii_lowercase
from typing import NamedTuple
from xml.etree import ElementTree

from components.domain_boot import DirectBoot, Install, add_install, add_kernel
from components.domain_disks import USUAL, DataVolume, DiskOptions, add_data, add_disk
from components.domain_nics import NicSpec, add_nic
from components.domain_parts import Balloon, Cpu, add_balloon, add_cpu, add_watchdog
from components.domain_shares import Share, add_shares

NAMESPACE = "urn:kvmlab"
"""Of the domain's metadata: what it was defined from."""
UNDIGESTED = "-"
"""In the digest's place while it is made."""
ROOT_PORTS = 28
"""On q35, for what a guest has and for what is attached while it runs, for which there must be a port from the start.

https://libvirt.org/pci-hotplug.html
"""


LOOPBACK = "127.0.0.1"


class Graphics(NamedTuple):
    """A screen that a viewer can look at."""

    type: str
    """`vnc` or `spice`."""
    port: int | None
    """Of TCP; none leaves it to libvirt to choose one at each start."""
    listen: str = LOOPBACK
    """The host's address at which it listens."""
    mark: str | None = None
    """What changes with its password, which the host is told on another way; none where nobody is asked for one."""


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
    max_cpus: int | None
    """As many may be added while it runs; none is as many as it has."""
    max_memory_mib: int | None
    """As much may be given it while it runs; none is as much as it has."""
    firmware: str
    """`bios`, `uefi`, or `uefi-secure`: UEFI that starts only what is signed, with the usual keys enrolled."""
    machine: str | None
    """Machine type: `pc` (i440fx) or `q35`; none is libvirt's choice."""
    tpm: bool
    graphics: Graphics | None
    boot: DirectBoot | None
    """With paths; none starts it from its disks."""
    install: Install | None
    """With paths; none starts it from its root disk alone."""
    disks: Sequence[tuple[str, str]]
    """Format and path, in the order of vda, vdb."""
    data: Sequence[DataVolume]
    """Data disks, from vdc on; they come and go while it runs."""
    network: str
    mac: str
    instance: Sequence[str]
    """What else the running guest stands on: other values are another definition, so the guest restarts."""
    cpu: Cpu | None = None
    """None is the host's with KVM, else libvirt's choice."""
    cpu_shares: int | None = None
    """Its weight where guests want more of the host's CPUs than there is; none is the kernel's default."""
    balloon: Balloon | None = None
    """None is libvirt's own, of virtio."""
    watchdog: str | None = None
    """What it does when nobody feeds it, in libvirt's word; none is none."""
    title: str = ""
    """What its user says that it is."""
    shares: Sequence[Share] = ()
    """In the order of their tags."""
    nics: Sequence[NicSpec] = ()
    """Beside the first; they come and go while it runs."""
    root: DiskOptions = USUAL
    """How the first disk is gone about."""
    root_is_block: bool = False
    """Whether it is a block device; else it is a file."""


def definition(spec: DomainSpec) -> str:
    """The XML, with a hash of itself in its metadata, by which a host tells what a domain was defined from.

    Data disks have a hash of their own, since another one is not another machine, and so have further NICs; nor is
    another size within what it may grow to, another title, or another password, if there was one.

    Source: https://libvirt.org/formatdomain.html
    """
    graphics = spec.graphics
    if graphics and graphics.mark:
        graphics = graphics._replace(mark="")
    most = spec._replace(
        data=(),
        nics=(),
        graphics=graphics,
        title="",
        cpus=spec.max_cpus or spec.cpus,
        memory_mib=spec.max_memory_mib or spec.memory_mib,
    )
    lasting = _digest([_xml(most), *spec.instance])
    return _xml(spec).replace(f'definition="{UNDIGESTED}"', f'definition="{lasting}"', 1)


def data_volume(domain: str, disk: str) -> str:
    """A data disk's file name: with a dot, which no guest's name has, so that it is no other guest's disk."""
    return f"{domain}.{disk}.qcow2"


def _digest(texts: Sequence[str]) -> str:
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()[:32]


def _xml(spec: DomainSpec) -> str:
    domain = ElementTree.Element("domain", type=spec.accelerator)
    for tag, text in (("name", spec.name), ("uuid", spec.uuid), ("description", spec.description)):
        ElementTree.SubElement(domain, tag).text = text
    metadata = ElementTree.SubElement(domain, "metadata")
    guest = ElementTree.SubElement(metadata, "kvmlab:guest", {"xmlns:kvmlab": NAMESPACE, "definition": UNDIGESTED})
    if spec.data:
        guest.set("data", _digest([text for volume in spec.data for text in volume.texts]))
    if spec.nics:
        guest.set("nics", _digest([f"{nic}" for nic in spec.nics]))
    if spec.graphics and spec.graphics.mark is not None:
        guest.set("password", spec.graphics.mark)
    if spec.title:
        ElementTree.SubElement(domain, "title").text = spec.title
        guest.set("title", _digest([spec.title]))
    _sizes(domain, guest, spec)
    if spec.cpu_shares:
        ElementTree.SubElement(ElementTree.SubElement(domain, "cputune"), "shares").text = str(spec.cpu_shares)
    _firmware(domain, spec)
    features = ElementTree.SubElement(domain, "features")
    for feature in ("acpi", "apic"):
        ElementTree.SubElement(features, feature)
    add_cpu(domain, spec.accelerator, spec.cpu)
    devices = ElementTree.SubElement(domain, "devices")
    for index in range(1, 1 + ROOT_PORTS if spec.machine == "q35" else 1):
        ElementTree.SubElement(devices, "controller", type="pci", index=str(index), model="pcie-root-port")
    letters = iter(ascii_lowercase)
    for index, (kind, path) in enumerate(spec.disks):
        is_root = index == 0
        options = spec.root if is_root else USUAL
        add_disk(devices, next(letters), path, kind, options, is_block=is_root and spec.root_is_block)
    add_data(devices, letters, spec.data)
    if spec.install:
        add_install(devices, spec.install, spec.machine)
    interface = ElementTree.SubElement(devices, "interface", type="network")
    ElementTree.SubElement(interface, "mac", address=spec.mac)
    ElementTree.SubElement(interface, "source", network=spec.network)
    ElementTree.SubElement(interface, "model", type="virtio")
    for nic in spec.nics:
        add_nic(devices, nic)
    ElementTree.SubElement(ElementTree.SubElement(devices, "console", type="pty"), "target", type="serial", port="0")
    if spec.graphics:
        _graphics(devices, spec.graphics)
    if spec.tpm:
        tpm = ElementTree.SubElement(devices, "tpm", model="tpm-crb")
        ElementTree.SubElement(tpm, "backend", type="emulator", version="2.0")
    add_shares(domain, devices, spec.shares)
    add_watchdog(devices, spec.watchdog)
    add_balloon(devices, spec.balloon)
    rng = ElementTree.SubElement(devices, "rng", model="virtio")
    ElementTree.SubElement(rng, "backend", model="random").text = "/dev/urandom"
    ElementTree.indent(domain)
    return ElementTree.tostring(domain, encoding="unicode")


def _sizes(domain: ElementTree.Element, guest: ElementTree.Element, spec: DomainSpec) -> None:
    """What it has, of what it may be given while it runs: memory by its balloon, CPUs by plugging them in."""
    ElementTree.SubElement(domain, "memory", unit="MiB").text = str(spec.max_memory_mib or spec.memory_mib)
    cpus = ElementTree.SubElement(domain, "vcpu")
    cpus.text = str(spec.max_cpus or spec.cpus)
    if spec.max_memory_mib is None and spec.max_cpus is None:
        return
    guest.set("size", f"{spec.cpus}-{spec.memory_mib}")
    if spec.max_memory_mib:
        ElementTree.SubElement(domain, "currentMemory", unit="MiB").text = str(spec.memory_mib)
    if spec.max_cpus:
        cpus.set("current", str(spec.cpus))


def _firmware(domain: ElementTree.Element, spec: DomainSpec) -> None:
    """Libvirt finds UEFI's files by the descriptors that the host's packages bring, and keeps the guest's variables.

    Source: https://libvirt.org/formatdomain.html#bios-bootloader
    """
    system = ElementTree.SubElement(domain, "os")
    kind = ElementTree.SubElement(system, "type")
    kind.text = "hvm"
    if spec.machine:
        kind.set("machine", spec.machine)
    if spec.boot:
        add_kernel(system, spec.boot)
    if spec.firmware == "bios":
        return
    system.set("firmware", "efi")
    features = ElementTree.SubElement(system, "firmware")
    is_secure = "yes" if spec.firmware == "uefi-secure" else "no"
    for name in ("secure-boot", "enrolled-keys"):
        ElementTree.SubElement(features, "feature", enabled=is_secure, name=name)


def _graphics(devices: ElementTree.Element, graphics: Graphics) -> None:
    port = {"port": str(graphics.port), "autoport": "no"} if graphics.port else {"autoport": "yes"}
    ElementTree.SubElement(devices, "graphics", {"type": graphics.type, **port, "listen": graphics.listen})
    if graphics.type != "spice":
        return
    # For the clipboard, and a screen that follows the window's size.
    channel = ElementTree.SubElement(devices, "channel", type="spicevmc")
    ElementTree.SubElement(channel, "target", type="virtio", name="com.redhat.spice.0")
    # QXL, which libvirt would take, comes in a package of its own that hosts with SPICE may lack.
    ElementTree.SubElement(ElementTree.SubElement(devices, "video"), "model", type="vga")
