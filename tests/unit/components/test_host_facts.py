"""What a host says of itself is understood."""

from dataclasses import fields
from pathlib import Path
from typing import Any, cast

import pytest
import yaml

from components.host_facts import HostFacts, parse

CASES = sorted((Path(__file__).parents[2] / "cases" / "host_facts").glob("*.yaml"))


def plain(value: Any) -> Any:
    """Facts as a case file writes them."""
    match value:
        case dict():
            return {key: plain(item) for key, item in cast("dict[str, Any]", value).items()}
        case frozenset():
            return sorted(plain(item) for item in cast("frozenset[Any]", value))
        case tuple():
            return [plain(item) for item in cast("tuple[Any, ...]", value)]
        case bool() | int() | None:
            return value
        case _:
            return str(value)


def told(facts: HostFacts) -> dict[str, Any]:
    """The facts that differ from a host of which nothing is known."""
    unknown = HostFacts()
    names = [field.name for field in fields(HostFacts)]
    return {name: plain(getattr(facts, name)) for name in names if getattr(facts, name) != getattr(unknown, name)}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_parse(case: Path) -> None:
    """The script's output becomes exactly the facts of its case."""
    given = yaml.safe_load(case.read_text("utf-8"))
    facts = parse(given["output"])
    assert told(facts) == given["facts"]
    assert (facts.has_kvm, facts.libvirt_answers) == (given["has_kvm"], given["libvirt_answers"])


def test_there_are_cases() -> None:
    """Every fact is in some case, so that none goes unread."""
    given = [yaml.safe_load(case.read_text("utf-8"))["facts"] for case in CASES]
    assert {name for facts in given for name in facts} == {field.name for field in fields(HostFacts)}
