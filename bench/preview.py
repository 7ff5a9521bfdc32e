"""Preview and no-change up of the six-guest lab, against a Python program that is empty, with the same engine."""

import shutil
import tempfile
from pathlib import Path

from bench.timing import ROOT, Ratio, compare, shell

ENV = f". {ROOT}/.toolchain/env"
STACK = "six"


def preview(runs: int = 5) -> list[Ratio]:
    """Compare them: a preview of the lab before it is made, then preview and up when nothing changes.

    Six guests boot in between. The lab is destroyed at the end.
    """
    directory = Path(tempfile.mkdtemp(prefix="kvmlab-bench-"))
    try:
        (directory / "Pulumi.yaml").write_text("name: empty\nruntime: python\n", encoding="utf-8")
        (directory / "__main__.py").touch()
        settings = f"{ENV} && export PULUMI_BACKEND_URL=file://{directory} && command pulumi"
        shell(f"{settings} stack init empty && {settings} up --yes --skip-preview", directory)
        shell(f"toolchain/stack {STACK}")

        def empty(command: str) -> float:
            return shell(f"{settings} {command}", directory)

        def six(command: str) -> float:
            return shell(f"{ENV} && command pulumi {command} --stack {STACK}")

        up = "up --yes --skip-preview"
        ratios = [
            compare(
                "preview, six new guests / empty program", 1.5, runs, lambda: six("preview"), lambda: empty("preview")
            )
        ]
        shell(f"make up STACK={STACK}")
        ratios += [
            compare(
                "preview, six guests, no change / empty program",
                1.5,
                runs,
                lambda: six("preview"),
                lambda: empty("preview"),
            ),
            compare("up, six guests, no change / empty program", 2.0, runs, lambda: six(up), lambda: empty(up)),
        ]
        return ratios
    finally:
        shell(f"make destroy STACK={STACK}")
        shutil.rmtree(directory)
