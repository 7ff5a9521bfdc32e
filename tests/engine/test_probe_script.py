"""host/probe.sh for a user who is not root: it looks as root where sudo lets it, and says so where not."""

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.engine.conftest import ROOT

SUDO_LETS = '#!/bin/sh\n[ "$*" = "-n true" ] || printf "%s\\n" "$@"\n'
SUDO_ASKS = "#!/bin/sh\nexit 1\n"
NOBODY = "65534"
NEEDS = {"COMMANDS": "curl dnsmasq"}


@pytest.fixture
def scripts() -> Iterator[Path]:
    """The scripts where anyone may read them; tmp_path is root's alone."""
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        shutil.copytree(ROOT / "host", directory / "host")
        (directory / "bin").mkdir()
        for path in (directory, *directory.rglob("*")):
            path.chmod(0o755)
        yield directory


def probe(scripts: Path, sudo: str, **asked: str) -> list[str]:
    """Run it as nobody, with a stand-in for sudo; what it printed."""
    (scripts / "bin" / "sudo").write_text(sudo, encoding="utf-8")
    (scripts / "bin" / "sudo").chmod(0o755)
    path = f"{scripts}/bin:{os.environ['PATH']}"
    done = subprocess.run(
        ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", "./host/probe.sh"],
        cwd=scripts,
        env={
            "PATH": path,
            "LAB": "six",
            "POOL_PATH": "/var/lib/a pool",
            "FILES": "base-x - /x y\nbase-z - /z",
            "FIRMWARE": "base-x",
            **NEEDS,
            **asked,
        },
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.splitlines()


def test_it_looks_as_root_where_it_may(scripts: Path) -> None:
    """The same script, with all that it was asked."""
    told = probe(scripts, SUDO_LETS)
    assert told[:6] == ["-n", "env", "LAB=six", "POOL_PATH=/var/lib/a pool", "FILES=base-x - /x y", "base-z - /z"]
    assert told[-1] == "./host/probe.sh"
    head = (ROOT / "host" / "probe.sh").read_text("utf-8").partition("set -eu")[0]
    optional = set(re.findall(r"\b([A-Z][A-Z0-9_]+) \(", head.partition("optionally")[2]))
    asked = {"COMMANDS=curl dnsmasq", "FIRMWARE=base-x", *(f"{name}=" for name in optional - {"FIRMWARE"})}
    assert {*told[6:-1]} == asked


def test_interfaces(scripts: Path) -> None:
    """Of those that it is asked for it tells the ones that are there."""
    told = probe(scripts, SUDO_ASKS, INTERFACES="lo kvmt-none")
    mtu = Path("/sys/class/net/lo/mtu").read_text("utf-8").strip()
    assert [line for line in told if line.startswith("link ")] == [f"link lo interface {mtu} -"]


def test_it_says_that_it_may_not(scripts: Path) -> None:
    """The rest is what this user can see."""
    told = probe(scripts, SUDO_ASKS)
    assert "root no" in told
    assert any(line.startswith("memory_kib ") for line in told)
