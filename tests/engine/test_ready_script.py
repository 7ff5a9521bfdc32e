"""host/ready.sh, with an ssh that stays here: what answers is not always what is waited for."""

import signal
import subprocess
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PATH = "/usr/sbin:/usr/bin:/sbin:/bin"
COMMANDS = {
    "ssh": 'for last; do :; done; exec sh -c "$last"',
    "virsh": "echo running",
    "cloud-init": "exit 0",
    # In memory for once, as an installer's; from then on a disk.
    "stat": 'echo once >>"{0}/asked"; [ "$(grep -c . "{0}/asked")" -gt 1 ] && echo ext2/ext3 || echo overlayfs',
}


def with_commands(directory: Path, **others: str) -> dict[str, str]:
    """What the script is called with, and finds."""
    (directory / "bin").mkdir()
    for name, text in {**COMMANDS, **others}.items():
        (directory / "bin" / name).write_text(f"#!/bin/sh\n{text.replace('{0}', str(directory))}\n", "ascii")
        (directory / "bin" / name).chmod(0o755)
    names = ("DOMAIN", "ADDRESS", "LOGIN", "HOST_KEY", "NETWORK", "MAC")
    none = ("INSTANCE_ID", "GUEST_NICS", "GUEST_HAD_NICS")
    return {
        **dict.fromkeys(names, "x"),
        **dict.fromkeys(none, ""),
        "READY_SECONDS": "20",
        "PATH": f"{directory}/bin:{PATH}",
    }


@pytest.mark.parametrize(("install", "asked"), [("yes", 2), ("no", 0), (None, 0)])
def test_an_installer_is_not_what_it_installs(tmp_path: Path, install: str | None, asked: int) -> None:
    """A system that answers from memory is passed over where one is being installed, and nowhere else."""
    done = subprocess.run(
        ["sh", "-c", "CALLER=$$ /bin/sh host/ready.sh"],
        cwd=ROOT,
        env=with_commands(tmp_path) | ({"GUEST_INSTALL": install} if install else {}),
        input="key\n",
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
    assert (done.stdout, done.stderr) == ("changed: x is ready at x\n", "")
    seen = tmp_path / "asked"
    assert (seen.read_text("ascii").count("once") if seen.exists() else 0) == asked


def test_nobody_listens_any_more(tmp_path: Path) -> None:
    """A connection that is lost with a line in hand ends the script, and the guest's long answer, like any other."""
    commands = {"ssh": "echo running; exec /bin/sleep 600", "sleep": "exec /bin/sleep 0.2"}
    environment = with_commands(tmp_path, **commands) | {"READY_SECONDS": "600", "TMPDIR": str(tmp_path)}
    process = subprocess.Popen(
        ["sh", "-c", "CALLER=$$ /bin/sh host/ready.sh; :"],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write("key\n")
    process.stdin.close()
    assert process.stdout.readline().startswith("x: cloud-init is running (")
    # Whom it works for is there, as an sshd is that has lost its connection and has not ended yet.
    process.stdout.close()
    assert process.wait(timeout=30) == -signal.SIGTERM
    for _ in range(50):
        if [path.name for path in tmp_path.iterdir()] == ["bin"]:
            break
        time.sleep(0.1)
    assert [path.name for path in tmp_path.iterdir()] == ["bin"]
