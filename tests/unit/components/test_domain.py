"""A domain's definition is what libvirt is to read, and its hash changes with it and with nothing else."""

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from components.domain import DomainSpec, Graphics, definition
from components.domain_boot import DirectBoot, Install
from components.domain_disks import DataVolume, DiskOptions
from components.domain_nics import NicSpec, made_from
from components.domain_parts import Balloon, Cpu, Topology
from components.domain_shares import Share
from components.enums import NicKind

CASES = Path(__file__).parents[2] / "cases" / "domain"
SPEC = DomainSpec(
    name="six-node-1",
    uuid="8c6bdd10-6a2b-4c8e-9a57-0d9e6f0f0001",
    description="guest of kvmlab lab six",
    accelerator="kvm",
    cpus=2,
    memory_mib=2048,
    max_cpus=None,
    max_memory_mib=None,
    firmware="bios",
    machine=None,
    tpm=False,
    graphics=Graphics("vnc", None),
    boot=None,
    install=None,
    disks=[("qcow2", "/srv/six/six-node-1.qcow2"), ("raw", "/srv/six/six-node-1-seed.iso")],
    data=[],
    network="six",
    mac="52:54:00:ab:cd:ef",
    instance=["network-uuid", "10.20.6.5", "iid-1"],
)
KEPT_NICS = [
    NicSpec("backend", "52:54:00:00:00:02", NicKind.NETWORK, "six-backend", "virtio", None, ["uuid"]),
    NicSpec("lan", "52:54:00:00:00:03", NicKind.BRIDGE, "br0", "e1000e", 1400, []),
    NicSpec("wire", "52:54:00:00:00:04", NicKind.DIRECT, "eth1", "virtio", 1400, []),
]
CHANGES: dict[str, object] = {
    "name": "six-node-2",
    "uuid": "8c6bdd10-6a2b-4c8e-9a57-0d9e6f0f0002",
    "description": "guest of kvmlab lab seven",
    "accelerator": "qemu",
    "cpus": 4,
    "memory_mib": 4096,
    "max_cpus": 8,
    "max_memory_mib": 8192,
    "firmware": "uefi",
    "machine": "q35",
    "tpm": True,
    "graphics": Graphics("vnc", 6000),
    "boot": DirectBoot("/srv/six/base-kernel-0", None, ""),
    "install": Install("/srv/six/base-iso-0", None),
    "disks": SPEC.disks[:1],
    "data": [DataVolume("data", "/srv/six/six-node-1.data.qcow2")],
    "network": "seven",
    "mac": "52:54:00:00:00:01",
    "instance": ["network-uuid", "10.20.6.5", "iid-2"],
    "cpu": Cpu("host-model", None),
    "cpu_shares": 4096,
    "balloon": Balloon(is_there=False, free_page_reporting=False, autodeflate=False),
    "watchdog": "reset",
    "title": "the lab's door",
    "shares": [Share("data", "/srv/data")],
    "nics": KEPT_NICS,
    "root": DiskOptions(cache="none"),
    "root_is_block": True,
}


def digest(spec: DomainSpec) -> str:
    """By which a host tells what a domain was defined from."""
    (found,) = re.findall(r'definition="([0-9a-f]{32})"', definition(spec))
    return found


KEPT: dict[str, DomainSpec] = {
    "kvm": SPEC,
    "qemu": SPEC._replace(accelerator="qemu"),
    "uefi": SPEC._replace(firmware="uefi", machine="q35", graphics=None),
    "parts": SPEC._replace(
        cpu_shares=4096,
        cpu=Cpu("host-model", Topology(1, 2, 1)),
        balloon=Balloon(is_there=True, free_page_reporting=True, autodeflate=True),
        watchdog="poweroff",
    ),
    "parts-emulated": SPEC._replace(
        accelerator="qemu",
        cpu=Cpu(None, Topology(2, 1, 1)),
        balloon=Balloon(is_there=False, free_page_reporting=False, autodeflate=False),
    ),
    "parts-named": SPEC._replace(cpu=Cpu("Westmere", None), machine="q35", watchdog="inject-nmi"),
    "kernel": SPEC._replace(boot=DirectBoot("/srv/a&b/base-kernel-0", "/srv/six/base-initrd-0", "a='<' console=ttyS0")),
    "screen": SPEC._replace(graphics=Graphics("vnc", 6000, "0.0.0.0", "1a2b3c4d")),  # noqa: S104 (on purpose)
    "title": SPEC._replace(title="the lab's <door> & more"),
    "shares": SPEC._replace(shares=[Share("data", "/srv/a&b"), Share("home", "/home/a b")]),
    "nics": SPEC._replace(nics=KEPT_NICS),
    "growing": SPEC._replace(max_cpus=8, max_memory_mib=8192),
    "install-pc": SPEC._replace(machine="pc", install=Install("/srv/six/base-iso-0", None)),
    "install-uefi": SPEC._replace(
        firmware="uefi", machine="q35", install=Install("/srv/six/base-iso-0", "/srv/six/six-node-1-install.iso")
    ),
    "data": SPEC._replace(
        data=[DataVolume("archive", "/srv/six/six-node-1.archive.qcow2"), DataVolume("data", "/srv/a&b/data.qcow2")]
    ),
    "volume-group": SPEC._replace(
        disks=[("raw", "/dev/labvg/six-node-1"), SPEC.disks[1]],
        root_is_block=True,
        data=[DataVolume("data", "/dev/labvg/six-node-1.data", "raw", is_block=True)],
    ),
    "disks": SPEC._replace(
        root=DiskOptions(cache="writeback", io="threads", discard="unmap"),
        data=[
            DataVolume("data", "/srv/six/six-node-1.data.qcow2", options=DiskOptions("none", "native", "ignore")),
            DataVolume("ring", "/srv/ring.img", "raw", options=DiskOptions("directsync", "io_uring")),
            DataVolume("disc", "/dev/disk/by-id/wwn-0x5", "raw", is_block=True, options=DiskOptions("none")),
            DataVolume("both", "/dev/loop9", "raw", is_block=True, is_shared=True, options=DiskOptions("none")),
            DataVolume("old", "/srv/old.qcow2", is_read_only=True),
        ],
    ),
    "uefi-secure": SPEC._replace(firmware="uefi-secure", machine="q35", tpm=True, graphics=Graphics("spice", 6000)),
}


@pytest.mark.parametrize("name", KEPT)
def test_definition(name: str) -> None:
    """The XML is the one that is kept; tests/engine has it checked by libvirt's own schema."""
    assert definition(KEPT[name]) == (CASES / f"{name}.xml").read_text("utf-8").strip()


def test_all_that_is_kept_is_made() -> None:
    """What tests/engine checks is what this makes."""
    assert {case.stem for case in CASES.iterdir()} == KEPT.keys()


@pytest.mark.parametrize("field", CHANGES.keys() - {"data", "nics", "title"})
def test_hash_follows_the_definition(field: str) -> None:
    """Anything that is not as it was is another definition."""
    assert digest(SPEC._replace(**{field: CHANGES[field]})) != digest(SPEC)  # pyright: ignore[reportArgumentType]


def test_data_disks_are_no_other_machine() -> None:
    """They have a hash of their own: a guest need not restart for one, and its definition is another all the same."""
    kept = [SPEC, *(SPEC._replace(data=[DataVolume(name, f"/srv/{name}")]) for name in ("a", "b"))]
    assert len({digest(spec) for spec in kept}) == 1
    assert len({tuple(re.findall(r' data="([0-9a-f]{32})"', definition(spec))) for spec in kept}) == 3


def test_further_nics_are_no_other_machine() -> None:
    """They have a hash of their own, and each an alias that tells what it is made from."""
    lan = KEPT_NICS[1]
    others = [
        *(lan._replace(**{key: value}) for key, value in (("mac", "52:54:00:00:00:09"), ("model", "virtio"))),
        *(lan._replace(**{key: value}) for key, value in (("source", "br1"), ("mtu", None), ("standing", ["b"]))),
        lan._replace(kind=NicKind.DIRECT),
    ]
    specs = [SPEC, *(SPEC._replace(nics=[nic]) for nic in (lan, *others))]
    assert len({digest(spec) for spec in specs}) == 1
    assert len({tuple(re.findall(r' nics="([0-9a-f]{32})"', definition(spec))) for spec in specs}) == len(specs)
    made = [made_from(definition(spec)) for spec in specs]
    assert made[0] == {}
    assert len({each["lan"] for each in made[1:]}) == len(specs) - 1


def test_a_title_is_no_other_machine() -> None:
    """It is for people, and its definition is another all the same."""
    kept = [SPEC, *(SPEC._replace(title=title) for title in ("a", "b"))]
    assert len({digest(spec) for spec in kept}) == 1
    assert len({tuple(re.findall(r' title="([0-9a-f]{32})"', definition(spec))) for spec in kept}) == 3


def test_another_password_is_no_other_machine() -> None:
    """But to have one at all is."""
    none, *kept = (SPEC._replace(graphics=Graphics("vnc", None, mark=mark)) for mark in (None, "1a2b", "3c4d"))
    assert len({digest(spec) for spec in kept}) == 1
    assert digest(none) == digest(SPEC) != digest(kept[0])
    assert [re.findall(r' password="(\w+)"', definition(spec)) for spec in kept] == [["1a2b"], ["3c4d"]]


def test_every_field_is_tried() -> None:
    """A new field must be added to the changes above."""
    assert CHANGES.keys() == set(DomainSpec._fields)


def test_text_is_escaped() -> None:
    """Whatever a name holds stays a name."""
    name = ElementTree.fromstring(definition(SPEC._replace(name="a<b&c"))).findtext("name")  # noqa: S314 (our own)
    assert name == "a<b&c"
