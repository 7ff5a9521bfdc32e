"""host/ready.sh, with an ssh that stays here: what answers is not always what is waited for."""

import subprocess
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


@pytest.mark.parametrize(("install", "asked"), [("yes", 2), ("no", 0), (None, 0)])
def test_an_installer_is_not_what_it_installs(tmp_path: Path, install: str | None, asked: int) -> None:
    """A system that answers from memory is passed over where one is being installed, and nowhere else."""
    (tmp_path / "bin").mkdir()
    for name, text in COMMANDS.items():
        (tmp_path / "bin" / name).write_text(f"#!/bin/sh\n{text.replace('{0}', str(tmp_path))}\n", "ascii")
        (tmp_path / "bin" / name).chmod(0o755)
    names = ("DOMAIN", "ADDRESS", "LOGIN", "HOST_KEY", "NETWORK", "MAC")
    environment = {
        **dict.fromkeys(names, "x"),
        "INSTANCE_ID": "",
        "READY_SECONDS": "20",
        "GUEST_NICS": "",
        "GUEST_HAD_NICS": "",
    }
    environment |= {"PATH": f"{tmp_path}/bin:{PATH}"} | ({"GUEST_INSTALL": install} if install else {})
    done = subprocess.run(
        ["sh", "-c", "CALLER=$$ /bin/sh host/ready.sh"],
        cwd=ROOT,
        env=environment,
        input="key\n",
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
    assert (done.stdout, done.stderr) == ("changed: x is ready at x\n", "")
    seen = tmp_path / "asked"
    assert (seen.read_text("ascii").count("once") if seen.exists() else 0) == asked
