"""AppArmor's own tools and SELinux's, unpacked: installed, they would be this machine's."""

import subprocess
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The root of a file system that has nothing else."""
    directory = tmp_path_factory.mktemp("packages")
    fetch = ["apt-get", "-q", "-o", "APT::Sandbox::User=root", "download", "apparmor", "selinux-utils"]
    if subprocess.run(fetch, cwd=directory, capture_output=True, check=False).returncode != 0:
        subprocess.run(["apt-get", "-q", "update"], capture_output=True, check=True)
        subprocess.run(fetch, cwd=directory, capture_output=True, check=True)
    for package in directory.glob("*.deb"):
        subprocess.run(["dpkg-deb", "-x", package, directory / "root"], check=True)
    return directory / "root"
