"""What the columns share that are Pulumi programs: a copy of the program, and a state of its own."""

import shutil
from collections.abc import Mapping, Sequence
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
    may_fail = False
    settings: Mapping[str, str] = {}
    """What its environment has beyond that of the toolchain."""

    def __init__(self, name: str, stack: str, sources: Sequence[Path], place: str = "") -> None:
        """Describe it.

        Args:
            name: the column's.
            stack: the stack's.
            sources: the program's files and directories.
            place: tells copies of one stack apart.
        """
        self.name = name
        self.stack = stack
        self._sources = sources
        self._directory = WORK / f"{stack}{place}"
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
        shell(self.shell(f"python -m compileall -q {self.project}"))

    def resize(self, guests: int) -> None:
        """A program without guests has no config."""

    def command(self, step: Step) -> str | None:
        """Plain Pulumi, as one types it."""
        return self.pulumi(WORDS[step])

    def pulumi(self, words: str, **settings: str) -> str:
        """A shell command that runs Pulumi on the stack.

        Args:
            words: Pulumi's command and its options.
            settings: variables of the environment; the shell expands them.
        """
        return self.shell(
            f"command pulumi {words} --cwd {self.project} --stack {self.stack} --non-interactive", **settings
        )

    def shell(self, command: str, **settings: str) -> str:
        """A shell command in the environment that Pulumi has."""
        backend = f"file://{self._directory}/state?metadata=skip"
        exports = {"PULUMI_BACKEND_URL": backend, "PULUMI_CONFIG_PASSPHRASE": "bench", **self.settings, **settings}
        lines = [f'export {name}="{value}"' for name, value in exports.items()]
        return "\n".join(["unset PYTHONDONTWRITEBYTECODE", f". {ROOT}/.toolchain/env", *lines, command])

    def end(self) -> None:
        """Neither copy nor state is left."""
        shutil.rmtree(self._directory, ignore_errors=True)
