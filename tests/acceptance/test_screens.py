"""A screen with a password: who is let in, what a new one does to a running guest, and where it stands.

`make e2e-guests` runs it, in a minute. One story: each test goes on from the last; the guest boots nothing.
"""

import stat
from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import Any

import pytest
import yaml

from components.effects import Effect
from tests.acceptance.edits import predicted, seen
from tests.acceptance.rfb import PASSWORD, is_let_in, offered
from tests.e2e.lab import ROOT, host, run
from tests.e2e.machine import Machine
from tests.e2e.planted import Planted, Watch, by_command

pytestmark = pytest.mark.usefixtures("libvirt")

STACK = "e2e-screens"
DOMAIN = f"{STACK}-web"
PORT = 6070
OLD, NEW = 'Zq7&<x"9', "m3;'p>%W"
"""With all that XML and shells take for something else."""
WEB: dict[str, Any] = {"memory": "128MiB", "disk": "256MiB", "waitFor": "start", "shutdownTimeout": "0s"}
SCREEN: dict[str, Any] = {"type": "vnc", "port": PORT, "listen": "0.0.0.0", "password": "${secrets.screen}"}  # noqa: S104
DEFINITIONS = {Path(f"/etc/libvirt/qemu/{DOMAIN}.xml"), Path(f"/run/libvirt/qemu/{DOMAIN}.xml")}
"""Libvirt's own, which root alone reads."""


@pytest.fixture(scope="module")
def found() -> dict[str, list[str]]:
    """The host before the lab."""
    return host()


@pytest.fixture(scope="module")
def planted() -> Planted:
    """What must not be found."""
    made = Planted()
    for name, value in (("old", OLD), ("new", NEW)):
        made.add(name, value)
        # As libvirt writes it.
        made.add(f"{name} in XML", escape(value).replace("&#x27;", "&apos;"))
    return made


@pytest.fixture(scope="module")
def machine(found: dict[str, list[str]]) -> Iterator[Machine]:
    """A guest whose screen all addresses of the host show, up."""
    made = Machine(STACK, "10.20.93.0/24")
    write(made, {"console": SCREEN})
    run("make", "stack", f"STACK={STACK}")
    keep(made, OLD)
    yield made
    made.remove()
    assert host() == found


def write(machine: Machine, web: dict[str, Any]) -> None:
    """The lab, beside what the stack's file has of secrets."""
    file = machine.lab.file
    stack: dict[str, Any] = yaml.safe_load(file.read_text("utf-8")) if file.exists() else {"config": {}}
    stack["config"]["kvmlab:lab"] = {
        "kind": "guests",
        "network": {"cidr": machine.cidr},
        "image": {"file": str(machine.image)},
        "pool": {"path": str(machine.disk / "pool")},
        "guests": {"web": {**WEB, **web}},
    }
    file.write_text(yaml.safe_dump(stack), "utf-8")


def keep(machine: Machine, password: str) -> None:
    """Make it the stack's secret."""
    done = machine.lab.pulumi("config", "set", "--secret", "--path", "secrets.screen", password)
    assert done.returncode == 0, done.stdout


def up(machine: Machine, planted: Planted, tmp_path: Path) -> None:
    """Make it so, and see that no argument has the password meanwhile, nor what libvirt starts."""
    with Watch(tmp_path) as watch:
        machine.lab.make("up")
    assert len(watch.processes) > 10
    assert by_command(planted, watch.processes, "command") == {}
    told = by_command(planted, watch.processes, "environment")
    assert not any("qemu" in command or "virsh" in command or "libvirt" in command for command in told), told


def test_it_asks(machine: Machine, planted: Planted, tmp_path: Path) -> None:
    """Every viewer is asked, here and on the host's other addresses; the right password opens, another does not."""
    up(machine, planted, tmp_path)
    assert offered(PORT) == [PASSWORD]
    assert is_let_in(PORT, OLD)
    assert not is_let_in(PORT, NEW)
    assert is_let_in(PORT, OLD, "10.20.93.1")
    told = machine.lab.pulumi("stack", "output", "guests", "--json").stdout
    assert f"remote-viewer vnc://127.0.0.1:{PORT}" in told


def test_where_it_stands(machine: Machine, planted: Planted) -> None:
    """In libvirt's definitions, which root alone reads, and nowhere else in clear: state, stack, seed and logs."""
    roots = [ROOT / ".kvmlab", ROOT / "stacks", machine.disk, *map(Path, ("/etc/libvirt", "/run/libvirt"))]
    places = planted.under([*roots, Path("/var/log/libvirt"), Path("/var/lib/libvirt/qemu")])
    assert places.keys() == DEFINITIONS
    assert all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in places)
    assert planted.found(run("virsh", "dumpxml", DOMAIN).stdout.encode()) == set()
    everybody = [path.read_bytes() for path in Path("/proc").glob("[0-9]*/cmdline") if path.exists()]
    assert planted.found(b"\n".join(everybody)) == set()


def test_another_password(machine: Machine, planted: Planted, tmp_path: Path) -> None:
    """The guest runs on, and asks for the new one; told so before, and done once."""
    before = seen(DOMAIN, machine.disk / "pool")
    keep(machine, NEW)
    assert predicted(machine.lab) == {"web": Effect.LIVE}
    up(machine, planted, tmp_path)
    assert seen(DOMAIN, machine.disk / "pool").process == before.process
    assert is_let_in(PORT, NEW)
    assert not is_let_in(PORT, OLD)
    assert machine.lab.changes() == {}


def test_a_restart(machine: Machine) -> None:
    """Whoever restarts the guest, it asks for the same."""
    write(machine, {"console": SCREEN, "memory": "144MiB"})
    machine.lab.make("up")
    assert is_let_in(PORT, NEW)
    assert run("virsh", "-q", "destroy", DOMAIN).returncode == 0
    assert run("virsh", "-q", "start", DOMAIN).returncode == 0
    assert is_let_in(PORT, NEW)
    write(machine, {"console": SCREEN})
    machine.lab.make("up")


def test_a_guest_that_ignores_cloud_init(machine: Machine) -> None:
    """Its seed is that of its first day; its password is today's."""
    ignoring = {"console": SCREEN, "onCloudInitChange": "ignore"}
    write(machine, ignoring)
    machine.lab.make("up")
    seed = (machine.disk / "pool" / f"{DOMAIN}-seed.iso").read_bytes()
    write(machine, {**ignoring, "userData": {"timezone": "UTC"}})
    keep(machine, OLD)
    assert predicted(machine.lab) == {"web": Effect.LIVE}
    machine.lab.make("up")
    assert is_let_in(PORT, OLD)
    assert (machine.disk / "pool" / f"{DOMAIN}-seed.iso").read_bytes() == seed


def test_what_vnc_cannot_take(machine: Machine) -> None:
    """A password of nine characters is refused at preview, and not told."""
    keep(machine, "a" + OLD)
    done = run("make", "preview", f"STACK={STACK}")
    assert done.returncode != 0
    assert "lab.guests.web.console.password: must be the name of a secret of at most 8 characters" in done.stdout
    assert OLD not in done.stdout
    keep(machine, OLD)


def test_no_password(machine: Machine) -> None:
    """Then it is for the host alone, after a restart."""
    before = seen(DOMAIN, machine.disk / "pool")
    write(machine, {"console": {"port": PORT}})
    assert predicted(machine.lab) == {"web": Effect.RESTART}
    machine.lab.make("up")
    assert seen(DOMAIN, machine.disk / "pool").process != before.process
    assert PASSWORD not in offered(PORT)
    listening = run("ss", "-Hltn", f"sport = :{PORT}").stdout.split()
    assert listening[3] == f"127.0.0.1:{PORT}", listening
