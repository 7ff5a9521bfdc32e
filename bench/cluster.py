"""From nothing to six nodes that serve, against the same guests, images and steps by a script; slow without KVM."""

import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from bench.by_hand import definition, keep
from bench.figures import Measured, over
from bench.timing import ROOT, shell

STACK = "bench-cluster"
STACK_FILE = ROOT / "stacks" / f"Pulumi.{STACK}.yaml"
# As little as kubeadm takes; emulated guests share the host's CPUs.
CONFIG = """config:
  kvmlab:lab:
    kind: kubernetes
    network: {cidr: 10.20.98.0/24}
    kubernetes:
      source: bundle
      controlPlane: {cpus: 2, memory: 2560MiB, disk: 8GiB, shutdownTimeout: 0s}
      worker: {count: 5, cpus: 1, memory: 1536MiB, disk: 8GiB, shutdownTimeout: 0s}
"""
LIMIT = 1.15
RUNS = int(os.environ.get("KVMLAB_CLUSTERS", "1"))


def cluster() -> Measured:
    """Compare them by turns; the machine is left as it was."""
    directory = Path(tempfile.mkdtemp(prefix="kvmlab-bench-", dir="/var/lib/libvirt/images"))
    runs: dict[str, list[float]] = {"ours": [], "floor": []}
    try:
        STACK_FILE.write_text(CONFIG, encoding="utf-8")
        directory.chmod(0o711)
        shell(f"make stack STACK={STACK}")
        for number in range(RUNS):
            runs["ours"].append(shell(f"make up STACK={STACK}"))
            if number == 0:
                _take_apart(directory)
            shell(f"make destroy STACK={STACK}")
            runs["floor"].append(_by_hand(directory))
            last = ", ".join(f"{who} {times[-1]:.0f} s" for who, times in runs.items())
            print(f"six nodes from nothing, run {number + 1} of {RUNS}: {last}", flush=True)
        return Measured([over("six nodes from nothing / by hand", LIMIT, runs)], [])
    finally:
        subprocess.run(["make", "destroy", f"STACK={STACK}"], cwd=ROOT, capture_output=True, check=False)
        shell(f". .toolchain/env && pulumi stack rm --yes --force --stack {STACK}")
        STACK_FILE.unlink(missing_ok=True)
        shutil.rmtree(directory)


def _take_apart(directory: Path) -> None:
    """Keep what a person would have at hand: image, seed disks, definitions, ssh config, and each node's files."""
    pool = keep(STACK, directory)
    (directory / "nodes").mkdir(mode=0o700)
    for node, files in _sent().items():
        if node != "ready":
            shutil.copyfile(pool / f"{STACK}-{node}-seed.iso", directory / f"{node}.iso")
            disks = [directory / f"{node}.{kind}" for kind in ("qcow2", "iso")]
            text = definition(f"{STACK}-{node}", f"by-hand-{node}", disks)
            (directory / f"{node}.xml").write_text(text, encoding="utf-8")
        for name, text in files.items():
            file = directory / "nodes" / node / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")


def _sent() -> dict[str, dict[str, str]]:
    """What each node was sent to become one, and the probe, from the state."""
    export = f". .toolchain/env && pulumi stack export --show-secrets --stack {STACK}"
    said = subprocess.run(["sh", "-c", export], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    resources: list[dict[str, Any]] = json.loads(said)["deployment"]["resources"]
    sent: dict[str, dict[str, str]] = {}
    for resource in resources:
        name = resource["urn"].rpartition("::")[2]
        if resource["type"] == "command:local:Command" and name.startswith("kubernetes-"):
            files = _unpacked(json.loads(resource["inputs"]["stdin"]["plaintext"]))
            sent[name.removeprefix("kubernetes-")] = {
                file.removeprefix("node/"): text for file, text in files.items() if file.startswith("node/")
            }
    return sent


def _unpacked(packed: str) -> dict[str, str]:
    """As host/lib.sh does with what components/archive.py has packed."""
    files: dict[str, str] = {}
    lines = iter(packed.splitlines(keepends=True))
    for line in lines:
        name, count = line.split()
        files[name] = "".join(next(lines) for _ in range(int(count)))
    return files


def _by_hand(directory: Path) -> float:
    settings = f"DIRECTORY={directory} NETWORK={STACK}"
    try:
        return shell(f"{settings} bench/bare_cluster.sh make")
    finally:
        shell(f"{settings} bench/bare_cluster.sh remove")
