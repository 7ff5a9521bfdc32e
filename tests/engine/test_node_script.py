"""host/kubernetes_node.sh, with a kubeadm that fails as the real one does: what it has written is in its own way."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.engine.conftest import ROOT

KUBEADM = """\
trace=/etc/kubernetes/$TRACE
echo "$1" >>"$CALLS"
case $1 in
    reset) rm -rf /etc/kubernetes/* ;;
    join)
        [ ! -e "$trace" ] || { echo "[ERROR FileAvailable]: $trace already exists" && exit 1; }
        mkdir -p "${trace%/*}"
        : >"$trace"
        [ "$(grep -c join "$CALLS")" -gt 1 ] || { echo 'error: cannot get Node: net/http: TLS handshake timeout' && exit 1; }
        ;;
esac
"""
# What it writes stays among what is mounted, and what it does to links and routes in a network of its own.
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
def test_a_join_is_tried_again_without_what_the_first_has_left(tmp_path: Path, trace: str) -> None:
    """A server that is too busy for its first question ends kubeadm at once, with files there that the next refuses."""
    node, commands, top = tmp_path / "node", tmp_path / "bin", tmp_path / "top"
    for directory in (node / "pki", node / "serving", node / "patches", commands, top):
        directory.mkdir(parents=True)
    shutil.copyfile(ROOT / "host" / "kubernetes_node.sh", node / "kubernetes_node.sh")
    (node / "token").write_text("abcdef.0123456789abcdef\n", "ascii")
    (node / "join.yaml").write_text("token: '@TOKEN@'\n", "ascii")
    for name, text in {"kubeadm": KUBEADM, **dict.fromkeys(("kubelet", "kubectl", "systemctl", "sleep"), "")}.items():
        (commands / name).write_text(f"#!/bin/sh\n{text}", "ascii")
        (commands / name).chmod(0o755)
    calls = tmp_path / "calls"
    done = subprocess.run(
        ["unshare", "--mount", "--net", "sh", "-euc", APART],
        env={
            **os.environ,
            "PATH": f"{commands}:{os.environ['PATH']}",
            "TRACE": trace,
            "CALLS": str(calls),
            "TOP": str(top),
            "NODE": str(node),
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (done.stdout, done.stderr, done.returncode) == ("changed: worker-1 has joined, at try 2\n", "", 0)
    assert calls.read_text("ascii").split() == ["join", "reset", "join"]
    assert (node / "joins.yaml").read_text("ascii") == "token: 'abcdef.0123456789abcdef'\n"
