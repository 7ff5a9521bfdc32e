"""Every rule of the config, by the full text of its report."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from components.errors import ConfigError
from stacks.config.parsing import parse

CASES = sorted((Path(__file__).parents[2] / "cases" / "config").glob("*.yaml"))
LAYERS = frozenset({"base", "console", "docker"})
IMAGES = frozenset({"debian-13", "ubuntu-24.04"})


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_report(case: Path) -> None:
    """A config that breaks a rule is refused with exactly the report of its case."""
    given: dict[str, Any] = yaml.safe_load(case.read_text(encoding="utf-8"))
    with pytest.raises(ConfigError) as refused:
        parse(given["lab"], given.get("stack", "quickstart"), LAYERS, IMAGES)
    assert str(refused.value) == given["report"]


def test_there_are_cases() -> None:
    """The directory of cases is found, so that the test above cannot pass by having nothing to do."""
    assert len(CASES) > 40
