"""Preview and no-change up of the six-guest lab, against a Python program that is empty, with the same engine."""

import shutil
import tempfile
from pathlib import Path

from bench.timing import ROOT, Ratio, compare, shell

# Both with byte code cached, as Python does unless it is told not to.
ENV = f"unset PYTHONDONTWRITEBYTECODE; . {ROOT}/.toolchain/env"
STACK = "six"
LIMIT = 1.5
LIMIT_UP = 2.0


def preview(runs: int = 5) -> list[Ratio]:
    """Compare them: a preview of the lab before it is made, then preview and up when nothing changes.

    Six guests boot in between. The lab is destroyed at the end.
    """
    state = Path(tempfile.mkdtemp(prefix="kvmlab-bench-"))
    floor = f"{ENV} && export PULUMI_BACKEND_URL='file://{state}?metadata=skip' && command pulumi --cwd bench/empty"
    up = "up --yes --skip-preview"

    def empty(command: str) -> float:
        return shell(f"{floor} {command}")

    def six(command: str) -> float:
        return shell(f"{ENV} && command pulumi {command} --stack {STACK}")

    try:
        shell(f"{floor} stack init empty && {floor} {up}")
        # In a shell of its own: made in the floor's state, it would leave a salt there that does not fit ours.
        shell(f"toolchain/stack {STACK}")
        six("preview")  # the first run writes the byte code
        new = compare("preview, six new guests / empty", LIMIT, runs, lambda: six("preview"), lambda: empty("preview"))
        shell(f"make up STACK={STACK}")
        return [
            new,
            compare("preview, no change / empty", LIMIT, runs, lambda: six("preview"), lambda: empty("preview")),
            compare("up, no change / empty", LIMIT_UP, runs, lambda: six(up), lambda: empty(up)),
        ]
    finally:
        shell(f"make destroy STACK={STACK}")
        shutil.rmtree(state)
        (ROOT / "bench" / "empty" / "Pulumi.empty.yaml").unlink(missing_ok=True)
