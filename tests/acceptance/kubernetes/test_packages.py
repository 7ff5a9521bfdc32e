"""The online layer's script, whole, in the image that guests start from, and what its containerd pulls; no guest boots.

`make online-kubernetes` begins with this. What the script writes is forgotten; services do not start without systemd.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.bundle.built import system
from tests.acceptance.kubernetes.mirror.layer import fingerprint, script, script_for
from tests.acceptance.kubernetes.mirror.machine import Machine, machine
from tests.acceptance.kubernetes.mirror.mirror import Mirror
from tests.acceptance.kubernetes.mirror.packages import packages, serve
from tests.acceptance.kubernetes.mirror.parts import PINS
from tests.acceptance.kubernetes.mirror.server import Log
from tests.acceptance.kubernetes.mirror.signer import Signer

ADDRESS = "127.63.0.1"
VERSION = PINS["KUBERNETES_VERSION"]
SERIES = VERSION.rpartition(".")[0]


@pytest.fixture(scope="module")
def log(mirror: Mirror) -> Iterator[Log]:
    """The mirror, served here."""
    with mirror.served(ADDRESS) as asked:
        yield asked


@pytest.fixture(scope="module")
def guest(image: Path, mirror: Mirror, log: Log, room: Path) -> Iterator[Machine]:
    """A machine of that image which takes the mirror for what it plays."""
    assert not log.missed
    files = {**mirror.files(ADDRESS), "/etc/kvmlab/kubernetes-version": f"{VERSION}\n"}
    with system(image, room / "guest") as root, machine(root, files) as made:
        yield made


def test_another_key_is_told_by_its_fingerprint(guest: Machine, key: Signer) -> None:
    """The layer as it stands takes no package of this mirror."""
    done = guest.install(script())
    assert done.returncode == 1
    repository = f"https://pkgs.k8s.io/core:/stable:/v{SERIES}/deb"
    rule = f"must be signed by one key, {fingerprint()}, got: key {key.fingerprint}"
    assert done.stderr.splitlines()[-1] == f"kubernetes: {repository}: {rule}"
    assert guest.do("command -v kubeadm").returncode != 0
    assert guest.do("ls /etc/apt/sources.list.d/kubernetes.list").returncode != 0


def test_the_script_comes_to_its_end(guest: Machine, key: Signer) -> None:
    """By the official layout, with redirects; each program is of the version asked for, and stays."""
    done = guest.install(script_for(key.fingerprint))
    assert done.returncode == 0, done.stdout + done.stderr
    assert guest.must("kubelet --version") == f"Kubernetes v{VERSION}"
    assert guest.must("kubeadm version -o short") == f"v{VERSION}"
    assert guest.must("apt-mark showhold").split() == ["kubeadm", "kubectl", "kubelet"]
    assert guest.must("systemctl is-enabled kubelet containerd").split() == ["enabled", "enabled"]


def test_its_containerd_is_kubelets(guest: Machine) -> None:
    """What containerd reads of the file: cgroups, the sandbox's image as kubeadm names it, and where plugins are."""
    told = guest.must("containerd config dump")
    assert "SystemdCgroup = true" in told
    assert f'sandbox_image = "registry.k8s.io/pause:{PINS["PAUSE_VERSION"]}"' in told
    assert 'bin_dir = "/opt/cni/bin"' in told
    assert {"bridge", "host-local", "loopback", "portmap"} <= set(guest.must("ls /opt/cni/bin").split())


def test_another_run_changes_nothing(guest: Machine, key: Signer) -> None:
    """A changed seed runs it again, on a node at work; what somebody wrote stays."""
    guest.write("/etc/default/kubelet", "KUBELET_EXTRA_ARGS=--v=3\n")
    before = guest.must("dpkg -l"), guest.read("/etc/containerd/config.toml")
    done = guest.install(script_for(key.fingerprint))
    assert done.returncode == 0, done.stdout + done.stderr
    assert (guest.must("dpkg -l"), guest.read("/etc/containerd/config.toml")) == before
    assert guest.read("/etc/default/kubelet") == "KUBELET_EXTRA_ARGS=--v=3\n"


def test_every_image_is_pulled_by_its_name(guest: Machine, mirror: Mirror, log: Log) -> None:
    """By the client that is in the image, with digests checked: kubeadm's own list, and what manifests ask for."""
    listed = guest.must(f"kubeadm config images list --kubernetes-version v{VERSION}").split()
    assert set(listed) <= mirror.parts.images.keys()
    guest.must(
        "containerd --config /dev/null --root /run/c --state /run/s --address /run/sock >/run/log 2>&1 & sleep 5"
    )
    for name in mirror.parts.images:
        guest.must(f"ctr --address /run/sock content fetch --platform linux/amd64 {name}")
    guest.must("kill $(pidof containerd)")
    assert log.missed == set()


def test_packages_of_another_revision(guest: Machine, mirror: Mirror, key: Signer, room: Path) -> None:
    """What was packed anew comes over what is held, when the script runs again; a file that somebody changed stays."""
    at = room / "revision"
    at.mkdir()
    again = packages(VERSION, PINS["CNI_VERSION"], mirror.parts.programs, revision=2)
    with mirror.served("127.63.0.2", serve(at, again, key)):
        guest.must("sed -i s/^127.63.0.1/127.63.0.2/ /etc/hosts")
        done = guest.install(script_for(key.fingerprint))
    assert done.returncode == 0, done.stdout + done.stderr
    assert guest.must("dpkg-query -Wf '${Version}' kubelet") == f"{VERSION}-1.2"
    assert guest.read("/etc/default/kubelet") == "KUBELET_EXTRA_ARGS=--v=3\n"
