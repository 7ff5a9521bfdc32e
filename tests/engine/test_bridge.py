"""host/bridge.sh on machines made of namespaces: the address survives, and so does everything else."""

import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.engine.bare import HELD, NIC, Bare
from tests.engine.managers import MANAGERS, Ifupdown, Manager

ASKED = {"BRIDGE": "br0", "INTERFACE": "default-route", "ROLLBACK_SECONDS": "8"}
SOON = ASKED | {"ROLLBACK_SECONDS": "3"}
FILES = ("network", "systemd/network", "netplan")
SCRIPT = "host/bridge.sh"


def until(met: Callable[[], bool]) -> None:
    """Wait for it, as long as nobody would wait for a machine."""
    for _ in range(300):
        if met():
            return
        time.sleep(0.2)
    raise AssertionError("it has not come to pass")


def configuration(bare: Bare) -> dict[str, bytes]:
    """All files that network managers read, byte by byte."""
    upper = bare.state / "etc/upper"
    found = (file for name in FILES for file in (upper / name).rglob("*"))
    return {str(file): file.read_bytes() for file in found if file.is_file()}


def addresses(bare: Bare, device: str) -> list[str]:
    """The global addresses of a device, sorted."""
    shown = bare.run("ip", "-o", "address", "show", "dev", device, "scope", "global").stdout
    return sorted(line.split()[3] for line in shown.splitlines())


def address(bare: Bare, device: str) -> str:
    """Its IPv4 address, or nothing."""
    return next((each.partition("/")[0] for each in addresses(bare, device) if "." in each), "")


def status(bare: Bare) -> str:
    """What the script says of the bridge."""
    return bare.run(SCRIPT, "status", **ASKED).stdout.strip()


def bridge(bare: Bare, verb: str, **environment: str) -> str:
    """Call the script, which works; what it says."""
    done = bare.run(SCRIPT, verb, **ASKED | environment)
    log = bare.run("cat", "/run/kvmlab/bridge/br0.log").stdout
    assert done.returncode == 0, f"{done.stdout}{done.stderr}{log}"
    return done.stdout.strip()


def boot(bare: Bare, manager: Manager, device: str = "eth0") -> str:
    """Boot the machine; the address that the device has then."""
    bare.boot()
    manager.start(bare)
    until(lambda: address(bare, device) != "")
    found = address(bare, device)
    until(lambda: bare.reaches(found))
    return found


@pytest.fixture(scope="session")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """ifupdown and a DHCP client, unpacked: installed, they would take this machine's interfaces."""
    directory = tmp_path_factory.mktemp("packages")
    names = ("ifupdown", "isc-dhcp-client")
    fetch = ["apt-get", "-q", "-o", "APT::Sandbox::User=root", "download", *names]
    if subprocess.run(fetch, cwd=directory, capture_output=True, check=False).returncode != 0:
        subprocess.run(["apt-get", "-q", "update"], capture_output=True, check=True)
        subprocess.run(fetch, cwd=directory, capture_output=True, check=True)
    root = directory / "root"
    for package in directory.glob("*.deb"):
        subprocess.run(["dpkg-deb", "-x", package, root], check=True)
        package.unlink()
    for name in ("sbin", "lib"):
        shutil.copytree(root / name, root / "usr" / name, dirs_exist_ok=True)
        shutil.rmtree(root / name)
    return root


@pytest.fixture
def make(packages: Path, tmp_path: Path) -> Iterator[Callable[[Manager], Bare]]:
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


@pytest.mark.parametrize("manager", MANAGERS, ids=str)
def test_the_address_is_the_bridges(make: Callable[[Manager], Bare], manager: Manager) -> None:
    """It is the same on trial, when it is kept, after a reboot and when all is undone, and then the files are too."""
    bare = make(manager)
    held = boot(bare, manager)
    before, had = configuration(bare), addresses(bare, "eth0")

    assert bridge(bare, "apply") == "changed: bridge br0 over eth0, to be confirmed within 8 s"
    assert configuration(bare) == before
    assert addresses(bare, "br0") == had
    assert addresses(bare, "eth0") == []
    until(lambda: bare.reaches(held))
    assert status(bare) == "ok: bridge br0 is on trial"
    assert bridge(bare, "confirm") == "changed: bridge br0 over eth0 is kept"

    kept = configuration(bare)
    assert bridge(bare, "apply") == "ok: bridge br0"
    assert bridge(bare, "confirm") == "ok: bridge br0"
    assert bridge(bare, "apply", INTERFACE="eth0") == "ok: bridge br0"
    bare.off()
    assert boot(bare, manager, "br0") == held
    assert configuration(bare) == kept != before
    assert addresses(bare, "br0") == had
    assert addresses(bare, "eth0") == []
    assert status(bare) == "ok: bridge br0 is kept"
    assert NIC in bare.run("cat", "/sys/class/net/br0/address").stdout

    assert bridge(bare, "restore") == "changed: eth0 is as before bridge br0"
    assert configuration(bare) == before
    assert addresses(bare, "eth0") == had
    until(lambda: bare.reaches(held))
    assert bridge(bare, "restore") == "ok: no bridge br0"
    assert not (bare.state / "var/lib/upper/kvmlab").exists()
    bare.off()
    assert boot(bare, manager) == held


@pytest.mark.parametrize("manager", MANAGERS, ids=str)
def test_nobody_confirms(make: Callable[[Manager], Bare], manager: Manager) -> None:
    """The old configuration comes back by itself, and a late confirmation is told so."""
    bare = make(manager)
    held = boot(bare, manager)
    before, had = configuration(bare), addresses(bare, "eth0")
    bridge(bare, "apply", ROLLBACK_SECONDS="3" if manager.mode == "static" else "8")
    until(lambda: status(bare) == "ok: no bridge br0")
    until(lambda: bare.reaches(held))
    assert addresses(bare, "eth0") == had
    assert configuration(bare) == before
    late = bare.run(SCRIPT, "confirm", **ASKED)
    assert late.returncode == 1
    assert late.stderr == (
        "br0: must be on trial to be confirmed, got none; the old configuration is in force, apply it again\n"
    )
    assert "br0" not in bare.run("ip", "-o", "link", "show").stdout


@pytest.mark.parametrize("manager", MANAGERS, ids=str)
def test_a_reboot_before_it_is_confirmed(make: Callable[[Manager], Bare], manager: Manager) -> None:
    """The machine comes up as it was, with nothing left to be rolled back, and can be asked again."""
    bare = make(manager)
    held = boot(bare, manager)
    before = configuration(bare)
    bridge(bare, "apply", ROLLBACK_SECONDS="600")
    bare.off()
    assert boot(bare, manager) == held
    assert configuration(bare) == before
    assert status(bare) == "ok: no bridge br0"
    bridge(bare, "apply")
    bridge(bare, "confirm")
    assert address(bare, "br0") == held
