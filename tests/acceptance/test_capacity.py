"""Nine disks of a tebibyte on a file system of one gibibyte, and what a preview says of it.

`make e2e-guests` runs it, in a minute. One story: each test goes on from the last.
"""

import os
import time
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.tell import tell
from tests.e2e.lab import Lab, host, run
from tests.e2e.machine import Machine

pytestmark = [pytest.mark.usefixtures("libvirt"), pytest.mark.timeout(1800)]

STACK = "e2e-capacity"
OTHER = "other-e2e-capacity"
OTHER_XML = f"""<domain type="qemu"><name>{OTHER}</name><memory unit="MiB">64</memory><vcpu>2</vcpu>
<os><type arch="{os.uname().machine}">hvm</type></os></domain>"""
GUESTS, DISKS = (1, 2, 3), "abc"
TIB = 1024**4
COLUMNS = ("capacity", "promised", "allocated", "others", "free", "total", "limit")
HALF = int(Path("/proc/meminfo").read_text("utf-8").split()[1]) // 2048
"""Of this machine's memory, in MiB."""

Table = dict[str, dict[str, str]]


@pytest.fixture(scope="module")
def found() -> dict[str, list[str]]:
    """The host before the lab."""
    Lab(STACK).sweep()
    run("virsh", "destroy", OTHER)
    return host()


@pytest.fixture(scope="module")
def machine(found: dict[str, list[str]]) -> Iterator[Machine]:
    """The means, and nothing of them left."""
    made = Machine(STACK, "10.20.89.0/24")
    yield made
    if (made.disk / "pool").exists():
        write(made, {"disk": "thin"}, protect=False)
        made.lab.make("up")
    made.remove()
    assert host() == found


def write(machine: Machine, overcommit: dict[str, str], *, protect: bool = True, **guest: Any) -> None:
    """Three guests that boot nothing, with three disks each."""
    disks = {name: {"size": "1TiB", "protect": protect} for name in DISKS}
    machine.write(len(GUESTS), {"overcommit": overcommit}, disks=disks, **guest)


def refused() -> list[str]:
    """The problems for which a preview has ended."""
    done = run("make", "preview", f"STACK={STACK}")
    assert done.returncode != 0, done.stdout
    _, error, report = done.stdout.partition("error: ")
    assert error, done.stdout
    head, *problems = [line.strip() for line in report.splitlines() if not line.startswith("make")]
    assert head == f"host local: {len(problems)} problem{'' if len(problems) == 1 else 's'} in what it offers"
    return problems


def table(text: str) -> Table:
    """The table of a preview: cells by row and column."""
    lines = text.splitlines()
    start = next(index for index, line in enumerate(lines) if line.split() == [*COLUMNS])
    begins = [lines[start].index(column) for column in COLUMNS]
    cells = [
        [line[begin:end].strip() for begin, end in zip(begins, [*begins[1:], None], strict=True)]
        for line in lines[start + 1 : start + 4]
    ]
    return {row[0]: dict(zip(COLUMNS[1:], row[1:], strict=True)) for row in cells}


def test_refused(machine: Machine) -> None:
    """By default nine disks are told once, with the key that lets them be, and nothing is made."""
    write(machine, {})
    (problem,) = refused()
    assert problem.startswith("lab.pool.path: must have room for all that new disks may grow to, got ")
    assert f" free at '{machine.disk}/pool' for 9TiB (lab.groups.node 9TiB); " in problem
    assert problem.endswith(" or write lab.host.overcommit.disk: thin")
    assert not (machine.disk / "pool").exists()


def test_each_resource_is_told_once(machine: Machine) -> None:
    """Half as much memory again as there is, and a limit for CPUs that is passed; and what it takes to be let."""
    write(machine, {"disk": "thin", "cpus": "100%"}, memory=f"{HALF}MiB", cpus=255)
    cpus, memory = refused()
    assert cpus.startswith(
        f"lab.guests: all guests together must fit 100% of the host's CPUs, {os.cpu_count()}, got 765"
    )
    assert memory.startswith("lab.guests: all guests together must fit 100% of the host's memory, ")
    assert memory.endswith("; ask for less or for fewer, or write lab.host.overcommit.memory: 150%")
    write(machine, {"disk": "thin", "memory": "150%"}, memory=f"{HALF}MiB", cpus=255)
    said = machine.lab.make("preview")
    assert "\nwarning: local: memory: guests ask for " in said
    assert table(said)["memory"]["limit"].endswith(" (150%)")
    assert table(said)["CPUs"]["promised"] == "765"


def test_allowed(machine: Machine) -> None:
    """Thin disks are created sparse, and their guests have them by the names that config gives."""
    write(machine, {"disk": "thin"})
    said = machine.lab.make("preview")
    assert "\nwarning: local: disks may grow by 9TiB, and " in said
    before = table(said)
    assert (before["memory"]["promised"], before["memory"]["allocated"]) == ("384MiB", "0")
    pool = before["pool"]
    assert (pool["promised"], pool["allocated"], pool["total"], pool["limit"]) == ("9TiB", "0", "1GiB", "none (thin)")
    began = time.monotonic()
    machine.lab.make("up")
    tell(f"three guests with nine disks of a tebibyte were made in {time.monotonic() - began:.0f} s")
    for number in GUESTS:
        domain = f"{STACK}-node-{number}"
        for disk in DISKS:
            file = machine.disk / "pool" / f"{domain}.{disk}.qcow2"
            volume = run("virsh", "-q", "vol-info", "--bytes", "--pool", STACK, file.name).stdout
            assert f"{TIB} bytes" in volume, volume
            assert file.stat().st_blocks * 512 < 1024**2
        definition = ET.fromstring(run("virsh", "dumpxml", domain).stdout)  # noqa: S314 (libvirt's)
        serials = {disk.findtext("serial"): disk for disk in definition.iterfind("devices/disk[serial]")}
        assert {*DISKS} <= serials.keys()
        for disk in DISKS:
            source = serials[disk].find("source")
            assert source is not None
            assert (source.get("file") or source.get("volume", "")).endswith(f"{domain}.{disk}.qcow2")


def test_again(machine: Machine) -> None:
    """What is there is counted as allocated; a second run changes nothing, and what is told is in no state."""
    said = machine.lab.make("preview")
    assert "\nnothing changes\n" in said
    found = table(said)
    assert (found["memory"]["allocated"], found["CPUs"]["allocated"]) == ("384MiB", "3")
    assert found["pool"]["promised"] == "9TiB"
    assert found["pool"]["allocated"].endswith(("KiB", "MiB"))
    plain = machine.lab.pulumi("preview", "--non-interactive", "--expect-no-changes")
    assert plain.returncode == 0, plain.stdout
    assert table(plain.stdout) == found
    again = machine.lab.make("up")
    assert set(again.partition("resources: ")[2].splitlines()[0].split(", ")[0].split()[1:]) == {"unchanged"}
    assert "capacity" not in machine.lab.pulumi("stack", "output", "--json", "--show-secrets").stdout.replace(STACK, "")


def test_others(machine: Machine) -> None:
    """A guest that somebody else runs is told as another's, and is not counted against the lab."""
    before = table(machine.lab.make("preview"))
    file = machine.disk / "other.xml"
    file.write_text(OTHER_XML, encoding="utf-8")
    assert run("virsh", "create", "--paused", str(file)).returncode == 0
    try:
        after = table(machine.lab.make("preview"))
    finally:
        run("virsh", "destroy", OTHER)
    assert int(after["CPUs"]["others"]) == int(before["CPUs"]["others"]) + 2
    assert after["memory"]["others"] != before["memory"]["others"]
    for row, column in (("memory", "promised"), ("memory", "allocated"), ("CPUs", "promised"), ("CPUs", "allocated")):
        assert after[row][column] == before[row][column]


def test_destroy_is_refused_once(machine: Machine) -> None:
    """Nine protected disks are one answer."""
    done = run("make", "destroy", f"STACK={STACK}")
    assert done.returncode != 0
    names = ", ".join(f"node-{number}.{disk}" for number in GUESTS for disk in DISKS)
    assert done.stdout.count("error: ") == 1
    assert f"error: {names}: are protected and must stay, got a destroy; write protect: false, " in done.stdout
    assert machine.lab.changes() == {}
