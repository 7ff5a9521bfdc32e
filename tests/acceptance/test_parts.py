"""Parts that few guests ask for, in one that boots: a CPU of its own, a watchdog, a balloon, a directory of the host's.

`make e2e-guests` runs it, in six minutes without KVM. One story: each test goes on from the last.
"""

import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import pytest

from tests.e2e.lab import Lab, host, run

pytestmark = [pytest.mark.usefixtures("libvirt"), pytest.mark.timeout(3600)]

STACK = "e2e-parts"
SECONDS = 600
"""That a guest may take to be hung up on and to start anew."""
REPORTING = 5
"""Of a balloon's feature bits: https://docs.oasis-open.org/virtio/virtio/v1.2/virtio-v1.2.html"""


@pytest.fixture(scope="module")
def found() -> dict[str, list[str]]:
    """The host before the lab."""
    Lab(STACK).sweep()
    return host()


@pytest.fixture(scope="module")
def shared() -> Iterator[Path]:
    """A directory of somebody's."""
    directory = Path(mkdtemp(prefix="kvmlab-", dir="/var/tmp"))
    directory.chmod(0o755)
    (directory / "from the host").write_text("hello\n", "utf-8")
    yield directory
    subprocess.run(["rm", "-r", directory], check=True)


@pytest.fixture(scope="module")
def lab(found: dict[str, list[str]], shared: Path) -> Iterator[Lab]:
    """A lab with one guest, up."""
    assert STACK not in found["pools"]
    made = Lab(STACK)
    write(made, shared)
    made.make("up")
    yield made
    if made.file.exists():
        made.remove()


def write(lab: Lab, shared: Path, **web: object) -> None:
    """The guest, with keys of one's own."""
    guest: dict[str, Any] = {
        "cpus": 2,
        "cpu": {"model": "maximum", "topology": {"cores": 2}},
        "balloon": {"freePageReporting": True},
        "watchdog": {"action": "reset"},
        "shares": {"host": {"path": str(shared)}},
    }
    lab.write({"kind": "guests", "network": {"cidr": "10.20.92.0/24"}, "guests": {"web": {**guest, **web}}})


def boot(lab: Lab) -> str:
    """Which start of the guest this is."""
    return lab.ssh("web", "cat /proc/sys/kernel/random/boot_id")


def booted(lab: Lab) -> str | None:
    """The same, of a guest that may be on its way."""
    try:
        return boot(lab)
    except (AssertionError, subprocess.TimeoutExpired):
        return None


def refused(lab: Lab, words: str) -> None:
    """A preview that says why there will be nothing."""
    before = host()
    done = run("make", "preview", f"STACK={lab.stack}")
    assert done.returncode != 0, done.stdout
    assert words in done.stdout, done.stdout
    assert host() == before


def test_the_cpu(lab: Lab) -> None:
    """Two cores of one socket."""
    told = dict(line.split(":", 1) for line in lab.ssh("web", "LC_ALL=C lscpu").splitlines() if ":" in line)
    counts = [told[key].strip() for key in ("CPU(s)", "Socket(s)", "Core(s) per socket", "Thread(s) per core")]
    assert counts == ["2", "1", "2", "1"]
    assert lab.changes() == {}


def test_the_watchdog(lab: Lab) -> None:
    """The guest has the device, Intel's 6300ESB, and a driver for it; what is not fed starts the guest anew."""
    assert lab.ssh("web", "sudo modprobe i6300esb; cat /sys/class/watchdog/watchdog0/identity") == "i6300ESB timer"
    before, deadline = boot(lab), time.monotonic() + SECONDS
    # Whoever opens it starts it, and whoever closes it without a V lets it run.
    lab.ssh("web", "echo | sudo tee /dev/watchdog >/dev/null")
    while booted(lab) in (before, None):
        assert time.monotonic() < deadline
        time.sleep(5)


def test_the_balloon(lab: Lab) -> None:
    """The guest and the host have agreed on free page reporting."""
    features = lab.ssh("web", "cd /sys/bus/virtio/devices && cat $(grep -l 0x0005 */device | xargs dirname)/features")
    assert features[REPORTING] == "1", features


def test_a_share(lab: Lab, shared: Path) -> None:
    """What the host writes the guest reads, and the other way round."""
    lab.ssh("web", "sudo mount -t virtiofs host /mnt && echo back | sudo tee '/mnt/from the guest' >/dev/null")
    assert lab.ssh("web", "cat '/mnt/from the host'") == "hello"
    assert (shared / "from the guest").read_text("utf-8") == "back\n"
    (shared / "from the host").write_text("again\n", "utf-8")
    assert lab.ssh("web", "cat '/mnt/from the host'") == "again"


def test_what_the_host_has_not(lab: Lab, shared: Path) -> None:
    """A model that nobody has made and a directory that nobody has made are told at preview."""
    write(lab, shared, cpu="Z80")
    refused(lab, "lab.guests.web.cpu: must be a CPU model that the host can give a domain of type")
    write(lab, shared, shares={"host": {"path": f"{shared}/none"}})
    refused(
        lab, f"lab.guests.web.shares.host.path: must be a directory on the host, got '{shared}/none', which is none"
    )


def test_a_share_less(lab: Lab, shared: Path) -> None:
    """One clean restart; what was shared stays on the host."""
    before = boot(lab)
    write(lab, shared, shares={})
    lab.make("up")
    assert boot(lab) != before
    assert "could not mount" in lab.ssh("web", "sudo mount -t virtiofs host /mnt 2>&1 || echo could not mount")
    assert sorted(path.name for path in shared.iterdir()) == ["from the guest", "from the host"]


def test_destroy_leaves_the_host_as_found(lab: Lab, found: dict[str, list[str]], shared: Path) -> None:
    """And the directory as the guest has left it."""
    write(lab, shared)
    lab.make("up")
    lab.remove()
    assert host() == found
    assert run("pgrep", "-a", "virtiofsd").stdout == ""
    assert sorted(path.name for path in shared.iterdir()) == ["from the guest", "from the host"]
