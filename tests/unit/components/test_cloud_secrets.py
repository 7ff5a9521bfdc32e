"""A layer names secrets; what they are stands in the seed and in nothing that is shown."""

from dataclasses import replace

import pytest
import yaml

from components.cloud_init import SeedSpec, render, shown
from components.cloud_secrets import filled, is_name, names

LAYER: dict[str, object] = {
    "password": "${secrets.root}",
    "write_files": [{"path": "/etc/auth", "content": '{"auth": "${secrets.user}:${secrets.token-2}"}\n'}],
    "runcmd": [["echo", "$HOME ${secret.root} ${secrets"], 3, None, True],
}
SECRETS = {"root": "geheim", "user": "ana", "token-2": "${secrets.root}\n- x"}


def test_names() -> None:
    """Each place, with the name that stands there; what only looks like one is text."""
    assert list(names(LAYER)) == [
        (("password",), "root"),
        (("write_files", 0, "content"), "user"),
        (("write_files", 0, "content"), "token-2"),
    ]


def test_filled() -> None:
    """Names become what they stand for, once, and nothing else changes."""
    assert filled(LAYER, SECRETS) == {
        "password": "geheim",
        "write_files": [{"path": "/etc/auth", "content": '{"auth": "ana:${secrets.root}\n- x"}\n'}],
        "runcmd": LAYER["runcmd"],
    }


@pytest.mark.parametrize(
    ("value", "one"), [("${secrets.a}", True), ("x ${secrets.a}", False), ("a", False), (1, False)]
)
def test_is_name(value: object, one: bool) -> None:
    """A text that is a name and no more."""
    assert is_name(value) == one


def test_only_the_seed_holds_them() -> None:
    """They survive as YAML whatever is in them, make another instance when they change, and are not shown."""
    spec = SeedSpec(
        hostname="web",
        fqdn="web.lab.internal",
        layers=[LAYER],
        authorized_keys=[],
        host_key_private="key\n",
        host_key_public="key",
        mac="52:54:00:12:34:56",
        secrets=SECRETS,
    )
    seed = render(spec)
    document = yaml.safe_load(seed.user_data)
    assert {key: document[key] for key in LAYER} == filled(LAYER, SECRETS)
    assert render(replace(spec, secrets={**SECRETS, "root": "another"})).instance_id != seed.instance_id
    assert "geheim" not in f"{spec!r} {seed!r}"
    preview = yaml.safe_load(shown([LAYER], b"key"))
    assert preview["password"] == LAYER["password"]
    assert preview["write_files"][0]["content"].startswith("[hidden ")
