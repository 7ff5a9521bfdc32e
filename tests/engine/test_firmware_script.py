"""host/firmware.sh, asked of images and descriptors that are made here, and of those that the host has."""

import json
import struct
import subprocess
from pathlib import Path

import pytest

from tests.engine.conftest import ROOT

ESP = bytes.fromhex("28732ac11ff8d211ba4b00a0c93ec93b")
LINUX = bytes.fromhex("af3dc60f838472478e793d69d8477de4")
SECTOR = 512


def mbr(*types: int) -> bytes:
    """A boot sector with partitions of these types."""
    entries = b"".join(struct.pack("<B3sB3sII", 0, b"", kind, b"", 1, 1) for kind in types)
    return bytes(446) + entries.ljust(64, b"\0") + b"\x55\xaa"


def gpt(*types: bytes) -> bytes:
    """A protective boot sector, the head, and partitions of these types."""
    return mbr(0xEE) + b"EFI PART".ljust(SECTOR, b"\0") + b"".join(kind.ljust(128, b"\0") for kind in types)


def call(text: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Call one of its functions."""
    return subprocess.run(
        ["/bin/sh", "-euc", f". host/firmware.sh; {text}", "sh", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("kind", ["raw", "qcow2", "vmdk"])
@pytest.mark.parametrize(
    ("table", "expected"),
    [
        (gpt(LINUX, ESP), True),
        (gpt(*[LINUX] * 127, ESP), True),
        (gpt(LINUX), False),
        (mbr(0x83, 0xEF), True),
        (mbr(0x83), False),
        # What lies in a boot loader, or on a disk without partitions, is no partition.
        (ESP.ljust(440, b"\0"), False),
        (b"", False),
    ],
)
def test_system_partition(table: bytes, expected: bool, kind: str, tmp_path: Path) -> None:
    """It is found in GPT and MBR, in whatever format the image is."""
    raw, image = tmp_path / "disk", tmp_path / "an image"
    raw.write_bytes(table.ljust(1024**2, b"\0"))
    subprocess.run(["qemu-img", "convert", "-f", "raw", "-O", kind, raw, image], check=True)
    done = call('has_esp "$1" "$2"', str(image), kind)
    assert (done.returncode == 0, done.stdout, done.stderr) == (expected, "", "")


def test_what_is_no_image(tmp_path: Path) -> None:
    """It has no partitions."""
    (tmp_path / "notes").write_text("some notes")
    for name in ("notes", "absent"):
        assert call('has_esp "$1" raw', str(tmp_path / name)).returncode == 1


def descriptor(*features: str, architecture: str = "x86_64", kind: str = "uefi", mode: str = "split") -> str:
    """Firmware as a package describes it."""
    return json.dumps(
        {
            "interface-types": [kind],
            "mapping": {"device": "flash", "mode": mode},
            "targets": [{"architecture": architecture}],
            "features": features,
        },
        indent=4,
    )


@pytest.mark.parametrize(
    ("descriptors", "expected"),
    [
        ([descriptor("acpi-s3")], ["uefi"]),
        ([descriptor("secure-boot", "requires-smm")], []),
        ([descriptor("secure-boot", "enrolled-keys")], ["uefi-secure"]),
        ([descriptor(), descriptor("secure-boot", "enrolled-keys"), descriptor("amd-sev")], ["uefi", "uefi-secure"]),
        ([descriptor(architecture="aarch64"), descriptor(kind="bios")], []),
        # Without variables of its own a guest cannot keep any.
        ([descriptor(mode="stateless")], []),
        ([], []),
    ],
)
def test_descriptors(descriptors: list[str], expected: list[str], tmp_path: Path) -> None:
    """What can be had follows from what each says of itself."""
    for number, text in enumerate(descriptors):
        (tmp_path / f"{number}.json").write_text(text)
    assert call('firmware_of "$@"', str(tmp_path), "/nonexistent").stdout.split() == expected


@pytest.mark.usefixtures("libvirt")
def test_this_machine() -> None:
    """Debian's package has both."""
    assert call("firmware_of /usr/share/qemu/firmware").stdout.split() == ["uefi", "uefi-secure"]
