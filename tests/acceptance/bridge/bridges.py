"""What the tests of host/bridge.sh ask of a bare machine."""

import time
from collections.abc import Callable

from tests.acceptance.bridge.bare import Bare
from tests.acceptance.bridge.managers import Manager

ASKED = {"BRIDGE": "br0", "INTERFACE": "default-route", "ROLLBACK_SECONDS": "20"}
FILES = ("network", "netplan", "systemd/network", "NetworkManager")
SCRIPT = "host/bridge.sh"
Make = Callable[[Manager], Bare]
"""Makes a machine with its manager."""


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
