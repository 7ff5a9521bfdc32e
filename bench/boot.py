"""From `make up` on a warm machine to the first SSH login, against the same guest booted by hand."""

import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

from bench.by_hand import definition, keep
from bench.figures import Measured, over
from bench.timing import ROOT, shell

STACK = "bench"
STACK_FILE = ROOT / "stacks" / f"Pulumi.{STACK}.yaml"
CONFIG = "config:\n  kvmlab:lab:\n    kind: guests\n    network: {cidr: 10.20.99.0/24}\n    guests:\n      web: {}\n"
BY_HAND = "bench-by-hand"
LIMIT = 1.15
RUNS = 3


def boot() -> Measured:
    """Compare them by turns; the machine is left as it was."""
    directory = Path(tempfile.mkdtemp(prefix="kvmlab-bench-", dir="/var/lib/libvirt/images"))
    try:
        STACK_FILE.write_text(CONFIG, encoding="utf-8")
        directory.chmod(0o711)
        shell(f"make up STACK={STACK}")
        _take_apart(directory)
        shell(f"make destroy STACK={STACK}")
        runs: dict[str, list[float]] = {"ours": [], "floor": []}
        for number in range(RUNS):
            runs["floor"].append(_by_hand(directory))
            runs["ours"].append(_ours())
            last = ", ".join(f"{who} {times[-1]:.2f} s" for who, times in runs.items())
            print(f"make up to SSH, run {number + 1} of {RUNS}: {last}", flush=True)
        return Measured([over("make up to SSH / by hand", LIMIT, runs)], [])
    finally:
        subprocess.run(["make", "destroy", f"STACK={STACK}"], cwd=ROOT, capture_output=True, check=False)
        shell(f". .toolchain/env && pulumi stack rm --yes --force --stack {STACK}")
        STACK_FILE.unlink(missing_ok=True)
        shutil.rmtree(directory)


def _take_apart(directory: Path) -> None:
    """Keep what a person would have at hand: image, seed files, definitions, ssh config."""
    pool = keep(STACK, directory)
    shell(f"xorriso -osirrox on -indev {pool}/{STACK}-web-seed.iso -extract / {directory}/seed")
    files = [directory / name for name in ("root.qcow2", "seed.iso")]
    (directory / "domain.xml").write_text(definition(f"{STACK}-web", BY_HAND, files), encoding="utf-8")


def _by_hand(directory: Path) -> float:
    # A warm machine has its network; what is timed is the guest.
    shell(f"virsh net-define {directory}/network.xml && virsh net-start {STACK}")
    settings = f"DIRECTORY={directory} DOMAIN={BY_HAND}"
    try:
        return shell(f"{settings} bench/bare_boot.sh boot")
    finally:
        shell(f"{settings} bench/bare_boot.sh remove && virsh net-destroy {STACK} && virsh net-undefine {STACK}")


def _ours() -> float:
    started = time.monotonic()
    up = subprocess.Popen(["make", "up", f"STACK={STACK}"], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    login = ["ssh", "-F", f".kvmlab/ssh/{STACK}/config", "-o", "BatchMode=yes", "-o", "ConnectTimeout=2", "web", "true"]
    while subprocess.run(login, cwd=ROOT, capture_output=True, check=False, env=os.environ).returncode != 0:
        time.sleep(0.5)
        if up.poll():
            raise SystemExit(f"make up: exit status {up.returncode}")
    seconds = time.monotonic() - started
    up.communicate()
    shell(f"make destroy STACK={STACK}")
    return seconds
