"""Asks a machine, and shows the table: `python3 -m doctor [SSH-DESTINATION]`.

Exit status 1 when something must be done first.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from components.machine_facts import parse
from doctor.checks import MUST, PYTHON, Line, look, python
from doctor.report import report

SCRIPT = Path(__file__).parents[1] / "host" / "facts.sh"
ASK = 'if [ "$(id -u)" != 0 ] && sudo -n true </dev/null 2>/dev/null; then exec sudo -n sh -s; fi; exec sh -s'
SECONDS = 60
"""What the script calls has time limits of 5 s."""
UNREACHED = 69
"""Exit status of host/over_ssh.sh that has said why."""


def ask(destination: str | None) -> str:
    """What facts.sh says of a machine, as root where sudo lets us without a password.

    Args:
        destination: another machine, as the command ssh takes it.
    """
    login = {"SSH_DESTINATION": destination, "SETTINGS": ""} if destination else {}
    with SCRIPT.open("rb") as script:
        done = subprocess.run(  # noqa: S603 (our own line)
            ["host/over_ssh.sh", SCRIPT.name] if destination else ["/bin/sh", "-c", ASK],
            stdin=subprocess.DEVNULL if destination else script,
            stdout=subprocess.PIPE,
            cwd=SCRIPT.parents[1],
            env={**{key: value for key, value in os.environ.items() if not key.startswith("PULUMI_")}, **login},
            timeout=SECONDS,
            check=True,
        )
    return done.stdout.decode("utf-8", "replace")


def main(destination: str | None = None) -> int:
    """Show the table."""
    try:
        facts = parse(ask(destination))
    except (OSError, subprocess.SubprocessError) as error:
        # That a machine is not reached has been said.
        if getattr(error, "returncode", 0) != UNREACHED:
            sys.stderr.write(f"doctor: must be able to run host/facts.sh, got {error}\n")
        return 1
    others = [f"python3.{minor}" for minor in range(PYTHON[1], 20) if shutil.which(f"python3.{minor}")]
    # What runs the program is always here.
    lines: dict[str, Line] = {} if destination else {"python": python(sys.version_info[:2], others)}
    lines.update(look(facts))
    by_sudo = not destination and os.geteuid() == 0 and os.environ.get("SUDO_USER", "root") != "root"
    sys.stdout.write(report(lines, colour=sys.stdout.isatty(), by_sudo=by_sudo))
    return int(any(line.level == MUST for line in lines.values()))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:2]))
