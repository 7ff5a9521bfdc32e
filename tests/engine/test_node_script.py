"""host/kubernetes_node.sh, where something came too late on a busy host: it is tried again, with nothing in its way."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.engine.conftest import ROOT

# As the real one: what it has written by the time that it fails, it refuses to find.
KUBEADM = """\
echo "kubeadm $1" >>"$CALLS"
trace=/etc/kubernetes/$TRACE
case $1 in
    reset) rm -rf /etc/kubernetes/* ;;
    join)
        [ ! -e "$trace" ] || { echo "[ERROR FileAvailable]: $trace already exists" && exit 1; }
        mkdir -p "${trace%/*}"
        : >"$trace"
        [ "$(grep -c join "$CALLS")" -gt 1 ] || { echo 'error: cannot get Node: TLS handshake timeout' && exit 1; }
        ;;
esac
"""
# All of Kubernetes is on a disk.
SYSTEMCTL = """\
case $1 in is-*) exit 0 ;; esac
echo "systemctl $*" >>"$CALLS"
[ "$*" != 'start opt-kubernetes.mount' ] || mv "$NODE/kubeadm" "$COMMANDS"
"""
# What the script writes stays among what is mounted, and what it does to links and routes in a network of its own.
APART = """\
ip link set lo up
mount -t tmpfs kvmlab "$TOP"
for part in etc var run; do
    mkdir -p "$TOP/$part/upper" "$TOP/$part/work"
    mount -t overlay -o "lowerdir=/$part,upperdir=$TOP/$part/upper,workdir=$TOP/$part/work" kvmlab "/$part"
done
exec sh "$NODE/kubernetes_node.sh" join worker-1 kubernetes-api.lab 127.0.0.1 127.0.0.1 10.96.0.0/16
"""


@pytest.mark.parametrize("trace", ["bootstrap-kubelet.conf", "kubelet.conf", "manifests/kube-apiserver.yaml"])
def test_a_join_is_tried_again(tmp_path: Path, trace: str) -> None:
    """A server too busy for kubeadm's first question ends it at once, with files there that the next refuses."""
    node, commands, top, calls = (tmp_path / name for name in ("node", "bin", "top", "calls"))
    for directory in (node / "pki", node / "serving", node / "patches", commands, top):
        directory.mkdir(parents=True)
    shutil.copyfile(ROOT / "host" / "kubernetes_node.sh", node / "kubernetes_node.sh")
    (node / "token").write_text("abcdef.0123456789abcdef\n", "ascii")
    (node / "join.yaml").write_text("token: '@TOKEN@'\n", "ascii")
    nothing = [commands / name for name in ("kubelet", "kubectl", "sleep")]
    for file in (node / "kubeadm", commands / "systemctl", *nothing):
        file.write_text("#!/bin/sh\n" + {"kubeadm": KUBEADM, "systemctl": SYSTEMCTL}.get(file.name, ""), "ascii")
        file.chmod(0o755)
    done = subprocess.run(
        ["unshare", "--mount", "--net", "sh", "-euc", APART],
        env={
            **os.environ,
            "PATH": f"{commands}:{os.environ['PATH']}",
            "TRACE": trace,
            "CALLS": str(calls),
            "TOP": str(top),
            "NODE": str(node),
            "COMMANDS": str(commands),
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (done.stdout, done.stderr, done.returncode) == ("changed: worker-1 has joined, at try 2\n", "", 0)
    assert calls.read_text("ascii").splitlines() == [
        "systemctl start opt-kubernetes.mount",
        "systemctl daemon-reload",
        "kubeadm join",
        "kubeadm reset",
        "kubeadm join",
    ]
    assert (node / "joins.yaml").read_text("ascii") == "token: 'abcdef.0123456789abcdef'\n"
