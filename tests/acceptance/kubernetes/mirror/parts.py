"""What the mirror is made of: programs and images out of a bundle, and the few that a bundle has not.

What stands for an image of a project's own has its program, and otherwise a busybox.
"""

import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from bundle import archive, contents
from bundle.layers import File
from bundle.versions import pinned
from stacks.kubernetes import PROBE_IMAGES
from tests.acceptance.bundle.built import containerd, node, volume
from tests.acceptance.kubernetes.mirror.images import unpack

HERE = Path(__file__).parent
PINS = pinned()
BUNDLE = Path(os.environ.get("KVMLAB_BUNDLE", f"/var/lib/kvmlab/kubernetes/{PINS['KUBERNETES_VERSION']}"))
LOCAL_PATH = "docker.io/rancher/local-path-provisioner:v0.0.32"
"""Its program is of v0.0.30, the newest that module proxies are known to serve."""


class Parts(NamedTuple):
    """Where they are."""

    programs: Path
    """With `bin` and `cni`, as on a bundle's volume."""
    images: Mapping[str, Mapping[str, Any]]
    """Descriptors by name."""
    blobs: Path
    """What they are made of, by digest."""


def parts(at: Path) -> Parts:
    """Collect them.

    Args:
        at: an empty directory with room for a raw disk.
    """
    assert (BUNDLE / "bundle.json").exists(), f"{BUNDLE}: must hold a bundle, got none; run make kubernetes-bundle"
    assert shutil.which("go"), "go: must be on PATH, got none; install Go (https://go.dev/dl)"
    programs, blobs, baked, busybox = at / "programs", at / "blobs", at / "baked.tar", at / "busybox"
    with volume(BUNDLE, at / "volume") as where:
        shutil.copytree(where, programs, ignore=shutil.ignore_patterns("lost+found"))
    blobs.mkdir()
    names = [name for name in contents.names(PINS) if not name.startswith("docker.io/kvmlab/")]
    with node(BUNDLE, at / "node") as root:
        with containerd(root) as running:
            running.ctr("images", "export", "/srv/baked.tar", *names)
        shutil.copy(root / "srv/baked.tar", baked)
        snapshots = root / "var/lib/containerd/io.containerd.snapshotter.v1.overlayfs/snapshots"
        shutil.copy(next(snapshots.glob("*/fs/bin/busybox")), busybox)
    archive.write(_further(programs, busybox, at), at / "further.tar")
    return Parts(programs, unpack(baked, blobs) | unpack(at / "further.tar", blobs), blobs)


def _further(programs: Path, busybox: Path, at: Path) -> list[archive.Image]:
    """What only nodes without a bundle ask for."""
    shell = contents.probe(PINS, busybox)
    plugin = {"flannel": File(programs / "cni/flannel")}
    provisioner = {"usr/bin/local-path-provisioner": File(_local_path(at))}
    return [
        replace(shell, name=PROBE_IMAGES["online"]),
        archive.Image(contents.pulled(PINS)[-1], (*shell.layers, plugin)),
        archive.Image(LOCAL_PATH, (*shell.layers, provisioner)),
    ]


def _local_path(at: Path) -> Path:
    """Compile it, which takes two minutes the first time."""
    program = at / "local-path-provisioner"
    command = ("go", "build", "-C", HERE / "local-path", "-trimpath", "-buildvcs=false", "-ldflags", "-s -w")
    environment = {**os.environ, "GOFLAGS": "-mod=readonly", "GOWORK": "off", "CGO_ENABLED": "0"}
    done = subprocess.run(
        [*command, "-o", program, "github.com/rancher/local-path-provisioner"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return program
