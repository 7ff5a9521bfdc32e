"""host/kubernetes_node.sh, by stand-ins for kubeadm and kubectl: second tries, members of etcd, drains, its lock."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.engine.conftest import ROOT

Done = subprocess.CompletedProcess[str]

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
exec sh "$NODE/kubernetes_node.sh" "$@"
"""
# As etcdctl tells of members: one that has begun to join has no name yet.
KUBECTL = """\
echo "$*" | sed -n 's/.* member /etcd member /p' >>"$CALLS"
case $* in
    *'member list')
        echo '1a, started, control-plane-1, https://10.0.0.1:2380, https://10.0.0.1:2379, false'
        echo '2b, unstarted, , https://10.0.0.12:2380, , true'
        echo '3c, started, control-plane-3, https://10.0.0.13:2380, https://10.0.0.13:2379, false'
        ;;
    *'member remove 3c')
        printf 'Error: etcdserver: unhealthy cluster\ncommand terminated with exit code 1\n' >&2
        exit 1
        ;;
esac
"""
# A cluster that has the probe.
PROBED = """\
shift 2
echo "$*" >>"$CALLS"
case $* in 'get daemonset'*) echo daemonset.apps/kvmlab-probe ;; esac
"""
# A node that is Ready, with pods that stay, and what the cluster tells of it after that.
OCCUPIED = """\
shift 2
echo "$1" >>"$CALLS"
case $* in
    'get node'*) [ "$(grep -c get "$CALLS")" -gt 1 ] && echo AFTER || echo True ;;
    drain*) echo 'error: error when evicting pods/"one" -n "default": global timeout reached: 5m0s' >&2 && exit 1 ;;
esac
"""


@pytest.fixture
def node(tmp_path: Path) -> Path:
    """A directory as kubernetes.sh sends it, with an empty one for commands beside it."""
    node = tmp_path / "node"
    for directory in (node / "pki", node / "serving", node / "patches", tmp_path / "bin", tmp_path / "top"):
        directory.mkdir(parents=True)
    shutil.copyfile(ROOT / "host" / "kubernetes_node.sh", node / "kubernetes_node.sh")
    return node


def command(file: Path, text: str = "") -> None:
    """Write one."""
    file.write_text(f"#!/bin/sh\n{text}", "ascii")
    file.chmod(0o755)


def step(node: Path, *words: str, trace: str = "") -> tuple[Done, list[str]]:
    """Take one on that node; and which commands it called."""
    top, commands, calls = (node.parent / name for name in ("top", "bin", "calls"))
    calls.touch()
    done = subprocess.run(
        ["unshare", "--mount", "--net", "sh", "-euc", APART, "sh", *words],
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
    return done, calls.read_text("ascii").splitlines()


@pytest.mark.parametrize("trace", ["bootstrap-kubelet.conf", "kubelet.conf", "manifests/kube-apiserver.yaml"])
def test_a_join_is_tried_again(node: Path, trace: str) -> None:
    """A server too busy for kubeadm's first question ends it at once, with files there that the next refuses."""
    (node / "token").write_text("abcdef.0123456789abcdef\n", "ascii")
    (node / "join.yaml").write_text("token: '@TOKEN@'\n", "ascii")
    (node / "slack.conf").write_text("[Service]\n", "ascii")
    command(node / "kubeadm", KUBEADM)
    commands = node.parent / "bin"
    command(commands / "systemctl", SYSTEMCTL)
    for name in ("kubelet", "kubectl", "sleep"):
        command(commands / name)
    words = ("worker-1", "kubernetes-api.lab", "127.0.0.1", "127.0.0.1", "10.96.0.0/16")
    done, calls = step(node, "join", *words, trace=trace)
    assert (done.stdout, done.stderr, done.returncode) == ("changed: worker-1 has joined, at try 2\n", "", 0)
    assert calls == [
        "systemctl start opt-kubernetes.mount",
        "systemctl daemon-reload",
        "systemctl daemon-reload",
        "systemctl restart containerd",
        "kubeadm join",
        "kubeadm reset",
        "systemctl daemon-reload",
        "systemctl restart containerd",
        "kubeadm join",
    ]
    assert (node / "joins.yaml").read_text("ascii") == "token: 'abcdef.0123456789abcdef'\n"


@pytest.mark.parametrize(
    ("address", "removed"), [("", []), ("10.0.0.11", ["list"]), ("10.0.0.12", ["list", "remove 2b"])]
)
def test_etcd_forgets_a_member(node: Path, address: str, removed: list[str]) -> None:
    """By the whole of its address; a worker is none, and one that has gone by itself is not there."""
    for name, text in (("kubectl", KUBECTL), ("sleep", "")):
        command(node.parent / "bin" / name, text)
    done, calls = step(node, "drain", "some", address)
    assert (done.stdout, done.stderr, done.returncode) == ("", "", 0)
    assert [call for call in calls if call.startswith("etcd")] == [f"etcd member {words}" for words in removed]


def test_etcd_keeps_a_member_that_it_needs(node: Path) -> None:
    """Said with what to do, before the node is reset, which would take its part of the data with it."""
    for name, text in (("kubectl", KUBECTL), ("sleep", "")):
        command(node.parent / "bin" / name, text)
    done, _ = step(node, "drain", "control-plane-3", "10.0.0.13")
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr == (
        "control-plane-3: etcd must have more than half of its members without it, got: "
        "Error: etcdserver: unhealthy cluster; see that the other control planes run\n"
    )


@pytest.mark.parametrize("after", ["Unknown", ""])
def test_a_node_dies_while_it_is_drained(node: Path, after: str) -> None:
    """Or goes: its pods are not waited for any more."""
    command(node.parent / "bin" / "kubectl", OCCUPIED.replace("AFTER", after))
    done, calls = step(node, "drain", "some", "")
    assert (done.stdout, done.stderr, done.returncode) == ("", "", 0)
    assert calls == ["get", "drain", "get"]


def test_pods_that_stay_end_the_run(node: Path) -> None:
    """After the time that they were given, once."""
    command(node.parent / "bin" / "kubectl", OCCUPIED.replace("AFTER", "True"))
    done, calls = step(node, "drain", "some", "")
    assert (done.stdout, done.returncode) == ("", 1)
    assert done.stderr == (
        'some: its pods must find another place within 300 s, got: error: error when evicting pods/"one" -n "default": '
        "global timeout reached: 5m0s; see kubectl get pods -A -o wide, and run again\n"
    )
    assert calls == ["get", "drain", "get"]


def test_a_server_that_does_not_tell_is_no_dead_node(node: Path) -> None:
    """Asked for more than half a minute; then nothing is taken from a node that may well run."""
    for name, text in (("kubectl", 'echo "$3" >>"$CALLS"; echo "connection refused" >&2; exit 1'), ("sleep", "")):
        command(node.parent / "bin" / name, text)
    done, calls = step(node, "drain", "some", "10.0.0.11")
    assert (done.stdout, done.returncode) == ("", 1)
    assert done.stderr == "some: the cluster must tell whether it is Ready, got: connection refused\n"
    assert calls == ["get"] * 5


@pytest.mark.parametrize(
    "words", [("init", "", "", "", ""), ("joined",), ("join", "", "", "", "", ""), ("reset",), ("ready", "")]
)
def test_one_run_at_a_time_is_at_work_on_a_node(node: Path, words: tuple[str, ...]) -> None:
    """A killed one's may still be, and is waited for; not for ever."""
    command(node.parent / "bin" / "flock", 'echo "flock $*" >>"$CALLS"; exit 1')
    for name in ("kubeadm", "kubectl", "systemctl"):
        command(node.parent / "bin" / name, f'echo {name} >>"$CALLS"')
    done, calls = step(node, *words)
    assert (done.stdout, done.returncode) == ("", 1)
    assert done.stderr == f"another run is at work on {os.uname().nodename}\n"
    assert calls == ["flock -w 900 9"]


def test_a_probe_that_was_left_goes_first(node: Path) -> None:
    """A killed run's; its pod on a node that has died since would be waited for."""
    (node / "probe.yaml").touch()
    command(node.parent / "bin" / "kubectl", PROBED)
    done, calls = step(node, "ready", "some")
    assert (done.stderr, done.returncode) == ("", 0)
    remove = [
        "delete -f probe.yaml --ignore-not-found --cascade=foreground --wait=false",
        "delete pods -n kube-system -l app=kvmlab-probe --force --grace-period=0",
        "delete -f probe.yaml --ignore-not-found --cascade=foreground --timeout=300s",
    ]
    assert calls == [
        "wait --for=condition=Ready node/some --timeout=600s",
        "rollout status -n kube-system deployment/coredns --timeout=600s",
        "get daemonset -n kube-system kvmlab-probe --ignore-not-found -o name",
        *remove,
        "apply -f probe.yaml",
        "rollout status -n kube-system daemonset/kvmlab-probe --timeout=600s",
        *remove,
    ]
