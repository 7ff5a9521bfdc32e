"""Several pools, for real: disks of guests that boot nothing in directories of their own, and in the lab's.

`make e2e-guests` runs it, in two minutes. One story: each test goes on from the last.
"""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from components.effects import Effect
from tests.acceptance.edits import happened, predicted, seen
from tests.e2e.lab import Lab, host, run

pytestmark = [pytest.mark.usefixtures("libvirt"), pytest.mark.timeout(900)]

STACK = "e2e-pools"
QUICK: dict[str, Any] = {"memory": "128MiB", "disk": "256MiB", "waitFor": "start", "shutdownTimeout": "0s"}
DATA: dict[str, Any] = {"size": "256MiB", "pool": "big", "protect": False}


@pytest.fixture(scope="module")
def found() -> dict[str, list[str]]:
    """The host before the lab."""
    Lab(STACK).sweep()
    for pool in run("virsh", "-q", "pool-list", "--all", "--name").stdout.split():
        if pool.startswith(f"{STACK}."):
            run("virsh", "pool-destroy", pool)
            run("virsh", "pool-undefine", pool)
    return host()


@pytest.fixture(scope="module")
def place(found: dict[str, list[str]]) -> Iterator[Path]:
    """A directory for all of it, with an image and a file of somebody's."""
    assert STACK not in found["pools"]
    directory = Path(tempfile.mkdtemp(prefix="kvmlab-", dir="/var/tmp"))
    directory.chmod(0o711)
    run("qemu-img", "create", "-q", "-f", "qcow2", str(directory / "empty.qcow2"), "64M")
    (directory / "mine").mkdir()
    (directory / "mine" / "note").write_text("kept", "utf-8")
    yield directory
    shutil.rmtree(directory)


@pytest.fixture(scope="module")
def lab(place: Path) -> Iterator[Lab]:
    """Two guests: one with all in the lab's own pool."""
    made = Lab(STACK)
    write(made, place)
    made.make("up")
    yield made
    if made.file.exists():
        made.pulumi("state", "unprotect", "--all", "--yes")
        made.remove()


def write(lab: Lab, place: Path, **web: object) -> None:
    """The lab, with keys of the guest `web`."""
    lab.write(
        {
            "kind": "guests",
            "network": {"cidr": "10.20.89.0/24"},
            "image": {"file": str(place / "empty.qcow2")},
            "pool": {"path": str(place / "own")},
            "pools": {"big": {"path": str(place / "not there & yet" / "big")}, "mine": {"path": str(place / "mine")}},
            "guests": {"web": {**QUICK, "disks": {"data": DATA}, **web}, "other": QUICK},
        }
    )


def files(place: Path, pool: str) -> list[str]:
    """Disks of guests, in a pool."""
    found = (path for path in (place / pool).glob(f"{STACK}-*") if path.suffix in (".qcow2", ".iso"))
    return sorted(path.name.removeprefix(f"{STACK}-") for path in found)


def refused(words: str, target: str = "up") -> None:
    """A run that ends before anything is changed, and says why."""
    before = host()
    done = run("make", target, f"STACK={STACK}")
    assert done.returncode != 0, done.stdout
    assert words in done.stdout, done.stdout
    assert host() == before


def test_a_data_disk_elsewhere(lab: Lab, place: Path) -> None:
    """Its pool is made with the directories above it; images, seeds and marks are in the lab's own."""
    big = "not there & yet/big"
    assert files(place, big) == ["web.data.qcow2"]
    assert files(place, "own") == ["other-seed.iso", "other.qcow2", "web-seed.iso", "web.qcow2"]
    pools = run("virsh", "-q", "pool-list", "--all", "--name", "--autostart").stdout.split()
    assert {STACK, f"{STACK}.big"} <= {*pools}
    assert f"{STACK}.mine" not in pools
    assert str(place / big / f"{STACK}-web.data.qcow2") in run("virsh", "domblklist", f"{STACK}-web").stdout
    assert lab.changes() == {}


def test_a_root_disk_elsewhere(lab: Lab, place: Path) -> None:
    """The guest is made anew there, over the image where that was; what was in the directory before stays."""
    before = seen(f"{STACK}-other", place / "own")
    write(lab, place, pool="mine")
    assert predicted(lab) == {"web": Effect.REPLACE}
    lab.make("up")
    assert files(place, "mine") == ["web.qcow2"]
    assert files(place, "own") == ["other-seed.iso", "other.qcow2", "web-seed.iso"]
    chain = run("qemu-img", "info", "-U", "--backing-chain", str(place / "mine" / f"{STACK}-web.qcow2")).stdout
    assert f"backing file: {place / 'own'}/" in chain
    assert happened(before, seen(f"{STACK}-other", place / "own")) == Effect.NOTHING
    assert lab.changes() == {}


def test_both_grow(lab: Lab, place: Path) -> None:
    """While the guest runs."""
    before = seen(f"{STACK}-web", place / "mine")
    write(lab, place, pool="mine", disk="512MiB", disks={"data": {**DATA, "size": "384MiB"}})
    lab.make("up")
    assert happened(before, seen(f"{STACK}-web", place / "mine")) == Effect.NOTHING
    sizes = [run("virsh", "domblkinfo", f"{STACK}-web", target).stdout.split()[1] for target in ("vda", "vdc")]
    assert sizes == [str(512 * 1024**2), str(384 * 1024**2)]
    assert lab.changes() == {}


def test_what_is_on_a_disk_is_not_left_behind(lab: Lab, place: Path) -> None:
    """It stays in its pool, and protected it goes with no lab."""
    grown = {"size": "384MiB"}
    for pool in ({}, {"pool": "mine"}):
        write(lab, place, pool="mine", disk="512MiB", disks={"data": {**grown, **pool}})
        refused("lab.guests.web.disks.data.pool: must be the pool that it is in, 'big', got ")
    write(lab, place, pool="mine", disk="512MiB", disks={"data": {**DATA, **grown, "protect": True}})
    lab.make("up")
    assert f"{STACK}-web.data.qcow2.protected" in {path.name for path in (place / "own").iterdir()}
    refused("error: web.data: is protected and must stay", "destroy")
    write(lab, place, pool="mine", disk="512MiB", disks={})
    refused("lab.guests.web.disks.data: is protected and must stay, got it taken out")


def test_a_killed_run_is_made_good(lab: Lab, place: Path) -> None:
    """A guest that comes back to the lab's own pool, killed as it does."""
    write(lab, place, pool="mine", disk="512MiB", disks={"data": {**DATA, "size": "384MiB"}})
    lab.make("up")
    write(lab, place, disks={"data": {**DATA, "size": "384MiB"}})
    lab.kill_during("up", "web-guest")
    lab.make("up")
    assert files(place, "mine") == []
    assert not [pool for pool in host()["pools"] if pool == f"{STACK}.mine"]
    assert sorted(path.name for path in (place / "mine").iterdir()) == ["note"]
    assert lab.changes() == {}


def test_destroy_leaves_the_host_as_found(lab: Lab, place: Path, found: dict[str, list[str]]) -> None:
    """Directories that were made are gone, and what was there is."""
    lab.remove()
    assert host() == found
    assert sorted(path.name for path in place.iterdir()) == ["empty.qcow2", "mine"]


def test_what_nobody_knows_of_goes_too(lab: Lab, place: Path, found: dict[str, list[str]]) -> None:
    """A run that was killed before it noted its pool: destroy finds that by its mark."""
    write(lab, place, pool="mine")
    lab.kill_during("up", "pool-(big|mine)-pool")
    lab.remove()
    assert host() == found
    assert sorted(path.name for path in place.iterdir()) == ["empty.qcow2", "mine"]
    assert sorted(path.name for path in (place / "mine").iterdir()) == ["note"]
