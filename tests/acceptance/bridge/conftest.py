"""Machines for bridges: namespaces with a network manager each, which know nothing of this machine's own network."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.bridge.bare import Bare
from tests.acceptance.bridge.bridges import Make
from tests.acceptance.bridge.managers import Manager


@pytest.fixture(scope="session")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Network managers and a DHCP client, unpacked: installed, they would take this machine's interfaces."""
    directory = tmp_path_factory.mktemp("packages")
    names = ("ifupdown", "isc-dhcp-client", "netplan.io", "libnetplan0", "network-manager", "libnm0", "libndp0")
    fetch = ["apt-get", "-q", "-o", "APT::Sandbox::User=root", "download", *names]
    if subprocess.run(fetch, cwd=directory, capture_output=True, check=False).returncode != 0:
        subprocess.run(["apt-get", "-q", "update"], capture_output=True, check=True)
        subprocess.run(fetch, cwd=directory, capture_output=True, check=True)
    root = directory / "root"
    for package in directory.glob("*.deb"):
        subprocess.run(["dpkg-deb", "-x", package, root], check=True)
        package.unlink()
    for name in ("sbin", "lib"):
        shutil.copytree(root / name, root / "usr" / name, symlinks=True, dirs_exist_ok=True)
        shutil.rmtree(root / name)
    return root


@pytest.fixture
def make(packages: Path, tmp_path: Path) -> Iterator[Make]:
    """Machines, each with its manager, which have never been booted."""
    made: list[Bare] = []

    def make(manager: Manager) -> Bare:
        bare = Bare(tmp_path / str(len(made)), packages)
        made.append(bare)
        bare.serve()
        manager.install(bare)
        return bare

    yield make
    for bare in made:
        bare.close()
