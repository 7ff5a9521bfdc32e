"""Scripts of host/ become resources, or run at once where a hook needs them."""

import os
import subprocess
from typing import Any

import pulumi
import pytest

from components.errors import KvmLabError
from components.shell import ROOT, run_now, script
from tests.unit.mocks import Secret, run

USER = 1000
SUDO = ["sudo", "-n", "-E", "/bin/sh", "-c"]


@pytest.fixture(params=[0, USER], ids=["root", "user"])
def uid(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    """Who runs the program."""
    monkeypatch.setattr(os, "geteuid", lambda: request.param)
    return request.param


def test_script(uid: int) -> None:
    """Everything that was given arrives, as root, with the text of no script in it."""

    def program() -> None:
        script(
            "web-disks",
            "guest.sh apply",
            {"DOMAIN": "lab-web"},
            pulumi.ResourceOptions(delete_before_replace=True),
            delete="guest.sh delete",
            stdin=pulumi.Output.secret("seed"),
            triggers=["image"],
        )

    command = run(program)["Command web-disks"]
    assert command.request.deleteBeforeReplace
    assert command.inputs == {
        "create": "host/guest.sh apply",
        "delete": "host/guest.sh delete",
        "environment": {"DOMAIN": "lab-web"},
        "stdin": Secret("seed"),
        "triggers": ["image"],
        "logging": "stdout",
    } | ({} if uid == 0 else {"interpreter": SUDO})


def test_script_with_nothing_more(uid: int) -> None:
    """What was not asked for is not there: no delete, no stdin, no triggers."""
    command = run(lambda: script("up", "services.sh apply", {}, pulumi.ResourceOptions()))["Command up"]
    interpreter = {} if uid == 0 else {"interpreter": SUDO}
    assert command.inputs == {"create": "host/services.sh apply", "environment": {}, "logging": "stdout"} | interpreter


@pytest.mark.usefixtures("uid")
def test_as_the_user() -> None:
    """Files of the user's are made by the user, whoever that is."""
    command = run(lambda: script("access", "ssh_access.sh apply", {}, pulumi.ResourceOptions(), as_root=False))[
        "Command access"
    ]
    assert "interpreter" not in command.inputs


class Shell:
    """Stands in for subprocess.run, and ends as it is told."""

    def __init__(self, status: int = 0, errors: str = "") -> None:
        self.status, self.errors = status, errors
        self.calls: list[tuple[list[str], dict[str, Any]]] = []

    def __call__(self, command: list[str], **options: Any) -> "subprocess.CompletedProcess[str]":
        """Run nothing."""
        self.calls.append((command, options))
        return subprocess.CompletedProcess(command, self.status, "", self.errors)


def test_run_now(uid: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A script runs in the checkout, as root, with a time limit and settings that no shell reads."""
    shell = Shell()
    monkeypatch.setattr(subprocess, "run", shell)
    run_now("domain.sh clear", {"DOMAIN": "lab-web", "OWNER": "guest of 'x'; rm -rf"})
    settings = ["DOMAIN=lab-web", "OWNER=guest of 'x'; rm -rf"]
    ((command, options),) = shell.calls
    sudo = [] if uid == 0 else ["sudo", "-n"]
    assert command == [*sudo, "/usr/bin/env", *settings, "host/domain.sh", "clear"]
    assert (options["cwd"], options["stdin"], options["timeout"]) == (ROOT, subprocess.DEVNULL, 120)


def test_run_now_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    """The script's own message is the error's, in the form that all have."""
    monkeypatch.setattr(subprocess, "run", Shell(1, "lab-web: must be ours, got another: rename the guest\n"))
    with pytest.raises(KvmLabError) as refused:
        run_now("domain.sh clear", {})
    assert str(refused.value) == (
        "host/domain.sh clear: 1 problem in what it found\n  lab-web: must be ours, got another: rename the guest"
    )
