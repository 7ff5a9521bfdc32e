"""A bundle of the projects' own releases and images, from a server that plays theirs."""

import os
import subprocess
import tempfile
from collections.abc import Generator, Mapping
from pathlib import Path

import pytest

from bundle.contents import names, pulled
from bundle.versions import pinned
from tests.acceptance.bundle.built import BUILD, baked, run, sealed, volume
from tests.acceptance.bundle.official import PLUGINS, registries, releases, serving

PINS = pinned()
VERSION = PINS["KUBERNETES_VERSION"]


@pytest.fixture(scope="module")
def room() -> Generator[Path]:
    """Where a bundle has room."""
    with tempfile.TemporaryDirectory(prefix="kvmlab-", dir="/var/tmp") as directory:
        yield Path(directory)


def build(directory: Path, answers: Mapping[str, bytes]) -> subprocess.CompletedProcess[str]:
    """Run it against a server that answers so; no Go is on its PATH."""
    with serving(answers) as mirror:
        environment = {**os.environ, "KVMLAB_BUNDLE_MIRROR": mirror, "PATH": "/usr/bin:/bin"}
        command = [BUILD, VERSION, directory, "official"]
        return subprocess.run(command, capture_output=True, text=True, env=environment, check=False)


def test_a_bundle_of_official_parts(room: Path, tmp_path: Path) -> None:
    """Programs are the releases', and images the registries', by the digests that these have."""
    answers, digests = registries(PINS, tmp_path / "images.tar")
    directory = room / "official"
    done = build(directory, releases(PINS) | answers)
    assert done.returncode == 0, done.stdout + done.stderr
    assert sealed(directory)["images"] == list(names(PINS))
    with volume(directory, tmp_path / "volume") as where:
        for name in ("kubeadm", "kubectl", "kubelet", "etcdctl"):
            assert run(where / "bin" / name) == f"{name}\n"
        assert {path.name for path in (where / "cni").iterdir()} == {*PLUGINS, "flannel"}
        for path in (where / "cni").iterdir():
            assert run(path) == f"{path.name}\n"
    found = baked(directory, room / "node")
    assert sorted(found) == sorted({*names(PINS), *pulled(PINS)})
    assert digests.items() <= found.items()
    assert build(directory, {}).stdout == f"ok: {directory} is built from this recipe\n"


def test_a_release_with_other_bytes(room: Path) -> None:
    """It is not used, and the digest is told."""
    answers = releases(PINS)
    path = next(path for path in answers if path.endswith("/kubelet"))
    done = build(room / "false", answers | {path: b"other"})
    assert done.returncode == 1
    wanted = answers[f"{path}.sha256"].decode().split()[0]
    assert f"{path}: its sha256 must be {wanted}, got " in done.stderr
    assert "fetching Kubernetes" in done.stderr.splitlines()[-1]
    assert not (room / "false/bundle.json").exists()


def test_an_image_with_other_bytes(room: Path, tmp_path: Path) -> None:
    """A registry that gives another layer than the manifest names leaves no bundle."""
    answers, _ = registries(PINS, tmp_path / "images.tar")
    scheduler = [path for path in answers if "kube-scheduler/blobs/" in path]
    spoiled = {path: bytes(reversed(answers[path])) for path in scheduler}
    done = build(room / "spoiled", releases(PINS) | answers | spoiled)
    assert done.returncode == 1
    assert "baking container images into the node: failed" in done.stderr
    assert not (room / "spoiled/bundle.json").exists()
