"""host/kubernetes.sh leave: a node that cannot be reset leaves all the same, and why it was not is told."""

import os
import subprocess
from pathlib import Path

import pytest

from tests.engine.conftest import ROOT

Done = subprocess.CompletedProcess[str]

# What each step does on a node comes as shell.
SSH = """\
#!/bin/sh
cat >/dev/null
case $* in
    *"'drain'"*) echo drain >>"$CALLS" && eval "$DRAIN" ;;
    *"'reset'"*) echo reset >>"$CALLS" && eval "$RESET" ;;
    *"'forget'"*) echo forget >>"$CALLS" ;;
esac
"""
ENVIRONMENT = {
    "NODE": "worker-1",
    "ADDRESS": "192.0.2.11",
    "NODE_ADDRESS": "192.0.2.11",
    "HOST_KEY": "ssh-ed25519 none",
    "API_ADDRESS": "192.0.2.10",
    "API_HOST_KEY": "ssh-ed25519 none",
    "LOGIN": "kvmlab",
    "ACCELERATOR": "qemu",
    "NODE_SECONDS": "60",
    "ENDPOINT": "kubernetes-api.test",
    "ENDPOINT_ADDRESSES": "192.0.2.10",
    "CLUSTER": "leave-test",
    "SERVICE_CIDR": "10.96.0.0/16",
}


def leave(directory: Path, drain: str = ":", reset: str = ":") -> tuple[Done, list[str]]:
    """Let a node go; and which steps were taken."""
    calls = directory / "calls"
    calls.touch()
    ssh = directory / "ssh"
    ssh.write_text(SSH, "ascii")
    ssh.chmod(0o755)
    done = subprocess.run(
        ["host/kubernetes.sh", "leave"],
        cwd=ROOT,
        env={
            **os.environ,
            **ENVIRONMENT,
            "PATH": f"{directory}:{os.environ['PATH']}",
            "CALLS": str(calls),
            "DRAIN": drain,
            "RESET": reset,
        },
        input="key 1\nnone\n",
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    return done, calls.read_text("ascii").splitlines()


@pytest.mark.parametrize(
    ("reset", "note"),
    [
        (":", ""),
        ("exit 255", "note: worker-1: was not reset, since it does not answer\n"),
        (
            "echo 'kubeadm reset failed: no space left' >&2; exit 1",
            "note: worker-1: was not reset, got: kubeadm reset failed: no space left\n",
        ),
        ("exit 1", "note: worker-1: was not reset, got: reset failed without a word\n"),
    ],
)
def test_a_node_leaves(tmp_path: Path, reset: str, note: str) -> None:
    """Its guest goes with all that is on it."""
    done, calls = leave(tmp_path, reset=reset)
    assert (done.stderr, done.returncode) == ("", 0)
    assert done.stdout == f"{note}changed: worker-1 has left the cluster\n"
    assert calls == ["drain", "reset", "forget"]


def test_a_node_with_pods_that_stay_is_not_reset(tmp_path: Path) -> None:
    """Nothing of it is lost."""
    done, calls = leave(tmp_path, drain="echo 'worker-1: its pods must find another place' >&2; exit 1")
    assert (done.stdout, done.returncode) == ("", 1)
    assert done.stderr == "worker-1: its pods must find another place\n"
    assert calls == ["drain"]
