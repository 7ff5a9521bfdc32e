"""The plugins' own Go tests: the command plugin's run against a real sshd."""

import subprocess

import pytest

from tests.toolchain.project import ROOT


@pytest.mark.parametrize("module", ["command", "libvirt"])
def test_go_tests_pass(module: str) -> None:
    """A missing Go or sshd is a failure that says so, not a skip."""
    done = subprocess.run(
        ["go", "test", "./..."],
        cwd=ROOT / "toolchain" / module,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "ok" in done.stdout
