"""Changes that a running guest takes as it runs, those that wait for a restart, and those that would cost it its disk.

`make e2e-guests` runs it, in two minutes. One story: each test goes on from the last.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from components.effects import Effect
from stacks import images
from stacks.config import FileImage
from tests.acceptance.edits import agree, happened, predicted, seen
from tests.e2e.lab import Lab, host, run
from tests.e2e.machine import Machine

pytestmark = pytest.mark.usefixtures("libvirt")

STACK = "e2e-pending"
DOMAIN = f"{STACK}-web"
WEB: dict[str, Any] = {
    "memory": "128MiB",
    "disk": "256MiB",
    "waitFor": "start",
    "shutdownTimeout": "0s",
    "address": "10.20.84.5",
    "maxCpus": 4,
    "maxMemory": "512MiB",
}
WARNING = "warning: guest web: a change is pending until it restarts"


@pytest.fixture(scope="module")
def found() -> dict[str, list[str]]:
    """The host before the lab."""
    Lab(STACK).sweep()
    return host()


@pytest.fixture(scope="module")
def machine(found: dict[str, list[str]]) -> Iterator[Machine]:
    """One guest, which boots nothing and may grow."""
    made = Machine(STACK, "10.20.84.0/24")
    write(made)
    made.lab.make("up")
    yield made
    made.remove()
    assert host() == found


def write(machine: Machine, /, **web: object) -> None:
    """The lab, with keys of the guest's."""
    machine.lab.write(
        {
            "kind": "guests",
            "network": {"cidr": machine.cidr},
            "image": {"file": str(machine.image)},
            "pool": {"path": str(machine.disk / "pool")},
            "guests": {"web": {**WEB, **web}},
        }
    )


def edit(machine: Machine, expected: Effect, /, **web: object) -> None:
    """An edit: foretold, done, and done once."""
    pool = machine.disk / "pool"
    before = seen(DOMAIN, pool)
    write(machine, **web)
    assert predicted(machine.lab) == {"web": expected}
    machine.lab.make("up")
    assert agree(expected, happened(before, seen(DOMAIN, pool)))
    assert machine.lab.changes() == {}


def live() -> tuple[int, int]:
    """CPUs and memory in MiB that it runs with."""
    told = dict(line.split(":", 1) for line in run("virsh", "dominfo", DOMAIN).stdout.splitlines() if ":" in line)
    return int(told["CPU(s)"]), int(told["Used memory"].split()[0]) // 1024


def is_pending(machine: Machine) -> bool:
    """What the outputs say."""
    return json.loads(machine.lab.pulumi("stack", "output", "guests", "--json").stdout)["web"]["pending"]


def test_it_grows(machine: Machine) -> None:
    """CPUs come while it runs, and memory comes and goes, which this guest has nothing to answer for."""
    assert live()[0] == 1
    edit(machine, Effect.LIVE, cpus=3)
    assert live()[0] == 3
    edit(machine, Effect.LIVE, cpus=3, memory="256MiB")
    xml = run("virsh", "dumpxml", "--inactive", DOMAIN).stdout
    assert "<currentMemory unit='KiB'>262144</currentMemory>" in xml
    assert "<vcpu placement='static' current='3'>4</vcpu>" in xml


def test_cpus_do_not_go(machine: Machine) -> None:
    """Not while it runs: that restarts it."""
    edit(machine, Effect.RESTART, cpus=2)
    assert live()[0] == 2


def test_a_change_waits(machine: Machine) -> None:
    """For a guest that is not to restart; it is told in the outputs, and in each preview until it has been done."""
    edit(machine, Effect.LIVE, cpus=2, allowRestart=False)
    assert not is_pending(machine)
    before = seen(DOMAIN, machine.disk / "pool")
    edit(machine, Effect.PENDING, cpus=1, allowRestart=False)
    assert (live()[0], is_pending(machine)) == (2, True)
    assert seen(DOMAIN, machine.disk / "pool").process == before.process
    assert WARNING in run("make", "preview", f"STACK={STACK}").stdout.splitlines()
    # What needs no restart is not kept waiting.
    edit(machine, Effect.LIVE, cpus=1, allowRestart=False, autostart=True)
    assert "Autostart:      enable" in run("virsh", "dominfo", DOMAIN).stdout
    assert is_pending(machine)


def test_somebody_restarts_it(machine: Machine) -> None:
    """Then it is as asked for, and a run does nothing but see that."""
    for command in ("destroy", "start"):
        run("virsh", command, DOMAIN)
    before = seen(DOMAIN, machine.disk / "pool")
    assert live()[0] == 1
    preview = run("make", "preview", f"STACK={STACK}").stdout.splitlines()
    assert WARNING not in preview
    assert "nothing changes" in preview
    machine.lab.make("up")
    assert not is_pending(machine)
    assert seen(DOMAIN, machine.disk / "pool") == before


def test_it_may_restart_after_all(machine: Machine) -> None:
    """What waits is done with that."""
    edit(machine, Effect.PENDING, machine="q35", allowRestart=False)
    assert "machine='pc-q35" not in run("virsh", "dumpxml", DOMAIN).stdout
    edit(machine, Effect.RESTART, machine="q35")
    assert "machine='pc-q35" in run("virsh", "dumpxml", DOMAIN).stdout


def test_what_was_written_is_kept(machine: Machine) -> None:
    """A guest whose disk is as it was made may be replaced; one that has written to it must be let go of first."""
    other = machine.disk / "other.qcow2"
    run("qemu-img", "create", "-q", "-f", "qcow2", str(other), "64M")
    edit(machine, Effect.REPLACE, image={"file": str(other)})
    disk = machine.disk / "pool" / f"{DOMAIN}.qcow2"
    run("virsh", "destroy", DOMAIN)
    assert run("qemu-io", "-c", "write 0 64k", str(disk)).returncode == 0
    run("virsh", "start", DOMAIN)
    before = host()
    write(machine)
    done = run("make", "up", f"STACK={STACK}")
    assert done.returncode != 0
    links = [images.link(FileImage(str(path), None)) for path in (other, machine.image)]
    assert (
        f"lab.guests.web.allowDataLoss: must be true to replace web, whose root disk has been written to, got false "
        f"(image {links[0]} -> {links[1]}); save what you need and set it, or take the change back"
    ) in done.stdout
    assert host() == before
    edit(machine, Effect.REPLACE, allowDataLoss=True)


def test_nothing_is_left(machine: Machine) -> None:
    """No mark of any of it."""
    pool = machine.disk / "pool"
    assert {path.suffix for path in Path(pool).glob(f"{DOMAIN}*")} == {".qcow2", ".iso", ".birth"}
    machine.lab.make("destroy")
    assert not pool.exists()
