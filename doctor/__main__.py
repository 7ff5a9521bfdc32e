"""Asks this machine, and shows the table: `python3 -m doctor`, exit status 1 when something must be done first."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from components.machine_facts import parse
from doctor.checks import CHECKS, MUST, PYTHON, Line, python
from doctor.report import report

SCRIPT = Path(__file__).parents[1] / "host" / "facts.sh"
# The script comes on stdin, so a machine behind SSH could be asked by the same line.
ASK = 'if [ "$(id -u)" != 0 ] && sudo -n true </dev/null 2>/dev/null; then exec sudo -n sh -s; fi; exec sh -s'
SECONDS = 60
"""What the script calls has time limits of 5 s."""


def ask() -> str:
    """What facts.sh says of this machine, as root where sudo lets us without a password."""
    with SCRIPT.open("rb") as script:
        done = subprocess.run(  # noqa: S603 (our own line)
            ["/bin/sh", "-c", ASK],
            stdin=script,
            stdout=subprocess.PIPE,
            env={key: value for key, value in os.environ.items() if not key.startswith("PULUMI_")},
            timeout=SECONDS,
            check=True,
        )
    return done.stdout.decode("utf-8", "replace")


def main() -> int:
    """Show the table."""
    try:
        facts = parse(ask())
    except (OSError, subprocess.SubprocessError) as error:
        sys.stderr.write(f"doctor: must be able to run host/facts.sh, got {error}\n")
        return 1
    others = [f"python3.{minor}" for minor in range(PYTHON[1], 20) if shutil.which(f"python3.{minor}")]
    lines: dict[str, Line] = {"python": python(sys.version_info[:2], others)}
    lines.update((check.__name__, check(facts)) for check in CHECKS)
    by_sudo = os.geteuid() == 0 and os.environ.get("SUDO_USER", "root") != "root"
    sys.stdout.write(report(lines, colour=sys.stdout.isatty(), by_sudo=by_sudo))
    return int(any(line.level == MUST for line in lines.values()))


if __name__ == "__main__":
    sys.exit(main())
