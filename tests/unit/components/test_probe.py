"""A host is asked once, in the background, and what goes wrong with that is told in one error."""

import subprocess
from typing import Any

import pytest

from components.errors import HostError
from components.probe import ROOT, Probe


class Process:
    """Stands in for the script's process."""

    def __init__(self, output: str = "", errors: str = "", status: int = 0, *, hangs: bool = False) -> None:
        self.output, self.errors, self.returncode, self.hangs = output, errors, status, hangs
        self.killed = False
        self.calls: list[tuple[list[str], dict[str, Any]]] = []

    def __call__(self, command: list[str], **options: Any) -> "Process":
        """Start nothing."""
        self.calls.append((command, options))
        return self

    def communicate(self, timeout: float) -> tuple[str, str]:
        """Answer, or do not."""
        if self.hangs:
            raise subprocess.TimeoutExpired("probe.sh", timeout)
        return self.output, self.errors

    def kill(self) -> None:
        """End."""
        self.killed = True


def ask(monkeypatch: pytest.MonkeyPatch, process: Process) -> Probe:
    """Start the stand-in."""
    monkeypatch.setattr(subprocess, "Popen", process)
    return Probe("local", {"LAB": "six", "FILES": "a - /x\nb - /y z"})


def test_facts(monkeypatch: pytest.MonkeyPatch) -> None:
    """The script starts at once in the checkout, with settings that no shell reads; its output becomes facts."""
    process = Process("memory_kib 4\nlibvirt ok\n")
    probe = ask(monkeypatch, process)
    ((command, options),) = process.calls
    assert command == ["/usr/bin/env", "LAB=six", "FILES=a - /x\nb - /y z", "host/probe.sh"]
    assert (options["cwd"], options["stdin"]) == (ROOT, subprocess.DEVNULL)
    facts = probe.facts()
    assert (facts.memory_kib, facts.libvirt) == (4, "ok")


def test_facts_of_a_machine_behind_ssh(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same script, by a login."""
    process = Process("memory_kib 4\nlibvirt ok\n")
    monkeypatch.setattr(subprocess, "Popen", process)
    Probe("nas", {"LAB": "six", "FILES": ""}, {"destination": "nas"})
    ((command, _),) = process.calls
    settings = ["LAB=six", "FILES=", "SETTINGS=FILES LAB", "SSH_DESTINATION=nas"]
    assert command == ["/usr/bin/env", *settings, "host/over_ssh.sh", "probe.sh"]


def test_secrets_stay_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    """The script gets this process's variables, but for those by which the engine hands over config and passphrase."""
    for name in ("PULUMI_CONFIG", "PULUMI_CONFIG_PASSPHRASE", "NO_SECRET"):
        monkeypatch.setenv(name, "planted")
    process = Process()
    ask(monkeypatch, process)
    ((_, options),) = process.calls
    assert [name for name, value in options["env"].items() if value == "planted"] == ["NO_SECRET"]


@pytest.mark.parametrize(
    ("process", "message"),
    [
        (
            Process(hangs=True),
            "must answer within 60 s; see whether libvirt or a disk hangs there",
        ),
        (
            Process("memory_kib 4\n", "./host/probe.sh: 21: cannot open /proc/meminfo\n", 2),
            "must run host/probe.sh, got exit status 2: ./host/probe.sh: 21: cannot open /proc/meminfo",
        ),
        (
            Process("", "host local: must be reached by ssh, got 'no route'; try: ssh nas true\n", 69),
            "must be reached by ssh, got 'no route'; try: ssh nas true",
        ),
    ],
    ids=["hangs", "fails", "is not reached"],
)
def test_no_facts(monkeypatch: pytest.MonkeyPatch, process: Process, message: str) -> None:
    """A script that hangs or fails is an error of the host; one that hangs is ended."""
    with pytest.raises(HostError) as refused:
        ask(monkeypatch, process).facts()
    assert str(refused.value) == f"host local: 1 problem in what it offers\n  lab.host: {message}"
    assert process.killed == process.hangs
