"""Ask the hosts of a stack for their facts, and keep them for previews that can ask none.

usage: python -m stacks.offline.record STACK

Files of facts are made to be read and committed: stacks/facts/STACK/HOST.txt. Nothing is asked but what a preview asks.
"""

import platform
import sys
from datetime import UTC, datetime
from pathlib import Path

from components.errors import KvmLabError
from components.probe import Probe
from stacks import preflight
from stacks.offline.labs import lab_of
from stacks.offline.recorded import FACTS, file_name, record

ROOT = Path(__file__).parents[2]


def main(stack: str) -> int:
    """Ask all hosts at the same time, and write a file for each that answers."""
    status = 0
    try:
        lab = lab_of(ROOT, stack)
    except KvmLabError as error:
        sys.stderr.write(f"error: {error}\n")
        return 1
    asked = [(part, Probe(part.host.address, preflight.question(part), part.host.ssh)) for part in lab.parts()]
    for part, probe in asked:
        file = FACTS / stack / file_name(part.host.address)
        try:
            text = record(probe.answer(), part, platform.machine(), datetime.now(UTC).date())
        except KvmLabError as error:
            sys.stderr.write(f"error: {error}\n")
            status = 1
            continue
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")
        sys.stdout.write(f"changed: {file.relative_to(ROOT)}; read it before you commit it\n")
    return status


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
