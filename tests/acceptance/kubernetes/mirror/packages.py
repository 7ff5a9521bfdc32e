"""Kubernetes' packages, as its project makes them, of the programs of a bundle; and the servers that have them.

What is in each is as in https://github.com/kubernetes/release/tree/master/cmd/krel/templates/latest. Since 1.32 none of
them needs cri-tools.
"""

import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.acceptance.kubernetes.mirror.answers import Answers, redirect
from tests.acceptance.kubernetes.mirror.repository import answers, complete
from tests.acceptance.kubernetes.mirror.signer import Signer

ROOT = Path(__file__).parents[4]
UNITS = "usr/lib/systemd/system"
DROP_IN = ROOT / "bundle/node/overlay/etc/systemd/system/kubelet.service.d/10-kubeadm.conf"
SERVICE = """\
[Unit]
Description=kubelet: The Kubernetes Node Agent
Documentation=https://kubernetes.io/docs/
Wants=network-online.target
After=network-online.target

[Service]
ExecStart=/usr/bin/kubelet
Restart=always
StartLimitInterval=0
RestartSec=10

[Install]
WantedBy=multi-user.target
"""
SERVER, CDN = "pkgs.k8s.io", "prod-cdn.packages.k8s.io"


@dataclass(frozen=True)
class Package:
    """A package of files by path, as they are or in these words."""

    name: str
    version: str
    files: Mapping[str, Path | str]
    depends: str = ""
    recommends: str = ""
    conffiles: tuple[str, ...] = ()
    modes: Mapping[str, int] = field(default_factory=dict[str, int])

    def build(self, directory: Path) -> None:
        """Make the .deb."""
        tree = directory / f".{self.name}"
        for path, content in self.files.items():
            to = tree / path
            to.parent.mkdir(parents=True, exist_ok=True)
            to.write_bytes(content.read_bytes() if isinstance(content, Path) else content.encode())
            to.chmod(self.modes.get(path, 0o755 if "bin" in Path(path).parts else 0o644))
        (tree / "DEBIAN").mkdir()
        fields = {
            "Package": self.name,
            "Version": self.version,
            "Architecture": "amd64",
            "Maintainer": "Kubernetes Authors <dev@kubernetes.io>",
            "Depends": self.depends,
            "Recommends": self.recommends,
            "Description": self.name,
        }
        control = "".join(f"{key}: {value}\n" for key, value in fields.items() if value)
        (tree / "DEBIAN/control").write_text(control, "utf-8")
        (tree / "DEBIAN/conffiles").write_text("".join(f"/{path}\n" for path in self.conffiles), "utf-8")
        file = directory / f"{self.name}_{self.version}_amd64.deb"
        # Little packed: whoever unpacks it may have an emulated CPU.
        command = ("dpkg-deb", "--root-owner-group", "-Zgzip", "-z1", "--build", tree, file)
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr


def packages(version: str, cni: str, programs: Path, revision: int = 1) -> list[Package]:
    """All that a node needs.

    Args:
        version: Kubernetes'.
        cni: that of the CNI plugins.
        programs: a directory with `bin` and `cni`, as a bundle's volume.
        revision: of the packages.
    """
    release = f"{version}-1.{revision}"
    kept = ("var/lib/kubelet/.kubelet-keep", "etc/kubernetes/manifests/.kubelet-keep")
    plugins = {f"opt/cni/bin/{path.name}": path for path in (programs / "cni").iterdir() if path.name != "flannel"}
    return [
        Package(
            "kubelet",
            release,
            {
                "usr/bin/kubelet": programs / "bin/kubelet",
                f"{UNITS}/kubelet.service": SERVICE,
                "etc/default/kubelet": "KUBELET_EXTRA_ARGS=\n",
                **dict.fromkeys(kept, ""),
            },
            depends="kubernetes-cni (>= 1.2.0), mount, util-linux",
            recommends="iptables (>= 1.8.4)",
            conffiles=("etc/default/kubelet",),
            modes={f"{UNITS}/kubelet.service": 0o600},
        ),
        Package(
            "kubeadm",
            release,
            {
                "usr/bin/kubeadm": programs / "bin/kubeadm",
                f"{UNITS}/kubelet.service.d/10-kubeadm.conf": DROP_IN,
            },
        ),
        Package("kubectl", release, {"usr/bin/kubectl": programs / "bin/kubectl"}),
        Package("kubernetes-cni", f"{cni}-1.1", {**plugins, "etc/cni/net.d/.kubernetes-cni-keep": ""}),
    ]


def serve(directory: Path, made: list[Package], signer: Signer) -> Answers:
    """Build them into a repository; pkgs.k8s.io sends whoever comes on to another server.

    Args:
        directory: empty.
        made: the packages.
        signer: whose repository it is.
    """
    (directory / "amd64").mkdir()
    for package in made:
        package.build(directory / "amd64")
    series = re.sub(r"\.\d+-.*", "", made[0].version)
    complete(directory, "amd64", signer, f"obs://build.opensuse.org/isv:kubernetes:core:stable:v{series}/deb")
    place = f"core:/stable:/v{series}/deb"
    found = answers(directory, f"{CDN}/repositories/isv:/kubernetes:/{place}")
    moved = {
        path.replace(f"{CDN}/repositories/isv:/kubernetes:/", f"{SERVER}/"): redirect(f"https://{path}")
        for path in found
    }
    return {**found, **moved}
