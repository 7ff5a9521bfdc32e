"""What the columns share that are Pulumi programs: a copy of the program, and a state of its own."""

import shutil
from collections.abc import Sequence
from pathlib import Path

from bench.columns import WORK, Step
from bench.timing import ROOT, shell

WORDS = {
    Step.PREVIEW_NEW: "preview",
    Step.UP: "up --yes --skip-preview",
    Step.PREVIEW: "preview --expect-no-changes",
    Step.UP_AGAIN: "up --yes --skip-preview --expect-no-changes",
    Step.REFRESH: "preview --refresh",
    Step.ADD: "up --yes --skip-preview",
    Step.REMOVE: "up --yes --skip-preview",
    Step.DESTROY: "destroy --yes --skip-preview",
}


class PulumiColumn:
    """A stack of a program that is copied, so that nothing of the checkout or its state is touched."""

    patience: float = 1800

    def __init__(self, name: str, stack: str, sources: Sequence[Path], settings: str = "") -> None:
        """Describe it.

        Args:
            name: the column's.
            stack: the stack's.
            sources: the program's files and directories.
            settings: shell commands that set what its environment has beyond that of the toolchain.
        """
        self.name = name
        self.stack = stack
        self._sources = sources
        self._directory = WORK / stack
        self._settings = settings
        self.project = self._directory / "project"

    @property
    def state(self) -> Path:
        """The file with the stack's state."""
        return next((self._directory / "state" / ".pulumi" / "stacks").glob(f"*/{self.stack}.json"))

    def begin(self, guests: int) -> None:
        """A new stack."""
        self.end()
        (self._directory / "state").mkdir(parents=True)
        self.project.mkdir()
        for source in self._sources:
            target = self.project / source.name
            shutil.copytree(source, target) if source.is_dir() else shutil.copy2(source, target)
        self.resize(guests)
        shell(self.pulumi("stack init"))
        # Byte code is cached, as Python does unless it is told not to.
        shell(f"{self.environment()}python -m compileall -q {self.project}")

    def resize(self, guests: int) -> None:
        """A program without guests has no config."""

    def command(self, step: Step) -> str | None:
        """Plain Pulumi, as one types it."""
        return self.pulumi(WORDS[step])

    def pulumi(self, words: str) -> str:
        """A shell command that runs Pulumi on the stack."""
        options = f"--cwd {self.project} --stack {self.stack} --non-interactive"
        return f"{self.environment()}command pulumi {words} {options}"

    def environment(self) -> str:
        """Shell commands that set it."""
        return f"""unset PYTHONDONTWRITEBYTECODE
. {ROOT}/.toolchain/env
export PULUMI_BACKEND_URL='file://{self._directory}/state?metadata=skip' PULUMI_CONFIG_PASSPHRASE=bench
{self._settings}
"""

    def end(self) -> None:
        """Neither copy nor state is left."""
        shutil.rmtree(self._directory, ignore_errors=True)
