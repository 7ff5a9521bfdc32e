"""A guest's kernel where it is emulated: on a host that is too busy to be on time, and after a panic."""

import os
import re
import shlex
import subprocess
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.e2e.cluster import eventually
from tests.e2e.lab import image

# images/disk.sh puts it there, behind the partition table.
BOOT_AT = 1024 * 1024


@contextmanager
def busy() -> Generator[None]:
    """No CPU of the host has time."""
    count = 3 * len(os.sched_getaffinity(0))
    others = [subprocess.Popen(["sh", "-c", "while :; do :; done"]) for _ in range(count)]
    try:
        yield
    finally:
        for other in others:
            other.kill()
            other.wait()


@pytest.fixture(scope="module")
def kernel(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The kernel of an image from Debian packages, and what it is told there, but for a root."""
    room = tmp_path_factory.mktemp("kernel")
    subprocess.run(["qemu-img", "convert", "-O", "raw", image(), room / "raw"], check=True)
    for name in ("vmlinuz", "syslinux.cfg"):
        subprocess.run(["mcopy", "-i", f"{room / 'raw'}@@{BOOT_AT}", f"::/{name}", room], check=True)
    (room / "raw").unlink()
    options = re.search(r"APPEND root=\S+ (.+)", (room / "syslinux.cfg").read_text("ascii"))
    assert options is not None
    return room / "vmlinuz", f"{options[1].replace('quiet', '')} earlyprintk=ttyS0,115200"


@contextmanager
def booting(kernel: tuple[Path, str], told: str, log: Path) -> Generator["subprocess.Popen[bytes]"]:
    """An emulated machine that starts it, with two CPUs."""
    machine = shlex.split("-machine pc -accel tcg -cpu qemu64 -m 1024 -smp 2 -nodefaults -no-reboot -display none")
    program, options = kernel
    command = [*machine, "-serial", f"file:{log}", "-kernel", program, "-append", f"{options} {told}"]
    with subprocess.Popen(["qemu-system-x86_64", *command]) as guest:
        try:
            yield guest
        finally:
            guest.kill()


def said(log: Path) -> str:
    """By the kernel, so far."""
    return log.read_text("utf-8", "replace") if log.exists() else ""


def test_a_late_timer_is_no_broken_one(kernel: tuple[Path, str], tmp_path: Path) -> None:
    """Emulated, it is late wherever QEMU's own thread is; a kernel that then looks whether it works stops for good."""
    log = tmp_path / "log"
    # Without a root it ends when it has come that far.
    with busy(), booting(kernel, "panic=-1", log) as guest:
        while guest.poll() is None and not said(log):
            time.sleep(0.02)
        # Its first thread, which fires the timer; those that are its CPUs stay as they are.
        os.sched_setscheduler(guest.pid, os.SCHED_IDLE, os.sched_param(0))
        guest.wait(timeout=300)
    assert "Unable to mount root" in said(log), said(log)
    assert "doesn't work" not in said(log)


def test_a_clock_that_was_measured_wrong_is_not_kept(kernel: tuple[Path, str], tmp_path: Path) -> None:
    """A CPU that has to wait while its kernel measures the TSC has it too slow, and all its time runs too fast."""
    log = tmp_path / "log"
    # The rate that was seen so on a host of 2.6 GHz.
    with booting(kernel, "tsc_early_khz=235830 root=/dev/none rootwait", log) as guest:
        eventually(60, "it says nothing", lambda: "Marking TSC" in said(log) or guest.poll() is not None)
    assert "tsc: Detected 235.830 MHz" in said(log), said(log)
    assert "tsc: Marking TSC unstable due to clocksource watchdog" in said(log), said(log)


def test_a_kernel_that_panics_starts_anew(kernel: tuple[Path, str], tmp_path: Path) -> None:
    """Nobody would look at its screen."""
    log = tmp_path / "log"
    # It finds no root, which is a panic; QEMU ends where it would start the machine anew.
    with booting(kernel, "", log) as guest:
        guest.wait(timeout=300)
    assert "Kernel panic" in said(log), said(log)
    assert "Rebooting in 10 seconds" in said(log), said(log)
