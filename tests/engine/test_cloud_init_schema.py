"""What we ship and render satisfies cloud-init's own schema, which `make` fetches."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from components.cloud_config import SCHEMA, problems
from components.cloud_config_keys import KNOWN
from components.cloud_config_schema import Schema
from components.cloud_layers import layer_names, load_layer

ROOT = Path(__file__).parents[2]
RENDERED = ROOT / "tests" / "cases" / "cloud_init" / "rendered"


@pytest.fixture(scope="module")
def rules() -> dict[str, Any]:
    """cloud-init's schema."""
    assert SCHEMA.is_file(), f"{SCHEMA.name} is missing; run `cloud-init/fetch-schema {SCHEMA.relative_to(ROOT)}`"
    return json.loads(SCHEMA.read_bytes())


def test_known_keys(rules: dict[str, Any]) -> None:
    """Our list of top-level keys is cloud-init's."""
    assert set(rules["properties"]) == KNOWN


@pytest.mark.usefixtures("rules")
@pytest.mark.parametrize("name", layer_names(ROOT / "cloud-init"))
def test_layers(name: str) -> None:
    """A layer of ours has no problem."""
    assert problems(load_layer(name, ROOT / "cloud-init"), f"cloud-init/{name}.yaml") == []


@pytest.mark.parametrize("directory", sorted(RENDERED.iterdir()), ids=lambda directory: directory.name)
def test_rendered(rules: dict[str, Any], directory: Path) -> None:
    """What a guest is given has no problem."""
    document = yaml.safe_load((directory / "user-data").read_text("utf-8"))
    assert list(Schema(rules).errors(document)) == []


@pytest.mark.usefixtures("rules")
def test_messages() -> None:
    """The real schema's errors come out in our sentences."""
    document = {
        "users": [{"name": "ana", "shel": "/bin/zsh", "lock_passwd": "no"}],
        "packages": [3],
        "write_files": [{"path": "/etc/motd", "permissions": 420}],
        "growpart": {"mode": "x"},
    }
    assert [f"{path}: {message}" for path, message in problems(document, "lab.userData")] == [
        "lab.userData.growpart.mode: must be 'auto', 'growpart', 'gpart', 'off' or false, got 'x'",
        "lab.userData.packages.0: must be a mapping, a list or text, got 3",
        "lab.userData.users.0.lock_passwd: must be true or false, got text",
        "lab.userData.users.0.shel: is not a known key; did you mean 'shell'?",
        "lab.userData.write_files.0.permissions: must be text, got 420",
    ]
