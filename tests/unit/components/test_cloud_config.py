"""What is wrong with a layer is told before any guest sees it."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from components.cloud_config import problems

CASES = Path(__file__).parents[2] / "cases" / "cloud_init"
SCHEMA = CASES / "schema.json"
PROBLEMS: list[dict[str, Any]] = yaml.safe_load((CASES / "problems.yaml").read_text("utf-8"))


@pytest.mark.parametrize("case", PROBLEMS, ids=lambda case: case["name"])
def test_problems(case: dict[str, Any]) -> None:
    """Every problem of a document is told, in full words, with the path that the user typed."""
    found = problems(case["document"], case["path"], SCHEMA)
    assert [f"{path}: {message}" for path, message in found] == case["problems"]


def test_without_schema(tmp_path: Path) -> None:
    """Where cloud-init's schema was not fetched, keys and users are still checked."""
    document: dict[str, object] = {"package": [], "users": [], "runcmd": "reboot"}
    found = problems(document, "lab.userData", tmp_path / "absent.json")
    assert [path for path, _ in found] == ["lab.userData.package", "lab.userData.users"]


@pytest.mark.parametrize("case", PROBLEMS, ids=lambda case: case["name"])
def test_secrets(case: dict[str, Any]) -> None:
    """No message quotes what the cases hold as secrets."""
    text = str(problems(case["document"], case["path"], SCHEMA))
    assert "geheim" not in text
    assert "1234" not in text
