"""A git checkout with the real toolchain, and a program that does next to nothing."""

import os
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

CONFIG = """\
# yaml-language-server: $schema=schema.json
config:
  kvmlab:lab:
    kind: guests # as committed
    guests: {}
"""


class Project:
    """A checkout with the built toolchain and a program that does next to nothing."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.config = root / "stacks" / "Pulumi.lab.yaml"
        self.private = root / ".kvmlab"

    def sh(self, command: str, **env: str) -> subprocess.CompletedProcess[str]:
        """Runs a command in a shell that has sourced the env file."""
        env = {"PATH": os.environ["PATH"], "HOME": str(self.root)} | env
        command = f". ./.toolchain/env; {command}"
        return subprocess.run(
            ["sh", "-euc", command], cwd=self.root, env=env, capture_output=True, text=True, check=False, timeout=180
        )

    def start(self, command: str) -> subprocess.Popen[bytes]:
        """Starts a command in such a shell, and does not wait for it."""
        env = {"PATH": os.environ["PATH"], "HOME": str(self.root)}
        return subprocess.Popen(
            ["sh", "-euc", f". ./.toolchain/env; {command}"],
            cwd=self.root,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def ok(self, command: str, **env: str) -> str:
        """Runs a command that must not fail."""
        result = self.sh(command, **env)
        assert result.returncode == 0, result.stdout + result.stderr
        return result.stdout

    def replace_pulumi(self, body: str) -> None:
        """Puts a script in the place of the CLI."""
        tools = self.root / ".toolchain" / "bin"
        tools.unlink(missing_ok=True)
        tools.mkdir()
        (tools / "pulumi").write_text(f"#!/bin/sh\n{body}\n", encoding="utf-8")
        (tools / "pulumi").chmod(0o755)
