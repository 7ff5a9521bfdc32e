"""A guest's kernel on a host that is too busy to be on time."""

import os
import re
import shlex
import subprocess
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from tests.e2e.lab import ROOT, run

IMAGE = ROOT / ".kvmlab/images/debian-13.qcow2"
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


def test_a_late_timer_is_no_broken_one(tmp_path: Path) -> None:
    """Emulated, it is late wherever QEMU's own thread is; a kernel that then looks whether it works stops for good."""
    built = run("images/build", "debian-13", str(IMAGE))
    assert built.returncode == 0, built.stdout
    raw, log = tmp_path / "raw", tmp_path / "log"
    subprocess.run(["qemu-img", "convert", "-O", "raw", IMAGE, raw], check=True)
    for name in ("vmlinuz", "syslinux.cfg"):
        subprocess.run(["mcopy", "-i", f"{raw}@@{BOOT_AT}", f"::/{name}", tmp_path], check=True)
    options = re.search(r"APPEND root=\S+ (.+)", (tmp_path / "syslinux.cfg").read_text("ascii"))
    assert options is not None
    # Without a root it ends when it has come that far.
    told = f"{options[1].replace('quiet', '')} earlyprintk=ttyS0,115200 panic=-1"
    machine = shlex.split("-machine pc -accel tcg -cpu qemu64 -m 1024 -smp 2 -nodefaults -no-reboot")
    output = ("-display", "none", "-serial", f"file:{log}")
    kernel = ("-kernel", tmp_path / "vmlinuz", "-append", told)
    with busy(), subprocess.Popen(["qemu-system-x86_64", *machine, *output, *kernel]) as guest:
        try:
            while guest.poll() is None and not (log.exists() and log.stat().st_size):
                time.sleep(0.02)
            # Its first thread, which fires the timer; those that are its CPUs stay as they are.
            os.sched_setscheduler(guest.pid, os.SCHED_IDLE, os.sched_param(0))
            guest.wait(timeout=300)
        finally:
            guest.kill()
    said = log.read_text("utf-8", "replace")
    assert "Unable to mount root" in said, said
    assert "doesn't work" not in said
