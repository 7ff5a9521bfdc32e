"""Parts of a domain that few guests ask for: another CPU, another balloon, a watchdog. Pure.

Source: https://libvirt.org/formatdomain.html
"""

from typing import NamedTuple
from xml.etree.ElementTree import Element, SubElement

CPU_MODES = ("host-passthrough", "host-model", "maximum")
"""What a CPU is made after; any other model is one that libvirt knows by its name."""


class Topology(NamedTuple):
    """How a guest's CPUs are laid out; the three multiplied are how many there are."""

    sockets: int
    cores: int
    """Of each socket."""
    threads: int
    """Of each core."""


class Cpu(NamedTuple):
    """What a guest's CPU is."""

    model: str | None
    """One of CPU_MODES, or a name that libvirt knows; none is what it would be without all this."""
    topology: Topology | None
    """None is a socket for each CPU."""

    @property
    def shown(self) -> str:
        """In words for a preview."""
        laid_out = self.topology and "{} x {} x {} sockets, cores, threads".format(*self.topology)
        return ", ".join(part for part in (self.model, laid_out) if part)


class Balloon(NamedTuple):
    """What takes memory back from a guest; libvirt gives one that asks for nothing virtio, with neither."""

    is_there: bool
    free_page_reporting: bool
    """Whether the guest tells of pages that it has freed, which the host then takes back."""
    autodeflate: bool
    """Whether it gives memory back to a guest that is about to run out of it."""

    @property
    def shown(self) -> str:
        """In words for a preview."""
        reporting = self.free_page_reporting and "free page reporting"
        deflate = self.autodeflate and "autodeflate"
        return ", ".join(part for part in ("virtio", reporting, deflate) if part) if self.is_there else "none"


def add_cpu(domain: Element, accelerator: str, cpu: Cpu | None) -> None:
    """The CPU; an emulated one that asks for nothing stays libvirt's default.

    All that QEMU can emulate is slower to emulate.
    """
    model = (cpu and cpu.model) or ("host-passthrough" if accelerator == "kvm" else None)
    if not model and not cpu:
        return
    if not model:
        element = SubElement(domain, "cpu")
    elif model in CPU_MODES:
        element = SubElement(domain, "cpu", mode=model)
    else:
        element = SubElement(domain, "cpu", mode="custom", match="exact")
        # Another one in its place would be another machine on another host.
        SubElement(element, "model", fallback="forbid").text = model
    if cpu and cpu.topology:
        SubElement(element, "topology", {key: str(count) for key, count in cpu.topology._asdict().items()})


def add_balloon(devices: Element, balloon: Balloon | None) -> None:
    """The balloon, where it is to be another one than libvirt's default."""
    if balloon is None:
        return
    element = SubElement(devices, "memballoon", model="virtio" if balloon.is_there else "none")
    if balloon.autodeflate:
        element.set("autodeflate", "on")
    if balloon.free_page_reporting:
        element.set("freePageReporting", "on")


def add_watchdog(devices: Element, action: str | None) -> None:
    """The watchdog: i6300esb, which boards of both types take, and every libvirt knows."""
    if action:
        SubElement(devices, "watchdog", model="i6300esb", action=action)
