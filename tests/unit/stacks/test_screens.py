"""Passwords of screens are held to what the protocols take, and reach a guest by stdin alone."""

import json
from typing import Any

import pytest
from pulumi.runtime import set_all_config

from stacks import guests, screens
from tests.unit.mocks import Run, Secret, run
from tests.unit.stacks.labs import host, lab

HIDDEN = "s3cr3t&<"


def asked(console: dict[str, Any]) -> Any:
    """A lab of one guest with such a screen, and one without."""
    return lab({"kind": "guests", "guests": {"web": {"console": console}, "db": {}}}, "six")


@pytest.mark.parametrize(
    ("kind", "secret", "expected"),
    [
        ("vnc", "12345678", None),
        ("vnc", "123456789", "of at most 8 characters, got one of 9: VNC looks at no more than that"),
        ("spice", "x" * 60, None),
        ("spice", "x" * 61, "of at most 60 characters, got one of 61: SPICE takes no more"),
        ("vnc", "", "that is not empty, got an empty one"),
        ("vnc", "grün", "of printable ASCII, got one with other characters"),
        ("spice", "a\nb", "of printable ASCII, got one with other characters"),
        ("vnc", None, "must name a secret of the stack, got 'screen'"),
    ],
)
def test_problems(kind: str, secret: str | None, expected: str | None) -> None:
    """What is wrong is said without the password, with how to set another one."""
    config = {"kvmlab:secrets": json.dumps({} if secret is None else {"screen": secret})}
    set_all_config(config, ["kvmlab:secrets"])
    told = screens.problems(asked({"type": kind, "password": "${secrets.screen}"}))
    if expected is None:
        assert told == []
        return
    (problem,) = told
    assert problem.path == "lab.guests.web.console.password"
    assert expected in problem.message
    assert problem.message.endswith("--secret --path secrets.screen")
    assert not secret or secret not in problem.message


def compose(secret: str) -> Run:
    """The lab, with that for a password."""
    part = asked({"port": 6000, "listen": "192.0.2.2", "password": "${secrets.screen}"})
    config = {"kvmlab:seed": "5eed", "kvmlab:secrets": json.dumps({"screen": secret})}
    set_all_config(config, ["kvmlab:secrets"])
    placed = [(each, host({}, "six")) for each in part.parts()]
    return run(lambda: guests.compose(part, placed), stack="six", config=config)


def test_it_goes_by_stdin() -> None:
    """It is in no argument, no environment and nothing that a preview shows; what is shown changes with it."""
    made, again, other = compose(HIDDEN), compose(HIDDEN), compose("another")
    command = made["Command web-guest"]
    assert isinstance(command.inputs["stdin"], Secret)
    assert command.inputs["stdin"].value.endswith(f"\npassword 1\n{HIDDEN}\n")
    open_text = {**command.inputs, "stdin": ""}
    for text in (repr(open_text), repr(made["Guest web"].inputs), repr(made.exports)):
        assert HIDDEN not in text
        assert "s3cr3t" not in text
    shown = [run["Guest web"].inputs["console_password"] for run in (made, again, other)]
    assert shown[0] == shown[1] != shown[2]
    assert made["Guest web"].inputs["console"] == "vnc at port 6000 of 192.0.2.2, with a password"
    assert "password" not in made["Command db-guest"].inputs["stdin"].value.replace("lock_passwd", "")
