"""Disks of guests, for real: ways to go about them, and files and block devices that were on the host before.

`make e2e-guests` runs it, in six minutes without KVM. One story: each test goes on from the last.
"""

import hashlib
import struct
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from components.effects import Effect
from tests.acceptance.edits import agree, happened, predicted, seen
from tests.e2e.lab import Lab, host, run

pytestmark = [pytest.mark.usefixtures("libvirt"), pytest.mark.timeout(1800)]

STACK = "e2e-disks"
POOL = Path(f"/var/lib/libvirt/images/{STACK}")
BY_ID = "/dev/disk/by-id/virtio-"
QUICK: dict[str, Any] = {"memory": "128MiB", "disk": "256MiB", "waitFor": "start", "shutdownTimeout": "0s"}
MIB = 1024**2


class Place(NamedTuple):
    """What is on the host before the lab, and what it was."""

    directory: Path
    device: str
    """A loop device over `device.img`, which stands for a disk."""

    def owners(self) -> list[tuple[int, int, int]]:
        """Of each file and of the device: user, group and mode."""
        files = [file for file in sorted(self.directory.iterdir()) if file.is_file()]
        return [
            (stat.st_uid, stat.st_gid, stat.st_mode) for stat in (file.stat() for file in (*files, Path(self.device)))
        ]

    def path(self, name: str) -> str:
        """Of a file."""
        return str(self.directory / name)

    def digests(self) -> dict[str, str]:
        """Of each file."""
        return {
            file.name: hashlib.sha256(file.read_bytes()).hexdigest()
            for file in sorted(self.directory.iterdir())
            if file.is_file()
        }


@pytest.fixture(scope="module")
def found() -> dict[str, list[str]]:
    """The host before the lab."""
    Lab(STACK).sweep()
    return host()


@pytest.fixture(scope="module")
def place(found: dict[str, list[str]]) -> Iterator[Place]:
    """Files of somebody's, a device, and a path more that leads to it."""
    assert STACK not in found["pools"]
    with tempfile.TemporaryDirectory(prefix="kvmlab disks ", dir="/var/tmp") as name:
        directory = Path(name)
        directory.chmod(0o711)
        for file, size in (("a.img", 64), ("b.img", 96), ("device.img", 128)):
            (directory / file).write_bytes(f"this is {file}\n".encode())
            subprocess.run(["truncate", "-s", f"{size}M", directory / file], check=True)
        subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", directory / "c.qcow2", "160M"], check=True)
        subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", directory / "empty.qcow2", "64M"], check=True)
        device = run("losetup", "-f", "--show", str(directory / "device.img")).stdout.strip()
        (directory / "link").symlink_to(device)
        yield Place(directory, device)
        run("losetup", "-d", device)


@pytest.fixture(scope="module")
def owners(place: Place) -> list[tuple[int, int, int]]:
    """Whose they were before any guest had them."""
    return place.owners()


@pytest.fixture(scope="module")
def lab(place: Place, owners: list[tuple[int, int, int]]) -> Iterator[Lab]:
    """A guest that boots, and two that boot nothing, one of which has a disk of its own."""
    assert owners
    made = Lab(STACK)
    write(made, place)
    made.make("up")
    yield made
    made.remove()


def write(lab: Lab, place: Place, **guests: dict[str, Any]) -> None:
    """The lab, with disks of its guests, and other keys of theirs."""
    empty = {"image": {"file": place.path("empty.qcow2")}}
    own = {"data": {"size": "256MiB", "protect": False}}
    names = {"web": {}, "one": {**QUICK, **empty, "disks": own}, "two": {**QUICK, **empty}}
    lab.write(
        {
            "kind": "guests",
            "network": {"cidr": "10.20.88.0/24"},
            "guests": {name: {**usual, **guests.get(name, {})} for name, usual in names.items()},
        }
    )


def edit(lab: Lab, expected: dict[str, Effect]) -> None:
    """Make it so: what becomes of each guest was said before, and is what happened."""
    before = {name: seen(f"{STACK}-{name}", POOL) for name in ("web", "one", "two")}
    assert predicted(lab) == expected
    lab.make("up")
    for name, was in before.items():
        assert agree(expected.get(name, Effect.NOTHING), happened(was, seen(f"{STACK}-{name}", POOL))), name
    assert lab.changes() == {}


def refused(lab: Lab, place: Place, *words: str, **guests: dict[str, Any]) -> None:
    """A run that ends before anything is changed, and says why."""
    write(lab, place, **guests)
    before, files = host(), place.digests()
    done = run("make", "up", f"STACK={STACK}")
    assert done.returncode != 0, done.stdout
    assert all(word in done.stdout for word in words), done.stdout
    assert place.digests() == files
    after = host()
    assert {key: after[key] for key in after if after[key] != before[key]} == {}


def disk(guest: str, serial: str) -> str:
    """What libvirt says of a disk of a guest that runs."""
    (told,) = [
        part
        for part in run("virsh", "dumpxml", f"{STACK}-{guest}").stdout.split("<disk ")[1:]
        if f"<serial>{serial}</serial>" in part
    ]
    return told.partition("</disk>")[0]


def test_a_way_of_its_own(lab: Lab, place: Place) -> None:
    """A disk that is there takes a restart to be gone about in another way, there and back; one that comes does not."""
    own = {"size": "256MiB", "protect": False}
    write(lab, place, one={"disks": {"data": {**own, "cache": "none", "io": "native", "discard": "ignore"}}})
    edit(lab, {"one": Effect.RESTART})
    assert "cache='none' io='native' discard='ignore'" in disk("one", "data")
    write(lab, place)
    edit(lab, {"one": Effect.RESTART})
    assert "cache=" not in disk("one", "data")
    log: dict[str, Any] = {**own, "cache": "directsync"}
    for io, expected in (("threads", Effect.LIVE), ("io_uring", Effect.RESTART)):
        write(lab, place, one={"disks": {"data": own, "log": {**log, "io": io}}})
        edit(lab, {"one": expected})
        assert f"cache='directsync' io='{io}' discard='unmap'" in disk("one", "log")
    write(lab, place, one={"disk": {"size": "256MiB", "cache": "unsafe"}, "disks": {"data": own, "log": log}})
    edit(lab, {"one": Effect.RESTART})
    assert "cache='unsafe'" in run("virsh", "dumpxml", f"{STACK}-one").stdout
    write(lab, place)
    edit(lab, {"one": Effect.RESTART})


def test_a_device_in_use(lab: Lab, place: Place, tmp_path: Path) -> None:
    """Mounted, swapped to, or a member of an array: it is refused, whatever path leads to it, and stays as it is."""
    kept = Path(place.path("device.img")).read_bytes()
    wanted = {"web": {"disks": {"disc": {"path": place.path("link")}}}}
    where = f"lab.guests.web.disks.disc.path: must be in nobody's use, got '{place.path('link')}', which"
    subprocess.run(["mkfs.ext4", "-q", place.device], check=True)
    subprocess.run(["mount", "-o", "ro", place.device, tmp_path], check=True)
    try:
        refused(lab, place, f"{where} is mounted at {tmp_path}", **wanted)
    finally:
        subprocess.run(["umount", tmp_path], check=True)
    subprocess.run(["mkswap", place.device], check=True, capture_output=True)
    subprocess.run(["swapon", place.device], check=True)
    try:
        refused(lab, place, f"{where} the host swaps to", **wanted)
    finally:
        subprocess.run(["swapoff", place.device], check=True)
    # Its superblock of version 1.2, 4 KiB from the start: https://raid.wiki.kernel.org/index.php/RAID_superblock_formats
    superblock = bytearray(4096)
    struct.pack_into("<IIII", superblock, 0, 0xA92B4EFC, 1, 0, 0)
    struct.pack_into("<Q", superblock, 0x90, 8)
    Path(place.device).write_bytes(bytes(4096) + superblock + bytes(8 * MIB))
    refused(lab, place, f"{where} {place.device} says is a part of linux_raid_member", **wanted)
    file = {"web": {"disks": {"disc": {"path": place.path("device.img")}}}}
    refused(lab, place, f"'{place.path('device.img')}', which {place.device} is made of", **file)
    Path(place.device).write_bytes(kept)


def test_a_partition_in_use(lab: Lab, place: Place, tmp_path: Path) -> None:
    """A disk is in use when a part of it is."""
    image, at = tmp_path / "parts.img", tmp_path / "mounted"
    at.mkdir()
    subprocess.run(["truncate", "-s", "64M", image], check=True)
    subprocess.run(["sfdisk", "-q", image], input=b"2048,,L\n", check=True)
    device = run("losetup", "-f", "--show", str(image)).stdout.strip()
    # The kernel need not know of partition tables.
    subprocess.run(["partx", "-a", device], check=True)
    try:
        subprocess.run(["mkfs.ext4", "-q", f"{device}p1"], check=True)
        subprocess.run(["mount", "-o", "ro", f"{device}p1", at], check=True)
        try:
            mounted = f"got '{device}', which is mounted at {at} by {device}p1"
            refused(lab, place, mounted, web={"disks": {"disc": {"path": device}}})
        finally:
            subprocess.run(["umount", at], check=True)
    finally:
        subprocess.run(["partx", "-d", device], check=True)
        subprocess.run(["losetup", "-d", device], check=True)


def test_what_is_somebody_elses(lab: Lab, place: Place) -> None:
    """Another domain's, another guest's by another path, and what is no disk."""
    other = f"{STACK}.other"  # no name of a lab's
    xml = place.directory / "other.xml"
    xml.write_text(
        f"<domain type='qemu'><name>{other}</name><memory>65536</memory><os><type>hvm</type></os><devices>"
        f"<disk type='file'><driver name='qemu' type='raw'/><source file='{place.path('a.img')}'/><target dev='vda'/>"
        "</disk></devices></domain>",
        encoding="utf-8",
    )
    subprocess.run(["virsh", "-q", "define", xml], check=True, capture_output=True)
    try:
        words = f"must be one guest's alone, got '{place.path('a.img')}', which domain '{other}' has now"
        refused(lab, place, words, web={"disks": {"a": {"path": place.path("a.img")}}})
    finally:
        subprocess.run(["virsh", "-q", "undefine", other], check=True, capture_output=True)
        xml.unlink()
    refused(
        lab,
        place,
        f"lab.guests.web.disks.b.path: must be one guest's alone, or shared: true in each, got '{place.path('link')}'",
        f"which is one's '{place.device}'",
        "lab.guests.web.disks.gone.path: must be on the host, got '/dev/kvmlab-none', which is not",
        "lab.guests.web.disks.no.path: must be a file or a block device, got '/dev/null', which is neither",
        one={"disks": {"b": {"path": place.device}}},
        web={
            "disks": {
                "b": {"path": place.path("link"), "shared": True},
                "gone": {"path": "/dev/kvmlab-none"},
                "no": {"path": "/dev/null"},
            }
        },
    )


def test_by_path(lab: Lab, place: Place) -> None:
    """Files and a device come to a guest that runs, raw and qcow2, under the names that they have there."""
    disks = {
        "a": {"path": place.path("a.img")},
        "c": {"path": place.path("c.qcow2"), "readOnly": True},
        "disc": {"path": place.path("link")},
    }
    write(lab, place, web={"disks": disks})
    edit(lab, {"web": Effect.LIVE})
    sizes = lab.ssh("web", f"for disk in a c disc; do lsblk -bdno SIZE,RO {BY_ID}$disk; done").split()
    assert sizes == [str(64 * MIB), "0", str(160 * MIB), "1", str(128 * MIB), "0"]
    assert lab.ssh("web", f"sudo head -n 1 {BY_ID}a; sudo head -n 1 {BY_ID}disc") == "this is a.img\nthis is device.img"
    assert "type='raw'" in disk("web", "disc")
    assert "type='qcow2'" in disk("web", "c")
    refused(
        lab,
        place,
        f"lab.guests.one.disks.mine.path: must be one guest's alone, got '{place.path('a.img')}', "
        f"which domain '{STACK}-web' has now; take it out there",
        one={"disks": {"mine": {"path": place.path("a.img")}}},
    )


def test_another_path(lab: Lab, place: Place) -> None:
    """It comes in the first one's place, and what goes is let go of, all while the guest runs."""
    disks = {"a": {"path": place.path("b.img")}, "disc": {"path": place.path("link")}}
    write(lab, place, web={"disks": disks})
    edit(lab, {"web": Effect.LIVE})
    assert lab.ssh("web", f"sudo head -n 1 {BY_ID}a; ls {BY_ID}*").split("\n") == [
        "this is b.img",
        f"{BY_ID}a",
        f"{BY_ID}disc",
    ]


def test_a_shared_disk(lab: Lab, place: Place) -> None:
    """It takes a restart to be shared, and then another guest gets it; what one writes is on the device at once."""
    shared = {"disc": {"path": place.path("link"), "shared": True}}
    write(lab, place, web={"disks": shared})
    edit(lab, {"web": Effect.RESTART})
    write(lab, place, web={"disks": shared}, two={"disks": {"it": {"path": place.device, "shared": True}}})
    edit(lab, {"two": Effect.LIVE})
    for guest, name in (("web", "disc"), ("two", "it")):
        assert "<shareable/>" in disk(guest, name)
        assert "cache='none'" in disk(guest, name)
    lab.ssh("web", f"echo written | sudo dd of={BY_ID}disc bs=512 seek=8 conv=sync oflag=direct status=none")
    with Path(place.device).open("rb") as device:
        device.seek(4096)
        assert device.read(8) == b"written\n"[:8]


def test_destroy_leaves_all_as_found(
    lab: Lab, place: Place, found: dict[str, list[str]], owners: list[tuple[int, int, int]]
) -> None:
    """Files and device are there, whose they were, and hold what was on them, with what the guest wrote."""
    before = place.digests()
    lab.remove()
    assert place.digests() == before
    # What is read-only or shared libvirt does not give back, since another guest might have it.
    given = [path for path in place.directory.iterdir() if path.is_file() and path.name != "c.qcow2"]
    assert {(path.stat().st_uid, path.stat().st_gid) for path in given} == {owners[0][:2]}
    assert Path(place.path("a.img")).read_bytes()[:13] == b"this is a.img"
    assert place.device in run("losetup", "-nO", "NAME", "-j", place.path("device.img")).stdout
    assert host() == found
