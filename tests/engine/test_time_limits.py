"""No script of host/ waits for ever: a libvirt that does not answer ends it with one error that names the step."""

import os
import subprocess
from pathlib import Path

import pytest

from components.archive import pack
from tests.engine.conftest import ROOT

SETTINGS = {
    "LAB": "kvmlabtest",
    "OWNER": "guest of kvmlab lab kvmlabtest",
    "STRAYS": "web",
    "POOL": "kvmlabtest",
    "NETWORK": "kvmlabtest",
    "NETWORK_UUID": "uuid",
    "RESERVATIONS": "uuid",
    "DOMAIN": "kvmlabtest-web",
    "GUEST": "web",
    "MAC": "52:54:00:00:00:01",
    "ADDRESS": "10.213.77.9",
    "DISK_BYTES": "1",
    "WAIT_FOR": "start",
    "SHUTDOWN_SECONDS": "0",
    "LINK": "base",
    "DEFINITION": '<domain definition="0"/>',
}
SEED = pack({"user-data": "", "meta-data": "", "network-config": "", "key": ""})


SILENT = "exec sleep 600"
ABSENT = 'exec /usr/bin/virsh -c "qemu+unix:///system?socket=/nonexistent" "$@"'


def environment(tmp_path: Path, does: str) -> dict[str, str]:
    """The environment of scripts whose virsh does this."""
    virsh = tmp_path / "bin" / "virsh"
    virsh.parent.mkdir()
    (tmp_path / "pool").mkdir()
    virsh.write_text(f"#!/bin/sh\n{does}\n")
    virsh.chmod(0o755)
    settings = {**SETTINGS, "POOL_PATH": str(tmp_path / "pool"), "LIBVIRT_SECONDS": "1"}
    return {**os.environ, **settings, "PATH": f"{virsh.parent}:{os.environ['PATH']}"}


@pytest.mark.parametrize("script", ["claim", "pool", "network", "guest"])
@pytest.mark.parametrize("action", ["apply", "delete"])
def test_a_libvirt_that_hangs(tmp_path: Path, script: str, action: str) -> None:
    """It is given its time, then the run ends; the message says what was asked, and where the limit is set."""
    done = run_script(script, action, environment(tmp_path, SILENT))
    assert done.returncode != 0
    assert done.stderr.startswith("libvirt: must answer within 1 s, got nothing to: virsh ")
    assert done.stderr.endswith("; restart its daemon and run again, or raise lab.host.timeout\n")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("script", ["claim", "pool", "network", "guest"])
@pytest.mark.parametrize("action", ["apply", "delete"])
def test_a_libvirt_that_is_down(tmp_path: Path, script: str, action: str) -> None:
    """That nothing can be seen is not that nothing is there: a delete that took it for that would forget it all."""
    done = run_script(script, action, environment(tmp_path, ABSENT))
    assert done.returncode != 0
    assert "libvirt must answer at qemu:///system, got" in done.stderr.replace("libvirt: must", "libvirt must")


def run_script(script: str, action: str, env: dict[str, str]) -> "subprocess.CompletedProcess[str]":
    """Run a script of host/ as a command of Pulumi's does."""
    return subprocess.run(
        [f"host/{script}.sh", action],
        cwd=ROOT,
        env=env,
        input=SEED,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
