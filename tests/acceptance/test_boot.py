"""Guests that do not start from an image, or not at all, for real.

`make e2e-guests` runs it, in a few minutes.
"""

import os
import select
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.bootable import MARK, Parts
from tests.acceptance.edits import predicted, seen
from tests.e2e.lab import Lab, host, run
from tests.e2e.machine import Machine
from tests.e2e.planted import Planted

pytestmark = [pytest.mark.usefixtures("libvirt"), pytest.mark.timeout(1200)]

STACK = "e2e-boot"
FROM_DISK = f"{MARK} runs: from disk"
QUICK: dict[str, Any] = {"image": "none", "memory": "128MiB", "disk": "256MiB", "shutdownTimeout": "0s"}


@pytest.fixture
def machine() -> Iterator[Machine]:
    """The means, and nothing of them left."""
    Lab(STACK).sweep()
    before = host()
    made = Machine(STACK, "10.20.84.0/24")
    yield made
    made.remove()
    assert host() == before


def write(machine: Machine, **guests: dict[str, Any]) -> None:
    """The lab, with these guests beside what makes them quick."""
    machine.lab.write(
        {
            "kind": "guests",
            "network": {"cidr": machine.cidr},
            "pool": {"path": str(machine.disk / "pool")},
            "guests": {name: {**QUICK, **guest} for name, guest in guests.items()},
        }
    )


def up(machine: Machine, **guests: dict[str, Any]) -> None:
    """Make it so, once."""
    write(machine, **guests)
    machine.lab.make("up")
    assert machine.lab.changes() == {}


def state(guest: str) -> str:
    """What libvirt says of it."""
    return run("virsh", "-q", "domstate", f"{STACK}-{guest}").stdout.strip()


def pool(machine: Machine) -> set[str]:
    """The disks and images in it."""
    names = {path.name for path in (machine.disk / "pool").iterdir()}
    return {name for name in names if not name.endswith((".birth", ".kvmlab"))}


def test_blank_and_off(machine: Machine) -> None:
    """A lab without any image: its guests have blank disks, and run as they are told to."""
    up(machine, web={}, spare={"power": "off"})
    assert (state("web"), state("spare")) == ("running", "shut off")
    disks = {f"{STACK}-{guest}{suffix}" for guest in ("web", "spare") for suffix in (".qcow2", "-seed.iso")}
    assert pool(machine) == disks
    for guest in ("web", "spare"):
        assert "backing file" not in run("qemu-img", "info", "-U", str(disk(machine, guest))).stdout
        assert f"name='{guest}'" in run("virsh", "net-dumpxml", STACK).stdout

    inode = disk(machine, "spare").stat().st_ino
    write(machine, web={}, spare={"power": "off", "cpus": 2, "disk": "512MiB"})
    assert {f"{effect}" for effect in predicted(machine.lab).values()} == {"live"}
    machine.lab.make("up")
    assert state("spare") == "shut off"
    assert "<vcpu placement='static'>2</vcpu>" in seen(f"{STACK}-spare", machine.disk / "pool").definition

    up(machine, web={"power": "off"}, spare={"cpus": 2, "disk": "512MiB"})
    assert (state("web"), state("spare")) == ("shut off", "running")
    assert disk(machine, "spare").stat().st_ino == inode

    # Somebody has started it; what makes it run again ends that.
    assert run("virsh", "start", f"{STACK}-web").returncode == 0
    up(machine, web={"power": "off", "cpus": 2}, spare={"cpus": 2, "disk": "512MiB"})
    assert state("web") == "shut off"


@pytest.fixture(scope="session")
def parts(tmp_path_factory: pytest.TempPathFactory) -> Parts:
    """What can be started."""
    return Parts(tmp_path_factory.mktemp("parts"))


@contextmanager
def console(guest: str) -> Generator[int]:
    """The serial console of a guest that runs; what it says while nobody looks is lost."""
    terminal = run("virsh", "-q", "ttyconsole", f"{STACK}-{guest}").stdout.strip()
    line = os.open(terminal, os.O_RDONLY | os.O_NOCTTY | os.O_NONBLOCK)
    try:
        yield line
    finally:
        os.close(line)


def said(guest: str, words: str, seconds: int = 100) -> str:
    """All that a guest says, from now until it says that."""
    text, deadline = "", time.monotonic() + seconds
    with console(guest) as line:
        while words not in text:
            left = deadline - time.monotonic()
            assert left > 0, f"{guest} did not say {words!r} in {seconds} s, but {text!r}"
            if select.select([line], [], [], left)[0]:
                text += os.read(line, 4096).decode(errors="replace")
    return text


def test_kernel(machine: Machine, parts: Parts) -> None:
    """It is started with its initrd and its command line, another one of which is one restart; without it, the disk."""
    initrd = machine.disk / "initrd"
    initrd.write_bytes(parts.initrd())
    boot = {"kernel": {"file": str(parts.kernel)}, "initrd": {"file": str(initrd)}}
    web: dict[str, Any] = {"memory": "256MiB", "boot": {**boot, "cmdline": "console=ttyS0 quiet kvmlab=a&b"}}
    up(machine, web=web)
    said("web", " of console=ttyS0 quiet kvmlab=a&b")
    kept = pool(machine)
    assert {name.rpartition(".")[2] for name in kept if not name.startswith(("base-", STACK))} == {"initrd", "kernel"}

    web["boot"]["cmdline"] = "console=ttyS0 quiet kvmlab=2"
    write(machine, web=web)
    assert {f"{effect}" for effect in predicted(machine.lab).values()} == {"restart"}
    machine.lab.make("up")
    said("web", " of console=ttyS0 quiet kvmlab=2")
    assert pool(machine) == kept

    up(machine, web={"memory": "256MiB"})
    assert "<kernel>" not in seen(f"{STACK}-web", machine.disk / "pool").definition
    assert pool(machine) == {name for name in kept if name.startswith(STACK)}

    write(machine, web={"boot": {"kernel": {"file": "/srv/none"}}, "power": "off"})
    done = run("make", "up", f"STACK={STACK}")
    assert "lab.guests.web.boot.kernel.file: must be a file that the host can read, got '/srv/none'" in done.stdout


def starts_once(guest: str) -> None:
    """It says that it installs, then that it runs from disk; started anew, the latter alone."""
    assert f"{MARK} installs" in said(guest, FROM_DISK)
    assert run("virsh", "reset", f"{STACK}-{guest}").returncode == 0
    assert f"{MARK} installs" not in said(guest, FROM_DISK)


@pytest.mark.parametrize("board", ["pc", "q35"])
def test_installation_by_bios(machine: Machine, parts: Parts, board: str) -> None:
    """A CD starts on a blank disk, and what it has installed from then on, also when it is cut off and edited."""
    iso = parts.installer(machine.disk / "installer.iso")
    web: dict[str, Any] = {"memory": "256MiB", "machine": board, "install": {"iso": {"file": str(iso)}}}
    up(machine, web=web)
    starts_once("web")
    bus = "ide" if board == "pc" else "sata"
    assert f"bus='{bus}'" in seen(f"{STACK}-web", machine.disk / "pool").definition
    inode = disk(machine, "web").stat().st_ino
    up(machine, web={**web, "cpus": 2})
    assert f"{MARK} installs" not in said("web", FROM_DISK)
    # Without its CD, too, which goes from the pool.
    up(machine, web={"memory": "256MiB", "machine": board})
    assert f"{MARK} installs" not in said("web", FROM_DISK)
    assert disk(machine, "web").stat().st_ino == inode
    assert not [name for name in pool(machine) if not name.startswith(STACK)]


def test_installation_by_uefi(machine: Machine, parts: Parts) -> None:
    """The same, from a CD with an EFI boot image, on a blank disk that gets an EFI system partition."""
    iso = parts.uefi_installer(machine.disk / "installer.iso")
    web: dict[str, Any] = {"memory": "512MiB", "firmware": "uefi", "install": {"iso": {"file": str(iso)}}}
    up(machine, web=web)
    starts_once("web")


def test_two_guests_of_one_cd(machine: Machine, parts: Parts) -> None:
    """It lies in the pool once, and is there for the other while one of them goes."""
    iso = parts.installer(machine.disk / "installer.iso")
    guest: dict[str, Any] = {"install": {"iso": {"file": str(iso)}}}
    up(machine, web=guest, db=guest)
    (kept,) = (name for name in pool(machine) if name.endswith(".iso") and not name.startswith(STACK))
    up(machine, db=guest)
    assert kept in pool(machine)
    assert (state("db"), "web" in run("virsh", "list", "--all").stdout) == ("running", False)


def test_seed_of_an_installer(machine: Machine, parts: Parts) -> None:
    """A disk with its label and its files, secrets filled in, which stand nowhere else; another text is no restart."""
    iso, planted = parts.installer(machine.disk / "installer.iso"), Planted()
    secret, lab = planted.plant("root"), machine.lab
    seed = {"label": "OEMDRV", "files": {"ks.cfg": "lang en_US\nrootpw --plaintext ${secrets.root}"}}
    web: dict[str, Any] = {"install": {"iso": {"file": str(iso)}, "seed": seed}}
    write(machine, web=web)
    told = run("make", "up", f"STACK={STACK}").stdout
    assert """lab.guests.web.install.seed.files["ks.cfg"]: must name a secret of the stack, got 'root'""" in told
    set_secret = f"pulumi config set --stack {STACK} --secret --path secrets.root {secret}"
    assert run("sh", "-c", f". .toolchain/env && {set_secret}").returncode == 0
    said = lab.make("up")
    made = machine.disk / "pool" / f"{STACK}-web-install.iso"
    assert f"lang en_US\nrootpw --plaintext {secret}\n".encode() in made.read_bytes()
    assert run("blkid", "-o", "value", "-s", "LABEL", str(made)).stdout == "OEMDRV\n"
    assert made.stat().st_mode & 0o777 == 0o600

    before = seen(f"{STACK}-web", machine.disk / "pool")
    lab.file.write_text(lab.file.read_text("utf-8").replace("en_US", "de_DE"), "utf-8")
    shown = run("make", "preview", f"STACK={STACK}").stdout
    assert "Guest web: install.seed OEMDRV: ks.cfg: '[hidden " in shown
    said += shown + lab.make("up")
    assert b"lang de_DE" in made.read_bytes()
    assert seen(f"{STACK}-web", machine.disk / "pool") == before
    kept = run("sh", "-c", f". .toolchain/env && pulumi stack export --stack {STACK}").stdout
    assert planted.found("".join([said, shown, kept, before.definition]).encode()) == set()


def disk(machine: Machine, guest: str) -> Path:
    """A guest's root disk."""
    return machine.disk / "pool" / f"{STACK}-{guest}.qcow2"
