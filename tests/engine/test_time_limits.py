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


@pytest.fixture
def silent(tmp_path: Path) -> dict[str, str]:
    """The environment of scripts whose libvirt takes every question and answers none."""
    virsh = tmp_path / "bin" / "virsh"
    virsh.parent.mkdir()
    virsh.write_text("#!/bin/sh\nexec sleep 600\n")
    virsh.chmod(0o755)
    settings = {**SETTINGS, "POOL_PATH": str(tmp_path / "pool"), "LIBVIRT_SECONDS": "1"}
    return {**os.environ, **settings, "PATH": f"{virsh.parent}:{os.environ['PATH']}"}


@pytest.mark.parametrize("script", ["claim", "pool", "network", "guest"])
@pytest.mark.parametrize("action", ["apply", "delete"])
def test_a_libvirt_that_hangs(silent: dict[str, str], script: str, action: str) -> None:
    """It is given its time, then the run ends; the message says what was asked, and where the limit is set."""
    done = subprocess.run(
        [f"host/{script}.sh", action],
        cwd=ROOT,
        env=silent,
        input=SEED,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode != 0
    assert done.stderr.startswith("libvirt: must answer within 1 s, got nothing to: virsh ")
    assert done.stderr.endswith("; restart its daemon and run again, or raise lab.host.timeout\n")
    assert done.stderr.count("\n") == 1
