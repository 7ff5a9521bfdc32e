"""How the engine's config reaches the checks, and how a secret does not."""

import json
from contextvars import copy_context
from pathlib import Path

import pulumi
import pytest
from pulumi.runtime import set_all_config

from components.errors import ConfigError, Problem
from stacks import config
from stacks.config import Lab, load

KEY = "kvmlab:lab"
MEANT = "hunter2"


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout with two layers and one image, whose stack is `quickstart`."""
    for name in ("stacks", "cloud-init", "images"):
        (tmp_path / name).mkdir()
    for name in ("base", "docker"):
        (tmp_path / "cloud-init" / f"{name}.yaml").touch()
    (tmp_path / "images" / "catalogue.yaml").write_text("# known images\ndebian-13:\n  user: debian\n", "utf-8")
    monkeypatch.setattr("stacks.config.loading.ROOT", tmp_path)
    monkeypatch.setattr("stacks.config.memory.PRIVATE", tmp_path / ".kvmlab")
    monkeypatch.setattr(pulumi, "get_stack", lambda: "quickstart")
    return tmp_path


def load_with(value: str | None, *, secret: bool = False) -> Lab:
    """Load as the engine would have it, and leave nothing of it behind."""

    def run() -> Lab:
        set_all_config({} if value is None else {KEY: value}, [KEY] if secret else [])
        return load()

    return copy_context().run(run)


@pytest.mark.usefixtures("checkout")
def test_load() -> None:
    """JSON from the engine becomes a lab, with the layers and images of the checkout."""
    lab = load_with(json.dumps({"kind": "guests", "guests": {"web": {"layers": ["docker"], "image": "debian-13"}}}))
    assert [guest.name for guest in lab.guests] == ["web"]
    assert lab.stack == "quickstart"


@pytest.mark.usefixtures("checkout")
def test_names_come_from_the_checkout() -> None:
    """What is not in cloud-init/ or in the catalogue is refused with what is."""
    with pytest.raises(ConfigError) as refused:
        load_with(json.dumps({"kind": "guests", "guests": {"web": {"layers": ["zzz"], "image": "user"}}}))
    assert [problem.message for problem in refused.value.problems] == [
        "must be in images/catalogue.yaml, got 'user'; known are debian-13, none",
        "must be a file of cloud-init/, got 'zzz'; known are base, docker",
    ]


@pytest.mark.usefixtures("checkout")
@pytest.mark.parametrize("value", [None, "", "null", "{}"])
def test_nothing_is_set(value: str | None) -> None:
    """A stack without a lab is told how to start one, whatever form of nothing the engine hands over."""
    with pytest.raises(ConfigError, match=r"lab: is empty; start with: pulumi config set --stack quickstart --path "):
        load_with(value)


@pytest.mark.usefixtures("checkout")
@pytest.mark.parametrize(("value", "shown"), [("hello", "'hello'"), ("5", "5"), ("[1]", "a list")])
def test_no_mapping(value: str, shown: str) -> None:
    """Text, numbers and lists are no lab."""
    with pytest.raises(ConfigError, match=rf"lab: must be a mapping, got {shown}; start with"):
        load_with(value)


SECURE = """
config:
  kvmlab:seed: {secure: v1:AAAA}
  kvmlab:lab:
    kind: guests
    guests:
      db: {console: {password: {secure: v1:BBBB}}, cpus: 99999}
      node.lab: {layers: [base, {secure: v1:CCCC}]}
"""


def test_secrets_inside_the_lab(checkout: Path) -> None:
    """Each is refused with its path and the command that takes it out; the value is nowhere."""
    (checkout / "stacks" / "Pulumi.quickstart.yaml").write_text(SECURE, "utf-8")
    raw = {"kind": "guests", "guests": {"db": {"console": {"password": MEANT}, "cpus": 99999}, MEANT: MEANT}}
    with pytest.raises(ConfigError) as refused:
        load_with(json.dumps(raw), secret=True)
    rule = "must not be a secret, got one; the lab is shown in previews, take it out with: pulumi config rm"
    assert str(refused.value) == (
        "stack quickstart: 2 problems in kvmlab:lab\n"
        f"  lab.guests.db.console.password: {rule} --stack quickstart --path 'lab.guests.db.console.password'\n"
        f'  lab.guests["node.lab"].layers[1]: {rule} --stack quickstart --path \'lab.guests["node.lab"].layers[1]\''
    )


@pytest.mark.parametrize("content", [None, "", "config: {}", "config:\n  kvmlab:lab: {secure: v1:AAAA}", "[]"])
def test_secret_lab(checkout: Path, content: str | None) -> None:
    """A lab that is a secret as a whole, or comes from elsewhere than the stack's file, is refused as a whole."""
    if content is not None:
        (checkout / "stacks" / "Pulumi.quickstart.yaml").write_text(content, "utf-8")
    with pytest.raises(ConfigError) as refused:
        load_with(MEANT, secret=True)
    assert str(refused.value) == (
        "stack quickstart: 1 problem in kvmlab:lab\n"
        "  lab: must neither be nor hold a secret, got one; write it in plain text, without --secret"
    )


LAB = "config:\n  kvmlab:lab: {kind: guests, guests: {db: {image: {secure: v1:AAAA}, userData: {locale: %s}}}}\n"


@pytest.mark.parametrize(
    ("content", "where"),
    [
        ((LAB % "C").encode("utf-16"), "lab.guests.db.image"),
        (b"\xef\xbb\xbf" + (LAB % "C").encode(), "lab.guests.db.image"),
        ((LAB % "!mine C").encode(), None),
        ((LAB % "2024-13-45").encode(), None),
        ((LAB % ("[" * 3000 + "]" * 3000)).encode(), None),
        ((LAB % "\t").encode() + b"\xff", None),
    ],
    ids=["utf-16", "bom", "tag", "no-date", "deep", "bytes"],
)
def test_secret_in_odd_yaml(checkout: Path, content: bytes, where: str | None) -> None:
    """YAML that the engine reads in its own way is read so, too, or the lab is refused as a whole."""
    (checkout / "stacks" / "Pulumi.quickstart.yaml").write_bytes(content)
    with pytest.raises(ConfigError) as refused:
        load_with(MEANT, secret=True)
    assert [problem.path for problem in refused.value.problems] == [where or "lab"]


@pytest.mark.usefixtures("checkout")
def test_keys_given_twice() -> None:
    """JSON may give a key twice; neither of the two is taken."""
    with pytest.raises(ConfigError) as refused:
        load_with('{"kind": "guests", "guests": {"web": {"cpus": 1, "cpus": 0}}, "kind": "guests"}')
    assert refused.value.problems == (
        ("lab.guests.web.cpus", "must be given once, got it twice; drop one"),
        ("lab.kind", "must be given once, got it twice; drop one"),
    )


@pytest.mark.usefixtures("checkout")
def test_nested_without_end() -> None:
    """What Python's reader of JSON gives up on is refused with its place."""
    with pytest.raises(ConfigError) as refused:
        load_with('{"kind": "guests", "guests": {"web": {"layers": %s}}}' % ("[" * 9000 + "]" * 9000))
    deep = Problem(f"lab.guests.web.layers{'[0]' * 29}", "must be nested at most 32 levels deep, got more; flatten it")
    assert refused.value.problems == (Problem("lab.guests.web.layers[0]", "must be text, got a list"), deep)


def test_public_names() -> None:
    """What the package offers is sorted and exists."""
    assert list(config.__all__) == sorted(config.__all__)
    assert all(hasattr(config, name) for name in config.__all__)
