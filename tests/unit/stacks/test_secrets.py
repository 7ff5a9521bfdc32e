"""The stack's secrets: where they come from, and what is wrong with them."""

import re
from contextvars import copy_context
from typing import Any

import pulumi
import pytest
from pulumi.runtime import set_all_config

from components.errors import ConfigError, Problem
from stacks import seeds
from stacks.secrets import stack_secrets
from tests.unit.stacks.labs import lab

KEY = "kvmlab:secrets"
SET = "set it with: pulumi config set --stack six --secret --path secrets."


@pytest.fixture(autouse=True)
def _six(monkeypatch: pytest.MonkeyPatch) -> None:  # pyright: ignore[reportUnusedFunction] (pytest uses it)
    monkeypatch.setattr(pulumi, "get_stack", lambda: "six")


def read(value: str | None, *, secret: bool = True) -> Any:
    """Read them as the engine hands them over."""

    def run() -> Any:
        set_all_config({} if value is None else {KEY: value}, [KEY] if secret else [])
        return stack_secrets()

    return copy_context().run(run)


@pytest.mark.parametrize(("value", "secrets"), [(None, {}), ("{}", {}), ('{"db": "a\\nb"}', {"db": "a\nb"})])
def test_secrets(value: str | None, secrets: dict[str, str]) -> None:
    """By name; a stack need not have any."""
    assert read(value) == secrets


@pytest.mark.parametrize(
    ("value", "secret", "problem"),
    [
        ('{"db": "geheim"}', False, f"secrets: must be secret, got plain text; {SET}NAME"),
        ("geheim", True, f"secrets: must be by name, got one value; {SET}NAME"),
        ('["geheim"]', True, f"secrets: must be by name, got a list; {SET}NAME"),
        ('{"db": 1234}', True, "secrets.db: must be text, got something else; set it anew, with --secret"),
    ],
)
def test_refused(value: str, secret: bool, problem: str) -> None:
    """What is wrong is told without a value."""
    with pytest.raises(ConfigError) as refused:
        read(value, secret=secret)
    assert str(refused.value) == f"stack six: 1 problem in kvmlab:lab\n  {problem}"


def test_names_of_no_secret() -> None:
    """A guest's or a group's own document that names one which the stack does not have is told with its place, once."""
    asked = lab(
        {
            "kind": "guests",
            "guests": {"web": {"userData": {"password": "${secrets.db}", "runcmd": ["${secrets.bd} ${secrets.}"]}}},
            "groups": {"node": {"count": 2, "userData": {"write_files": [{"path": "/x", "content": "${secrets.c}"}]}}},
        },
        "six",
    )
    assert sorted(seeds.problems(asked, {"db"})) == [
        Problem("lab.groups.node.userData.write_files.0.content", f"must name a secret of the stack, got 'c'; {SET}c"),
        Problem("lab.guests.web.userData.runcmd.0", f"must name a secret of the stack, got ''; {SET}NAME"),
        Problem("lab.guests.web.userData.runcmd.0", f"must name a secret of the stack, got 'bd'; {SET}bd"),
    ]


def test_files_of_installers() -> None:
    """They name secrets as documents do; who reads a preview sees the names of the files, and whether they change."""
    files = {"ks.cfg": "rootpw ${secrets.db} ${secrets.bd}", "a": ""}
    install = {"iso": {"file": "/srv/a.iso"}, "seed": {"label": "OEMDRV", "files": files}}
    asked = lab({"kind": "guests", "guests": {"web": {"install": install}, "db": {}}}, "six")
    message = f"must name a secret of the stack, got 'bd'; {SET}bd"
    assert seeds.problems(asked, {"db"}) == [Problem('lab.guests.web.install.seed.files["ks.cfg"]', message)]
    db, web = asked.guests
    secrets = {"db": "geheim", "bd": "auch"}
    assert seeds.install_files(web, secrets) == {"a": "", "ks.cfg": "rootpw geheim auch\n"}
    assert (seeds.install_files(db, secrets), seeds.install_shown(db, b"key")) == ({}, None)
    shown = seeds.install_shown(web, b"key")
    assert shown is not None
    assert re.fullmatch(r"OEMDRV: a: '\[hidden [0-9a-f]{8}\]', ks\.cfg: '\[hidden [0-9a-f]{8}\]'", shown)


def test_layers_name_secrets_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """A layer's file is named with the place in it."""
    documents = {"base": {}, "docker": {"password": "${secrets.db}"}}
    monkeypatch.setattr(seeds, "_layer", documents.__getitem__)
    asked = lab({"kind": "guests", "guests": {"web": {"layers": ["docker"]}}}, "six")
    message = f"must name a secret of the stack, got 'db'; {SET}db"
    assert seeds.problems(asked, ()) == [Problem("cloud-init/docker.yaml: password", message)]
