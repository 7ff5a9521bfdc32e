"""What is wrong with a layer is told before any guest sees it."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from components.cloud_config import problems
from components.errors import MOST

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


@pytest.mark.parametrize("key", ["packages", "runcmd", "users"])
def test_long_lists(key: str) -> None:
    """Of a list that is wrong throughout the beginning is told; in one that is right until its end, the end is."""
    wrong: list[object] = [1.5] * 20_000
    assert MOST < len(problems({key: wrong}, "lab.userData", SCHEMA)) <= 2 * MOST + 2
    right: list[object] = ["curl"] * 1000
    assert [path for path, _ in problems({key: [*right, 1.5]}, "lab.userData", SCHEMA)] == [f"lab.userData.{key}.1000"]


def test_unknown_keys_without_end() -> None:
    """Many keys, and long ones, make no report that nobody reads."""
    found = problems({f"{number}\n{'x' * 1000}": 1 for number in range(5000)}, "lab.userData", SCHEMA)
    assert len(found) == MOST + 1
    assert all(path.isprintable() and len(path) < 100 for path, _ in found)
