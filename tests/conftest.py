"""What the tests that touch this machine start from."""

import os
import subprocess
from pathlib import Path

import pytest

from components.packages import packages

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="session")
def libvirt() -> None:
    """It is installed and answers: the program's own script has seen to it."""
    env = {**os.environ, "PACKAGES": " ".join(packages("apt", "server", tpm=True, shares=True))}
    done = subprocess.run(["host/setup.sh", "apply"], cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
