"""A bundle holds what it says, says what is wrong with it, and is the same when it is made again.

KVMLAB_BUNDLE is the directory that is looked at, and built if it is not there; it is not harmed.
"""

import hashlib
import os
import platform
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from bundle.contents import names
from bundle.versions import pinned
from tests.acceptance.bundle.built import BUILD, ROOT, baked, build, node, run, sealed, volume

VERSION = pinned()["KUBERNETES_VERSION"]
VERSIONS: Mapping[str, tuple[str, str]] = {
    "bin/kubeadm": ("version -o short", f"v{VERSION}"),
    "bin/kubelet": ("--version", f"Kubernetes v{VERSION}"),
    "bin/kubectl": ("version --client", f"Client Version: v{VERSION}"),
    "bin/etcdctl": ("version", f"etcdctl version: {pinned()['ETCD_VERSION']}"),
}
PLUGINS = {name: pinned()["CNI_VERSION"] for name in ("bridge", "host-local", "loopback", "portmap")} | {
    "flannel": pinned()["FLANNEL_CNI_VERSION"]
}


@pytest.fixture(scope="module")
def room() -> Iterator[Path]:
    """Where a bundle more has room."""
    with tempfile.TemporaryDirectory(prefix="kvmlab-", dir="/var/tmp") as directory:
        yield Path(directory)


@pytest.fixture(scope="module")
def bundle() -> Path:
    """The bundle, built if need be."""
    directory = Path(os.environ.get("KVMLAB_BUNDLE", f"/var/lib/kvmlab/kubernetes/{VERSION}"))
    done = build(VERSION, directory)
    assert done.returncode == 0, done.stderr
    return directory


@pytest.fixture(scope="module")
def images(bundle: Path, room: Path) -> Mapping[str, str]:
    """The digests of the images that are baked into its node, by name."""
    return baked(bundle, room / "first")


def test_it_is_there_and_told_within_seconds(bundle: Path) -> None:
    """A second build changes nothing."""
    begun = time.monotonic()
    done = build(VERSION, bundle)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"ok: {bundle} is built from this recipe\n"
    assert time.monotonic() - begun < 60


def test_what_it_says_of_itself(bundle: Path) -> None:
    """Version, architecture, and the digests of its files."""
    said = sealed(bundle)
    assert (said["version"], said["architecture"]) == (VERSION, "amd64")
    assert platform.machine() == "x86_64"
    assert said["images"] == list(names(pinned()))
    for name, expected in said["files"].items():
        with (bundle / name).open("rb") as file:
            assert hashlib.file_digest(file, "sha256").hexdigest() == expected["sha256"]
        assert (bundle / name).stat().st_size == expected["bytes"]


def test_programs(bundle: Path, tmp_path: Path) -> None:
    """They run, as what they are said to be, and need no library of the node's."""
    with volume(bundle, tmp_path / "volume") as where:
        assert {str(path.relative_to(where)) for path in where.glob("*/*")} == VERSIONS.keys() | {
            f"cni/{name}" for name in PLUGINS
        }
        for path, (arguments, said) in VERSIONS.items():
            assert said in run(where / path, *arguments.split()).splitlines(), path
        for name, version in PLUGINS.items():
            done = subprocess.run([where / "cni" / name], input="", capture_output=True, text=True, check=False)
            assert f"plugin v{version}" in done.stderr, name
        for path in where.glob("*/*"):
            assert "statically linked" in run("file", "--brief", path), path


def test_volume_has_the_label_that_nodes_look_for(bundle: Path) -> None:
    """And no journal, which nobody could replay."""
    said = run("dumpe2fs", "-h", bundle / "volume.img")
    assert re.search(r"volume name:\s+kubernetes$", said, re.MULTILINE)
    assert "has_journal" not in said


def test_every_image_is_in_the_node(images: Mapping[str, str]) -> None:
    """Unpacked and known to the CRI; no other."""
    assert sorted(images) == sorted(names(pinned()))


def test_programs_in_images_and_node(bundle: Path, room: Path) -> None:
    """What the node calls is there, and nothing that two nodes must not share."""
    with node(bundle, room / "node") as root:
        layers = root / "var/lib/containerd/io.containerd.snapshotter.v1.overlayfs/snapshots"
        for name, arguments, said in (
            ("usr/local/bin/kube-apiserver", "--version", f"Kubernetes v{VERSION}"),
            ("usr/local/bin/kube-controller-manager", "--version", f"Kubernetes v{VERSION}"),
            ("usr/local/bin/kube-scheduler", "--version", f"Kubernetes v{VERSION}"),
            ("usr/local/bin/kube-proxy", "--version", f"Kubernetes v{VERSION}"),
            ("usr/local/bin/etcd", "--version", f"etcd Version: {pinned()['ETCD_VERSION']}"),
            ("coredns", "-version", f"CoreDNS-{pinned()['COREDNS_VERSION']}"),
            ("opt/bin/flanneld", "--version", f"v{pinned()['FLANNEL_VERSION']}"),
            ("metrics-server", "--version", f"v{pinned()['METRICS_SERVER_VERSION']}"),
            ("pause", "-v", f"pause {pinned()['PAUSE_VERSION']}"),
        ):
            found = list(layers.glob(f"*/fs/{name}"))
            assert len(found) == 1, name
            done = subprocess.run([found[0], arguments], capture_output=True, text=True, check=True)
            assert said in done.stdout + done.stderr, name
        tools = next(layers.glob("*/fs/usr/sbin/nft")).parents[2]
        for command in ("nft --version", "iptables --version", "ip -Version", "conntrack --version"):
            run("chroot", tools, *command.split())
        applets = {path.name for path in next(layers.glob("*/fs/bin/busybox")).parent.iterdir()}
        assert applets >= {"sh", "httpd", "wget", "nslookup", "awk", "cp", "mv", "test"}
        for command in ("containerd", "runc", "nft", "iptables", "conntrack", "socat", "ethtool", "modprobe"):
            run("chroot", root, "sh", "-c", f"command -v {command}")
        assert (root / "etc/machine-id").read_text() == ""
        assert not list((root / "etc/ssh").glob("ssh_host_*"))
        assert str((root / "etc/resolv.conf").readlink()) == "../run/systemd/resolve/stub-resolv.conf"
        assert (
            f'"registry.k8s.io/pause:{pinned()["PAUSE_VERSION"]}"' in (root / "etc/containerd/config.toml").read_text()
        )
        enabled = root / "etc/systemd/system/multi-user.target.wants"
        assert {path.name for path in enabled.iterdir()} >= {"containerd.service", "kubelet.service", "ssh.service"}
        assert not list((root / "etc/systemd/system").glob("timers.target.wants/*"))


def test_a_damaged_one_is_told(bundle: Path, room: Path) -> None:
    """By its file and digests, before it is built anew."""
    damaged = room / "damaged"
    damaged.mkdir()
    shutil.copy(bundle / "bundle.json", damaged)
    shutil.copy(bundle / "node.qcow2", damaged)
    shutil.copy(bundle / "volume.img", damaged)
    with (damaged / "volume.img").open("r+b") as file:
        file.seek(1 << 20)
        file.write(b"damage")
    said = sealed(bundle)
    command = [sys.executable, "-m", "bundle.check", str(damaged), said["recipe"]]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    expected = said["files"]["volume.img"]["sha256"]
    assert re.fullmatch(rf"{damaged}/volume.img: its sha256 must be {expected}, got [0-9a-f]{{64}}\n", done.stdout)


def test_what_is_refused(room: Path) -> None:
    """One line each, before anything is made."""
    nowhere = room / "nowhere"
    done = build("1.30", nowhere)
    assert done.stderr == (
        f"bundle/build: version: must be {VERSION}, whose checksums this checkout has, got '1.30'; leave it out\n"
    )
    done = build(VERSION, nowhere, path="/usr/bin:/bin")
    assert (
        done.stderr
        == "bundle/build: go: must be on PATH, got none; install Go (https://go.dev/dl), or give SOURCE=official\n"
    )
    nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
    done = build(VERSION, nowhere, user=nobody)
    assert done.stderr == "bundle/build: user: must be root, got 'nobody'; run with sudo\n"
    assert not nowhere.exists()


def test_no_room(room: Path) -> None:
    """It is told before an hour's work is lost."""
    small = room / "small"
    small.mkdir()
    run("mount", "-t", "tmpfs", "-o", "size=64M", "small", small)
    try:
        done = build(VERSION, small / "bundle")
        assert re.fullmatch(
            r"bundle/build: \S+: must have 6000 MiB free, got \d+ MiB; free some space or write OUTPUT elsewhere\n",
            done.stderr,
        )
    finally:
        run("umount", small)


def test_killed_twice_at_once_and_again(bundle: Path, images: Mapping[str, str], room: Path) -> None:
    """A killed build leaves no half bundle; of two at once one builds; what they make is what was made before."""
    again = room / "again"
    process = subprocess.Popen([BUILD, VERSION, again], stdout=subprocess.PIPE, text=True)
    assert process.stdout
    for line in process.stdout:
        if "installing Debian packages" in line and " s)" in line:
            break
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert not (again / "bundle.json").exists()
    both = [subprocess.Popen([BUILD, VERSION, again], stdout=subprocess.PIPE, text=True) for _ in range(2)]
    said = sorted(process.communicate()[0].splitlines()[-1].partition(":")[0] for process in both)
    assert said == ["changed", "ok"]
    assert sorted(path.name for path in again.iterdir()) == [".lock", "bundle.json", "node.qcow2", "volume.img"]
    assert sealed(again)["files"]["volume.img"] == sealed(bundle)["files"]["volume.img"]
    assert baked(again, room / "second") == images
