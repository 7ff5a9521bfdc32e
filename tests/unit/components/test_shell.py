"""Scripts of host/ become resources."""

import os
from pathlib import Path

import pulumi
import pytest

from components.shell import LIBVIRT_SECONDS, limits, script
from tests.unit.mocks import Secret, run

ROOT = Path(__file__).parents[3]
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


@pytest.mark.usefixtures("uid")
def test_script_behind_ssh() -> None:
    """The same script runs there: the settings' names go along, and another machine is another resource."""

    def program() -> None:
        script(
            "web-disks",
            "guest.sh apply",
            {"LINK": "base", "DOMAIN": "lab-web"},
            pulumi.ResourceOptions(),
            delete="guest.sh delete",
            triggers=["image"],
            ssh={"destination": "me@nas", "host_key": "ssh-ed25519 AAAA"},
        )

    assert run(program)["Command web-disks"].inputs == {
        "create": "host/over_ssh.sh guest.sh apply",
        "delete": "host/over_ssh.sh guest.sh delete",
        "environment": {
            "LINK": "base",
            "DOMAIN": "lab-web",
            "SETTINGS": "DOMAIN LINK",
            "SSH_DESTINATION": "me@nas",
            "SSH_HOST_KEY": "ssh-ed25519 AAAA",
        },
        "triggers": ["image", "me@nas"],
        "logging": "stdout",
    }


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


def test_limits() -> None:
    """Only a limit of one's own is told; a default shows in no preview."""
    assert limits({}) == {}
    assert limits({"libvirt_seconds": 5}) == {"LIBVIRT_SECONDS": "5"}


def test_the_script_knows_the_same_default() -> None:
    """What no preview shows is what the scripts take."""
    assert f'"${{LIBVIRT_SECONDS:={LIBVIRT_SECONDS}}}"' in (ROOT / "host" / "lib.sh").read_text("utf-8")
