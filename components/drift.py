"""What somebody has done by hand to a guest, beside its config. Pure."""

from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from typing import NamedTuple
from xml.etree import ElementTree

KIB = {"KiB": 1, "MiB": 1024}
_GIVEN, _LATER = "and is given that", "until it restarts"


class Seen(NamedTuple):
    """A domain as it runs, as it is stored, or as it is to be."""

    definition: str = ""
    """The hash of what it was defined from; empty for one that is not ours."""
    most_kib: int = 0
    """As much memory as it can be given while it runs."""
    memory_kib: int = 0
    cpus: int = 0
    nics: AbstractSet[str] = frozenset()
    """MACs."""
    disks: AbstractSet[str] = frozenset()
    """Paths."""


class DomainState(NamedTuple):
    """A domain on its host."""

    state: str
    """Libvirt's word: `running`, `shut off`, `paused`, ..."""
    autostart: bool
    live: Seen
    stored: Seen

    @property
    def is_off(self) -> bool:
        """Whether nothing of it runs."""
        return self.state in ("shut off", "crashed")


class Finding(NamedTuple):
    """One thing that is not as config says."""

    text: str
    is_mended: bool
    """Whether a run sees to it; else it is told, and left to whoever did it."""


def wanted(definition: str) -> Seen:
    """What a definition of ours makes of a domain."""
    domain = ElementTree.fromstring(definition)  # noqa: S314 (our own)
    memory = [_kib(element) for tag in ("memory", "currentMemory") if (element := domain.find(tag)) is not None]
    (guest,) = domain.iterfind("metadata/{urn:kvmlab}guest")
    (vcpu,) = domain.iterfind("vcpu")
    return Seen(
        definition=guest.get("definition", ""),
        most_kib=memory[0],
        memory_kib=memory[-1],
        cpus=int(vcpu.get("current") or vcpu.text or 0),
        nics=frozenset(mac.get("address", "") for mac in domain.iterfind("devices/interface/mac")),
        # What is in a CD drive is taken out by whoever likes, as an installer at its end.
        disks=frozenset(
            source.get("file") or source.get("dev", "")
            for disk in domain.iterfind("devices/disk")
            for source in disk.iterfind("source")
            if disk.get("device") != "cdrom"
        ),
    )


def findings(domain: str, seen: DomainState, asked: Seen, *, autostart: bool, is_on: bool = True) -> Iterator[Finding]:
    """What is not as config says.

    Args:
        domain: its name.
        seen: the domain as it is. What it was defined from another config in is no drift, but a change of ours.
        asked: the domain as config has it.
        autostart: whether it is to start with the host.
        is_on: whether it is to run.
    """
    if seen.is_off and is_on:
        yield Finding(f"is {seen.state}, and is started", is_mended=True)
    elif seen.state == "paused" and is_on:
        yield Finding("is paused, and goes on", is_mended=True)
    elif not seen.is_off and not is_on:
        yield Finding(
            f"is {seen.state}, though config says off; shut it down with: virsh shutdown {domain}", is_mended=False
        )
    if seen.autostart != autostart:
        yield Finding(
            f"{'starts' if seen.autostart else 'does not start'} with the host, and is set right", is_mended=True
        )
    if seen.stored.definition == asked.definition and _but_for_most(seen.stored) != _but_for_most(asked):
        what = ", ".join(_differences(seen.stored, asked))
        yield Finding(f"would start next with {what}, and is defined as config says", is_mended=True)
    if not seen.is_off and seen.live.definition == asked.definition:
        yield from _running(domain, seen.live, asked)


def _running(domain: str, live: Seen, asked: Seen) -> Iterator[Finding]:
    if live.memory_kib != asked.memory_kib:
        can = asked.memory_kib <= live.most_kib
        yield Finding(
            f"runs with {_memory(live, asked)}, {'and is given that' if can else 'until it restarts'}", is_mended=can
        )
    if live.cpus != asked.cpus:
        can = live.cpus < asked.cpus
        yield Finding(
            f"runs with {_cpus(live, asked)}, {'and is given that' if can else 'until it restarts'}", is_mended=can
        )
    for kind, here, there in (("NIC", live.nics, asked.nics), ("disk", live.disks, asked.disks)):
        for name in sorted(there - here):
            yield Finding(f"lacks its {kind} {name}, and is given it", is_mended=True)
        for name in sorted(here - there):
            yield Finding(
                f"has a {kind} that config does not know, {name}; see it with: virsh dumpxml {domain}", is_mended=False
            )


def _differences(seen: Seen, asked: Seen) -> Iterator[str]:
    if seen.memory_kib != asked.memory_kib:
        yield _memory(seen, asked)
    if seen.cpus != asked.cpus:
        yield _cpus(seen, asked)
    for kind, here, there in (("NIC", seen.nics, asked.nics), ("disk", seen.disks, asked.disks)):
        yield from (f"no {kind} {name}" for name in sorted(there - here))
        yield from (f"a {kind} {name}" for name in sorted(here - there))


def _memory(seen: Seen, asked: Seen) -> str:
    return f"{seen.memory_kib // 1024} MiB of memory, where config says {asked.memory_kib // 1024}"


def _cpus(seen: Seen, asked: Seen) -> str:
    return f"{seen.cpus} CPUs, where config says {asked.cpus}"


def _but_for_most(seen: Seen) -> Seen:
    return seen._replace(most_kib=0)


def _kib(element: ElementTree.Element) -> int:
    return int(element.text or 0) * KIB[element.get("unit", "KiB")]
