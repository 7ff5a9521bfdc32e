"""What tests of the online source share: an image, and a mirror for machines that start from it."""

import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.bundle.built import system
from tests.acceptance.kubernetes.mirror.mirror import Mirror
from tests.acceptance.kubernetes.mirror.parts import Parts, parts
from tests.acceptance.kubernetes.mirror.signer import Signer, signer
from tests.acceptance.tell import tell
from tests.e2e import lab

TOOLS = {"dpkg-scanpackages": "dpkg-dev", "gpg": "gpg", "qemu-img": "qemu-utils"}


@pytest.fixture(scope="session")
def room() -> Iterator[Path]:
    """Where what is large has room."""
    with tempfile.TemporaryDirectory(prefix="kvmlab-", dir="/var/tmp") as directory:
        yield Path(directory)


@pytest.fixture(scope="session")
def image() -> Path:
    """Debian 13, of its packages, as guests start from it where its own image cannot be reached."""
    for program, package in TOOLS.items():
        done = subprocess.run(["sh", "-c", f"command -v {program}"], capture_output=True, check=False)
        assert done.returncode == 0, f"{program}: must be on PATH, got none; apt-get install {package}"
    return lab.image()


@pytest.fixture(scope="session")
def key() -> Iterator[Signer]:
    """Whose repositories they are."""
    with signer() as made:
        yield made


@pytest.fixture(scope="session")
def collected(room: Path) -> Parts:
    """Programs and images."""
    at = room / "parts"
    at.mkdir()
    return parts(at)


@pytest.fixture(scope="session")
def mirror(image: Path, collected: Parts, key: Signer, room: Path) -> Mirror:
    """For guests of that image."""
    with system(image, room / "image") as root:
        status = (root / "var/lib/dpkg/status").read_text("utf-8")
    at = room / "mirror"
    at.mkdir()
    made = Mirror(collected, status, key, at)
    tell(f"a mirror of {len(made.names)} servers with {len(made.answers)} files")
    return made
