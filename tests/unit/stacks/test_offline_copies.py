"""Copies of stacks: nothing secret is in them, and what is visible stays as it is."""

import json
import re
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import yaml

from stacks.offline import copies
from stacks.offline.words import OfflineError

ROOT = Path(__file__).parents[3]
SIX = ROOT / "tests" / "cases" / "checkpoints" / "v0.1.0" / "six.json"
EXPORT = "must be what `pulumi stack export` prints"
CONFIG = """# a comment
secretsprovider: passphrase
encryptionsalt: v1:of=:v1:another:passphrase==
config:
  kvmlab:seed:
    secure: v1:geheim:a/b+c=
  kvmlab:secrets: {token: {secure: "v1:geheim:quoted=="}, other: {secure: v1:geheim:plain}}
  kvmlab:lab:
    guests:
      web:
        userData:
          write_files:
          - content: |
              secure: v1:of:a-file
            path: /etc/x
"""


def deployment(text: str) -> dict[str, Any]:
    """As it is read for the stack `six`."""
    return copies.deployment(text, "STATE=x", "kvmlab", "six")


@pytest.fixture
def state() -> dict[str, Any]:
    """What a version has left."""
    return json.loads(SIX.read_text("utf-8"))


def test_nothing_secret_is_in_a_copy(state: dict[str, Any]) -> None:
    """No ciphertext, and no mark that the seed's holder has made."""
    before = deepcopy(state)
    ciphertexts = re.findall(r'"ciphertext": ?"([^"]+)"', json.dumps(state))
    copy = copies.checkpoint(deployment(json.dumps(state)), "six", "kvmlab")
    assert len(ciphertexts) >= 14
    assert "ciphertext" not in copy
    assert [each for each in ciphertexts if each in copy] == []
    assert state == before
    kept = json.loads(copy)["checkpoint"]["latest"]["resources"]
    assert [each["urn"] for each in kept] == [each["urn"] for each in state["deployment"]["resources"]]


def test_a_copy_of_a_copy(state: dict[str, Any]) -> None:
    """It is the same: what is hidden in one is hidden in the other."""
    once = copies.checkpoint(deployment(json.dumps(state)), "six", "kvmlab")
    assert copies.checkpoint(deployment(once), "six", "kvmlab") == once


def test_what_an_earlier_version_showed_is_hidden(state: dict[str, Any]) -> None:
    """As today's program would, but for public keys, which anyone may see."""
    text = "password: geheim\nssh_authorized_keys:\n- ssh-ed25519 AAAA me\n- '[hidden 12345678]'\npackages:\n- tmux\n"
    guests = [each for each in state["deployment"]["resources"] if each["type"] == "kvmlab:index:Guest"]
    guests[0]["inputs"]["cloud_config"] = text
    kept = json.loads(copies.checkpoint(deployment(json.dumps(state)), "six", "kvmlab"))["checkpoint"]["latest"]
    [shown] = [each["inputs"]["cloud_config"] for each in kept["resources"] if each["urn"] == guests[0]["urn"]]
    assert yaml.safe_load(shown) == {
        "packages": ["tmux"],
        "password": "[hidden]",
        "ssh_authorized_keys": ["ssh-ed25519 AAAA me", "[hidden]"],
    }


def test_a_copy_of_a_config() -> None:
    """Each secret is another one, wherever it stands; all else is as it was written."""
    copy = copies.config(CONFIG)
    assert "geheim" not in copy
    assert copy.count(copies.CIPHERTEXT) == 3
    assert "# a comment" in copy
    assert "secure: v1:of:a-file\n" in copy
    old, new = yaml.safe_load(CONFIG), yaml.safe_load(copy)
    assert new["config"]["kvmlab:lab"] == old["config"]["kvmlab:lab"]
    assert (new["encryptionsalt"], "secretsprovider" in new) == (copies.SALT, False)


@pytest.mark.parametrize("text", ["config: {a: [", "- a\n", ""])
def test_what_is_no_config_is_left_to_pulumi(text: str) -> None:
    """It says what is wrong with it."""
    assert copies.config(text) == text


def changed(**changes: Any) -> str:
    """A state that is nearly one."""
    return json.dumps({"version": 3, "deployment": {}} | changes)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", f"{EXPORT}, got what ends early or is no JSON; export it anew"),
        (SIX.read_text("utf-8")[:20000], f"{EXPORT}, got what ends early or is no JSON; export it anew"),
        ("[]", f"{EXPORT}, got something else; export it anew"),
        ('{"version": 3}', f"{EXPORT}, got something else; export it anew"),
        (changed(version="3"), f"{EXPORT}, got something else; export it anew"),
        (changed(version=5), "must be of version 3 or 4, got 5; take the Pulumi that wrote it"),
        (changed(version=1), "must be of version 3 or 4, got 1; take the Pulumi that wrote it"),
        (
            changed(deployment={"resources": [{}]}),
            f"{EXPORT}, got one with resources that have no name; export it anew",
        ),
        (changed(deployment={"resources": "x"}), f"{EXPORT}, got one with resources that have no name; export it anew"),
        (
            SIX.with_name("quickstart.json").read_text("utf-8"),
            "must be of stack 'six' of project 'kvmlab', got one of 'quickstart' of 'kvmlab'; give that stack's own",
        ),
        (
            SIX.read_text("utf-8").replace("six::kvmlab::", "six::shop::"),
            "must be of stack 'six' of project 'kvmlab', got one of 'six' of 'shop'; give that stack's own",
        ),
    ],
)
def test_what_is_no_state(text: str, message: str) -> None:
    """Each is one line."""
    with pytest.raises(OfflineError) as refused:
        deployment(text)
    assert str(refused.value) == f"STATE=x: {message}"


@pytest.mark.parametrize(
    "text", [changed(), changed(deployment={"resources": None}, version=4), '{"version": 3, "checkpoint": {}}']
)
def test_a_stack_that_holds_nothing(text: str) -> None:
    """That is a state, too."""
    assert deployment(text)["resources"] == []
