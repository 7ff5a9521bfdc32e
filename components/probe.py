"""Asks a host for its facts, while the program goes on.

A plain child process and not a resource, since the answer decides what a preview shows; and not an invoke of the
command plugin, which would wait for the plugin to start, and for which there is no counterpart over SSH.
"""

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

from components.errors import HostError, Problem
from components.host_facts import HostFacts, parse
from components.ssh import OVER_SSH, UNREACHED, Ssh, over_ssh

SCRIPT = "probe.sh"
ROOT = Path(__file__).parents[1]
SECONDS = 60
"""A host that takes longer is not well: the script's own calls have time limits of 10 s."""


class Probe:
    """A question that is under way; it only reads."""

    def __init__(self, host: str, environment: Mapping[str, str], ssh: Ssh | None = None) -> None:
        """Ask.

        Args:
            host: whose facts; messages name it.
            environment: what the script reads, see its head.
            ssh: where it runs; by default here.
        """
        self._host = host
        login = over_ssh(ssh, environment) if ssh else {}
        settings = [f"{key}={value}" for key, value in {**environment, **login}.items()]
        self._process = subprocess.Popen(  # noqa: S603 (our own script, and settings that are no shell text)
            ["/usr/bin/env", *settings, *([f"host/{OVER_SSH}", SCRIPT] if ssh else [f"host/{SCRIPT}"])],
            cwd=ROOT,
            # The engine hands the config over by variables, decrypted, and the passphrase may stand among them.
            env={key: value for key, value in os.environ.items() if not key.startswith("PULUMI_")},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def facts(self) -> HostFacts:
        """Wait for the answer, and read it.

        Raises:
            HostError: the script failed or took too long.
        """
        return parse(self.answer())

    def answer(self) -> str:
        """Wait for the answer, as the script prints it.

        Raises:
            HostError: the script failed or took too long.
        """
        try:
            output, errors = self._process.communicate(timeout=SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            raise self._error(f"must answer within {SECONDS} s; see whether libvirt or a disk hangs there") from None
        if self._process.returncode == UNREACHED:
            raise self._error(errors.strip().removeprefix(f"host {self._host}: "))
        if self._process.returncode != 0:
            raise self._error(f"must run host/{SCRIPT}, got exit status {self._process.returncode}: {errors.strip()}")
        return output

    def _error(self, message: str) -> HostError:
        return HostError(self._host, [Problem("lab.host", message)])
