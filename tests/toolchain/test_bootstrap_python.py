"""The virtual environment: made by uv from the lock, and only when the lock is newer."""

import os
from pathlib import Path

import pytest

from tests.toolchain.conftest import Checkout, script

# A uv that notes what it was asked.
UV = """\
#!/bin/sh
[ "$1" != --version ] || { echo "uv ${UV_HAS:-0.13.9}" && exit; }
echo "$*" >>"$HOME/asked"
"""

# A python3 whose virtual environments hold that uv and a pip that notes what it was asked.
PYTHON = """\
#!/bin/sh
mkdir -p "$3/bin"
printf '#!/bin/sh\\necho "$*" >>"$HOME/pip"\\n' >"$3/bin/python"
cp "$(command -v uv)" "$3/bin/uv"
chmod +x "$3/bin/python"
"""


@pytest.fixture
def stale(checkout: Checkout) -> Checkout:
    """A checkout whose lock is newer than its environment."""
    checkout.install_pulumi()
    os.utime(checkout.root / "uv.lock")
    os.utime(checkout.root / ".venv/.kvmlab", (0, 0))
    script(checkout.bin / "uv", UV)
    return checkout


def asked(checkout: Checkout) -> list[str]:
    """What uv was asked."""
    return (Path(checkout.env["HOME"]) / "asked").read_text(encoding="utf-8").splitlines()


def test_the_environment_is_made_from_the_lock(stale: Checkout) -> None:
    """The packages are exactly those of the lock, installed once."""
    result = stale.bootstrap("path")
    assert result.returncode == 0, result.stderr
    assert result.stdout.endswith("changed: .venv is as uv.lock says\n")
    assert asked(stale) == [f"sync --directory {stale.root} --frozen"]
    assert stale.bootstrap("path").stdout == "ok: toolchain and .venv\n"


def test_an_old_uv_is_not_used(stale: Checkout) -> None:
    """Where uv is too old the pinned one is installed by pip into a place of its own."""
    (stale.bin / "python3").unlink()
    script(stale.bin / "python3", PYTHON)
    result = stale.bootstrap("path", UV_HAS="0.4.1")
    assert result.returncode == 0, result.stderr
    pip = (Path(stale.env["HOME"]) / "pip").read_text(encoding="utf-8")
    assert pip == "-m pip install --disable-pip-version-check uv==0.13.9\n"
    assert (stale.root / ".toolchain/uv-0.13.9/bin/uv").is_file()
