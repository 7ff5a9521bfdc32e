"""The machine's kernel and its LVM, unpacked: installed, they would be this machine's."""

import re
import subprocess
from pathlib import Path

import pytest

from tests.acceptance.lvm import machine

APT = ["apt-get", "-q", "-o", "APT::Sandbox::User=root", "download"]
NEEDED = ("lvm2", "dmsetup", "libdevmapper1.02.1", "libdevmapper-event1.02.1", "libaio1", "kmod", "libkmod2")


@pytest.fixture(scope="session")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The root of a file system that has nothing else."""
    directory = tmp_path_factory.mktemp("packages")
    if subprocess.run([*APT, "lvm2"], cwd=directory, capture_output=True, check=False).returncode != 0:
        subprocess.run(["apt-get", "-q", "update"], capture_output=True, check=True)
    told = subprocess.run(
        ["apt-cache", "depends", "linux-image-cloud-amd64"], capture_output=True, text=True, check=True
    )
    (kernel,) = re.findall(r"Depends: (linux-image-\S+)", told.stdout)
    subprocess.run([*APT, kernel, *NEEDED], cwd=directory, capture_output=True, check=True)
    for package in directory.glob("*.deb"):
        subprocess.run(["dpkg-deb", "-x", package, directory / "root"], check=True)
        package.unlink()
    return directory / "root"


@pytest.fixture(scope="session")
def files(packages: Path, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The machine's, packed."""
    made = tmp_path_factory.mktemp("machine") / "tree"
    made.mkdir()
    machine.build(packages, made)
    return machine.pack(made)


@pytest.fixture
def there(packages: Path, files: bytes, tmp_path: Path) -> machine.Run:
    """Run a script on the machine."""
    (kernel,) = (packages / "boot").glob("vmlinuz-*")
    return lambda script: machine.run(files, kernel, script, tmp_path)
