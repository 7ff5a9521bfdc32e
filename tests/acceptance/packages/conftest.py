"""Fresh machines of each family, and what there is to install on them."""

import platform
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from components.packages import packages
from tests.acceptance.host import repository
from tests.acceptance.packages.families import FAMILIES, Family, Package, build
from tests.acceptance.packages.machine import Machine

MANAGERS = ("createrepo-c", "dnf", "pacman-package-manager", "rpm", "zypper")
Make = Callable[[], Machine]


@pytest.fixture(scope="session")
def tools(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package managers, unpacked: installed, they would be this machine's."""
    directory = tmp_path_factory.mktemp("managers")
    suite = platform.freedesktop_os_release()["VERSION_CODENAME"]
    repository.fill(directory, suite, MANAGERS, Path("/var/lib/dpkg/status").read_text("utf-8"))
    for package in directory.glob("*.deb"):
        subprocess.run(["dpkg-deb", "-x", package, directory / "root"], check=True)
        package.unlink()
    return directory / "root"


@pytest.fixture(scope="session", params=FAMILIES, ids=lambda family: family.manager)
def family(request: pytest.FixtureRequest) -> Family:
    """Each of the four."""
    return request.param


@pytest.fixture(scope="session")
def made(family: Family, tools: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The repository `new`, and `old`, what is installed before: two packages that have newer versions."""
    directory = tmp_path_factory.mktemp(family.manager)
    first, *others, last = (name for name in packages(family.manager, "both") if name != "curl")
    new = [
        Package(first, needs="kl-library", recommends="kl-recommended"),
        *(Package(name) for name in others),
        Package(last, needs=first, slow=True),
        *(Package(name) for name in ("curl", "kl-library", "kl-recommended", "kl-there")),
        Package("kl-other", needs=first),
        Package("kl-big", needs="kl-library", big=True),
        Package("kl-slow", slow=True),
    ]
    old = [Package("curl", "1"), Package("kl-there", "1", provides="kl-provided")]
    machine = Machine(tmp_path_factory.mktemp("build"), tools)
    try:
        for name, content in (("new", new), ("old", old)):
            build(family, machine, content, directory / name)
    finally:
        machine.close()
    return directory


@pytest.fixture
def machine(family: Family, made: Path, tools: Path, tmp_path: Path) -> Iterator[Machine]:
    """Fresh, of the family."""
    machine = Machine(tmp_path, tools)
    family.start(machine, made)
    yield machine
    machine.close()
