"""A bundle that is looked into: its programs where they can be run, and its node with the containerd that is in it."""

import json
import os
import subprocess
import time
from collections.abc import Generator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[3]
BUILD = ROOT / "bundle/build"
ROOT_AT = 128 * 1024 * 1024
"""Where images/disk.sh puts the root file system."""


def run(*command: str | Path) -> str:
    """Run it, and return what it says; what it complains of comes with the failure."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
    return done.stdout


def build(
    *arguments: str | Path, path: str | None = None, user: Sequence[str] = ()
) -> subprocess.CompletedProcess[str]:
    """Run bundle/build.

    Args:
        arguments: its own.
        path: the PATH it is to see instead of this one's.
        user: a command to run it by.
    """
    environment = {**os.environ, **({"PATH": path} if path is not None else {})}
    return subprocess.run([*user, BUILD, *arguments], capture_output=True, text=True, env=environment, check=False)


def sealed(directory: Path) -> Mapping[str, Any]:
    """What bundle.json says."""
    return json.loads((directory / "bundle.json").read_text("utf-8"))


@contextmanager
def mounted(what: Path | str, where: Path, options: str, kind: str = "ext4") -> Generator[Path]:
    """Mount it for a while."""
    where.mkdir(exist_ok=True)
    run("mount", "-t", kind, "-o", options, what, where)
    try:
        yield where
    finally:
        run("umount", "--recursive", where)


@contextmanager
def volume(directory: Path, at: Path) -> Generator[Path]:
    """The shared volume, as nodes mount it."""
    with mounted(directory / "volume.img", at, "loop,ro,noload") as where:
        yield where


def node(directory: Path, at: Path) -> AbstractContextManager[Path]:
    """The node's root file system; what is written to it is forgotten."""
    return system(directory / "node.qcow2", at)


@contextmanager
def system(image: Path, at: Path) -> Generator[Path]:
    """The same of any image that images/disk.sh has made."""
    at.mkdir(parents=True)
    raw, below, changes = at / "raw", at / "below", at / "changes"
    run("qemu-img", "convert", "-O", "raw", image, raw)
    with ExitStack() as mounts:
        mounts.enter_context(mounted(raw, below, f"loop,ro,noload,offset={ROOT_AT}"))
        mounts.enter_context(mounted("changes", changes, "mode=755", "tmpfs"))
        yield mounts.enter_context(above(below, at))
    raw.unlink()


def above(below: Path | str, at: Path) -> AbstractContextManager[Path]:
    """A file system above another one, whose changes are in `changes`."""
    for name in ("upper", "work"):
        (at / "changes" / name).mkdir()
    options = f"lowerdir={below},upperdir={at}/changes/upper,workdir={at}/changes/work"
    return mounted("node", at / "root", options, "overlay")


class Containerd:
    """The node's own containerd with what is baked into the node, outside a guest."""

    def __init__(self, root: Path) -> None:
        """Start it in the tree."""
        run("mount", "-t", "tmpfs", "run", root / "run")
        run("mount", "-t", "proc", "proc", root / "proc")
        self._root = root
        options = ("--address", "/run/socket", "--state", "/run/state", "--config", "/run/config.toml")
        (root / "run/config.toml").write_text('version = 2\ndisabled_plugins = ["io.containerd.grpc.v1.cri"]\n')
        with (root / "run/log").open("w") as log:
            self._process = subprocess.Popen(["chroot", root, "containerd", *options], stdout=log, stderr=log)
        deadline = time.monotonic() + 60
        while subprocess.run([*self._command, "version"], capture_output=True, check=False).returncode:
            assert time.monotonic() < deadline, (root / "run/log").read_text()
            time.sleep(0.2)

    @property
    def _command(self) -> Sequence[str | Path]:
        return ("chroot", self._root, "ctr", "--address", "/run/socket", "--namespace", "k8s.io")

    def ctr(self, *arguments: str) -> list[list[str]]:
        """The words of each line but the first that ctr says."""
        return [line.split() for line in run(*self._command, *arguments).splitlines()[1:]]

    def stop(self) -> None:
        """End it."""
        self._process.terminate()
        self._process.wait()


@contextmanager
def containerd(root: Path) -> Generator[Containerd]:
    """Have it for a while."""
    running = Containerd(root)
    try:
        yield running
    finally:
        running.stop()


def baked(directory: Path, at: Path) -> Mapping[str, str]:
    """Ask the node's containerd, which says of each image whether it is complete and unpacked."""
    with node(directory, at) as root, containerd(root) as running:
        unpacked = {line[0]: line for line in running.ctr("images", "check")}
        listed = {line[0]: line for line in running.ctr("images", "list")}
        for name, line in unpacked.items():
            assert "complete" in line, line
            assert line[-1] == "true", line
            assert "io.cri-containerd.image=managed" in listed[name][-1], listed[name]
        return {name: line[2] for name, line in listed.items()}
