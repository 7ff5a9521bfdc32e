"""The generated files are those of the models, and editors agree with the program."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema_rs import validator_for

from components.effects import Effect
from stacks import schema
from stacks.config.models import GuestConfig, NodesConfig

STACKS = sorted((schema.ROOT / "stacks").glob("Pulumi.*.yaml"))


def test_generated_files_are_fresh() -> None:
    """Nobody has changed a model without `python -m stacks.schema`."""
    assert schema.main(["--check"]) == 0


def test_stale_files_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The check names what is stale and changes nothing; the command writes it, once."""
    (tmp_path / "stacks").mkdir()
    (tmp_path / "docs" / "reference").mkdir(parents=True)
    (tmp_path / "stacks" / "lab.schema.json").write_text("{}", "utf-8")
    monkeypatch.setattr(schema, "ROOT", tmp_path)
    assert schema.main(["--check"]) == 1
    assert capsys.readouterr().out == "stale: stacks/lab.schema.json\nstale: docs/reference/lab.md\n"
    assert schema.main([]) == 0
    assert capsys.readouterr().out == "changed: stacks/lab.schema.json\nchanged: docs/reference/lab.md\n"
    assert schema.main([]) == 0
    assert schema.main(["--check"]) == 0
    assert capsys.readouterr().out == ""


def test_usage(capsys: pytest.CaptureFixture[str]) -> None:
    """An argument that is not known is an error of its own."""
    assert schema.main(["--chekc"]) == 2
    assert capsys.readouterr().err == "usage: python -m stacks.schema [--check]\n"


@pytest.mark.parametrize("file", STACKS, ids=lambda file: file.name)
def test_example_stacks_fit(file: Path) -> None:
    """Every stack of the checkout is one to editors, too."""
    validator_for(schema.schema()).validate(yaml.safe_load(file.read_text(encoding="utf-8")))


@pytest.mark.parametrize(
    "lab",
    [
        {},
        {"kind": "guest"},
        {"kind": "guests", "cpus": 2},
        {"kind": "guests", "guests": {"Web": {}}},
        {"kind": "guests", "guests": {"web": {"memory": 2}}},
        {"kind": "guests", "guests": {"web": {"memory": "2G"}}},
        {"kind": "guests", "guests": {"web": {"cpus": 0}}},
        {"kind": "guests", "guests": {"web": {"image": {"sha256": "00"}}}},
        {"kind": "guests", "groups": {"worker": {}}},
        {"kind": "guests", "network": {"bridge": "kl-quickstart-lab"}},
    ],
)
def test_editors_refuse(lab: dict[str, Any]) -> None:
    """What the program refuses in one field, an editor marks."""
    assert not validator_for(schema.schema()).is_valid({"config": {"kvmlab:lab": lab}})


def test_every_key_is_in_the_reference() -> None:
    """The page has a row for each key of each mapping."""
    page = schema.reference()
    assert [row for row in page.splitlines() if row.startswith("| `memory` | size | `1GiB` |")]
    for _, model in schema.SECTIONS:
        for field in model.model_fields.values():
            assert f"| `{field.alias}` |" in page


def test_the_reference_tells_what_an_edit_does() -> None:
    """Of each key that a guest has, before all else: one of the effects, or that cloud-init's policy decides."""
    properties = GuestConfig.model_json_schema()["properties"] | NodesConfig.model_json_schema()["properties"]
    told = {key: field["x-change"] for key, field in properties.items() if key != "count"}
    effects = (*map(str, Effect), "as `onCloudInitChange` says")
    assert [key for key, text in told.items() if not text.startswith(effects)] == []
