"""A command that sees directories of a test's own in place of this machine's, and nobody else does."""

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).parents[1]

BIND = 'while [ "$1" != -- ]; do mount --bind "$1" "$2"; shift 2; done; shift; exec "$@"'


def bound(places: Mapping[str, Path], *command: str | Path, **environment: str) -> "subprocess.CompletedProcess[str]":
    """Run a command to its end, with each place of the machine bound to a directory or file.

    It is a process group of its own, which `kill -9 0` in a script ends as a whole.
    """
    pairs = [str(part) for place, own in places.items() for part in (own, place)]
    return subprocess.run(
        ["unshare", "-m", "sh", "-euc", BIND, "sh", *pairs, "--", *command],
        cwd=ROOT,
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        start_new_session=True,
    )
