"""The command plugin's own Go tests, against a real sshd."""

import subprocess

from tests.toolchain.project import ROOT


def test_go_tests_pass() -> None:
    """A missing Go or sshd is a failure that says so, not a skip."""
    done = subprocess.run(
        ["go", "test", "./..."],
        cwd=ROOT / "toolchain" / "command",
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "ok" in done.stdout
