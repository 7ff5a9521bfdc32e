"""The script that brings Kubernetes' packages, run by this machine's apt above its files, which do not change.

Packages are small, and containerd only prints what it would be told; the true ones are for `make online-kubernetes`.
"""

import subprocess
from collections.abc import Iterator

import pytest

from tests.acceptance.bundle.built import above, mounted
from tests.acceptance.kubernetes.mirror import debian, repository
from tests.acceptance.kubernetes.mirror.authority import Authority
from tests.acceptance.kubernetes.mirror.layer import debian_packages, fingerprint, script, script_for
from tests.acceptance.kubernetes.mirror.machine import Machine, machine
from tests.acceptance.kubernetes.mirror.mirror import SOURCES, found
from tests.acceptance.kubernetes.mirror.packages import Package, packages, serve
from tests.acceptance.kubernetes.mirror.repository import complete
from tests.acceptance.kubernetes.mirror.server import serving
from tests.acceptance.kubernetes.mirror.signer import Signer, signer

ADDRESS = "127.63.1.1"
VERSION = "1.35.4"
DEBIAN = """\
version = 2
sandbox_image = "registry.k8s.io/pause:3.8"
systemd_cgroup = false
bin_dir = "/usr/lib/cni"
            SystemdCgroup = false
"""
"""As Debian 13's containerd 1.7 has it, lines that matter."""
SECOND = """\
version = 3
sandbox = 'registry.k8s.io/pause:3.10'
bin_dirs = ['/opt/cni/bin']
            SystemdCgroup = false
"""
"""As containerd 2 has it: https://github.com/containerd/containerd/blob/main/docs/cri/config.md"""
DEBIAN_DONE = """\
version = 2
sandbox_image = "registry.k8s.io/pause:3.10.1"
systemd_cgroup = false
bin_dir = "/opt/cni/bin"
            SystemdCgroup = true
"""
SECOND_DONE = """\
version = 3
sandbox = 'registry.k8s.io/pause:3.10.1'
bin_dirs = ['/opt/cni/bin']
            SystemdCgroup = true
"""
PROGRAMS = {
    "bin/kubeadm": "echo registry.k8s.io/coredns/coredns:v1.13.1; echo registry.k8s.io/pause:3.10.1",
    "bin/kubectl": "echo kubectl",
    "bin/kubelet": f"echo Kubernetes v{VERSION}",
    "cni/bridge": "echo bridge",
}


@pytest.fixture(scope="module")
def key() -> Iterator[Signer]:
    """Whose repository it is."""
    with signer() as made:
        yield made


@pytest.fixture(scope="module")
def node(key: Signer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """A machine like this one, that finds Kubernetes' repository, and Debian's with what it may lack."""
    at = tmp_path_factory.mktemp("node")
    for name in ("programs/bin", "programs/cni", "kubernetes", "debian", "changes"):
        (at / name).mkdir(parents=True)
    for path, line in PROGRAMS.items():
        (at / "programs" / path).write_text(f"#!/bin/sh\n{line}\n", "utf-8")
    for name in debian_packages():
        Package(name, "0", {f"usr/share/{name}/there": ""}).build(at / "debian")
    complete(at / "debian", ".", key, "Debian")
    answers = {
        **serve(at / "kubernetes", packages(VERSION, "1.9.1", at / "programs"), key),
        **repository.answers(at / "debian", f"{debian.SERVER}/{debian.PATH}"),
    }
    names = sorted({path.partition("/")[0] for path in answers})
    authority = Authority()
    files = {
        **found(ADDRESS, names, authority),
        SOURCES: debian.sources(key),
        "/etc/kvmlab/kubernetes-version": f"{VERSION}\n",
    }
    with (
        serving(ADDRESS, answers, authority.context(names, at)),
        mounted("changes", at / "changes", "mode=755", "tmpfs"),
        above("/", at) as root,
        machine(root, files) as running,
    ):
        yield running


def test_the_script_is_clean() -> None:
    """Lint does not look into layers."""
    done = subprocess.run(["shellcheck", "-"], input=script()["content"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")


def has_containerd(node: Machine, default: str) -> None:
    """Its default config is this."""
    node.write("/usr/local/bin/containerd", f"#!/bin/sh\ncat <<'TOML'\n{default}TOML\n", 0o755)


def test_another_key_is_told_by_its_fingerprint(node: Machine, key: Signer) -> None:
    """The layer as it stands demands the Kubernetes project's."""
    done = node.install(script())
    assert done.returncode == 1
    rule = f"must be signed by one key, {fingerprint()}, got: key {key.fingerprint}"
    assert done.stderr.splitlines()[-1] == f"kubernetes: https://pkgs.k8s.io/core:/stable:/v1.35/deb: {rule}"
    assert node.do("cat /etc/apt/sources.list.d/kubernetes.list").returncode != 0


@pytest.mark.parametrize(("default", "expected"), [(DEBIAN, DEBIAN_DONE), (SECOND, SECOND_DONE)], ids=["1.7", "2"])
def test_containerd_is_told_what_kubelet_is(node: Machine, key: Signer, default: str, expected: str) -> None:
    """Whichever it is, and when the script runs again; packages are of the version, and stay."""
    has_containerd(node, default)
    done = node.install(script_for(key.fingerprint))
    assert done.returncode == 0, done.stdout + done.stderr
    assert node.read("/etc/containerd/config.toml") == expected
    assert node.must("dpkg-query -Wf '${Version} ' kubeadm kubectl kubelet") == " ".join([f"{VERSION}-1.1"] * 3)
    assert node.must("apt-mark showhold").split() == ["kubeadm", "kubectl", "kubelet"]
    assert node.must("ls /opt/cni/bin/bridge /etc/systemd/system/multi-user.target.wants/kubelet.service")


def test_a_containerd_of_another_kind_is_told(node: Machine, key: Signer) -> None:
    """One that could not be told what it must be would run no pod."""
    has_containerd(node, "version = 4\n")
    done = node.install(script_for(key.fingerprint))
    assert done.returncode == 1
    rule = "its default config must have a place for 'SystemdCgroup = true', got none"
    assert done.stderr.splitlines()[-1] == f"kubernetes: containerd: {rule}"
