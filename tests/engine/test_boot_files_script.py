"""host/image.sh and host/probe.sh with what is no disk: a kernel, an initrd, an ISO."""

import gzip
import os
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.engine.test_image_script import PATH, ROOT, image, sha512

ISO = bytes(32768) + b"\x01CD001\x01".ljust(2048, b"\0")
HYBRID = bytes(510) + b"\x55\xaa" + ISO[512:]
"""One that starts from a USB stick, too, and so looks like a raw disk."""


@pytest.mark.parametrize("kind", ["iso", "kernel", "initrd"])
def test_kept_as_it_is(tmp_path: Path, kind: str) -> None:
    """Under its digest, for QEMU to read, and gone with the last name that it has."""
    file, pool = tmp_path / "it", tmp_path / "pool"
    file.write_bytes(HYBRID)
    for name in ("base-a", "base-b"):
        assert image("apply", pool, LINK=name, FILE=str(file), IMAGE_KIND=kind).returncode == 0
    kept = pool / f"{sha512(file)[:32]}.{kind}"
    assert (pool / "base-a").resolve() == (pool / "base-b").resolve() == kept
    assert kept.read_bytes() == HYBRID
    assert kept.stat().st_mode & 0o777 == 0o644
    assert image("delete", pool, LINK="base-a").returncode == 0
    assert kept.exists()
    assert image("delete", pool, LINK="base-b").returncode == 0
    assert not pool.exists()


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "must be an ISO image, got something else; give another file"),
        (HYBRID[:32768], "must be an ISO image, got something else; give another file"),
        (gzip.compress(ISO), "must be an ISO image by itself, got a gzip; unpack it, and give the ISO that is in it"),
    ],
    ids=["empty", "a disk", "packed"],
)
def test_no_iso(tmp_path: Path, content: bytes, told: str) -> None:
    """It is refused by what it holds, and nothing is left."""
    file = tmp_path / "it.iso"
    file.write_bytes(content)
    done = image("apply", tmp_path / "pool", FILE=str(file), IMAGE_KIND="iso")
    assert (done.returncode, done.stderr) == (1, f"iso {file}: {told}\n")
    assert not (tmp_path / "pool").exists()


def test_other_bytes(tmp_path: Path) -> None:
    """The digest comes first."""
    file = tmp_path / "vmlinuz"
    file.write_bytes(b"kernel")
    wanted = f"sha256:{'0' * 64}"
    done = image("apply", tmp_path / "pool", FILE=str(file), IMAGE_KIND="kernel", DIGEST=wanted)
    assert done.stderr.startswith(f"kernel {file}: its sha256 must be {'0' * 64}, got ")
    assert not (tmp_path / "pool").exists()


def test_side_by_side(tmp_path: Path) -> None:
    """The first files of a lab find no directory, and each makes it, if it is the first."""
    file, pool = tmp_path / "it", tmp_path / "pool"
    file.write_bytes(HYBRID)
    names = [f"base-{number}" for number in range(6)]

    def make(name: str) -> subprocess.CompletedProcess[str]:
        return image("apply", pool, LINK=name, FILE=str(file), IMAGE_KIND="iso")

    with ThreadPoolExecutor() as runs:
        done = list(runs.map(make, names))
    assert [each.stderr for each in done] == [""] * 6
    for name in names:
        assert image("delete", pool, LINK=name).returncode == 0
    assert not pool.exists()


def test_what_a_preview_sees(tmp_path: Path) -> None:
    """Of an ISO whether it is one, of other files nothing but that they are there."""
    (tmp_path / "pool").mkdir()
    for name in ("iso", "kernel", "initrd"):
        (tmp_path / "pool" / f"base-{name}-0").symlink_to("nothing")
    given = {
        "iso-1 hybrid": (HYBRID, "iso"),
        "iso-2 packed": (gzip.compress(ISO), "gzip"),
        "iso-3 disk": (HYBRID[:32768], "unknown"),
        "kernel-1 it": (b"MZ", "file"),
        "initrd-1 it": (gzip.compress(b""), "file"),
    }
    asked, expected = "", ""
    for name, (content, told) in given.items():
        file = tmp_path / name
        file.write_bytes(content)
        asked += f"base-{name.split()[0]} - {file}\n"
        expected += f"file {told} - - {file}\n"
    environment = {
        "PATH": PATH,
        "LAB": "t",
        "POOL_PATH": str(tmp_path / "pool"),
        "FILES": asked + "base-iso-4 - /srv/no",
    }
    done = subprocess.run(
        ["host/probe.sh"], cwd=ROOT, env=environment, capture_output=True, text=True, check=True, timeout=60
    )
    facts = [line for line in done.stdout.splitlines() if line.startswith(("file ", "base "))]
    assert "".join(f"{line}{os.linesep}" for line in facts) == f"{expected}file missing - - /srv/no\n"
