"""What a machine says of itself is understood, and no answer whatsoever is more than the parser can take."""

import ast
from dataclasses import fields
from pathlib import Path
from typing import Any, cast

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from components.machine_facts import MachineFacts, parse
from components.virtualization import virtualization

ROOT = Path(__file__).parents[3]
CASES = sorted((ROOT / "tests" / "cases" / "machine_facts").glob("*.yaml"))
KEYS = (
    "kvm_device",
    "filesystem",
    "disk",
    "interface",
    "address",
    "default_route",
    "drops",
    "version",
    "cpus",
    "nested",
)


def plain(value: Any) -> Any:
    """Facts as a case file writes them."""
    match value:
        case frozenset():
            return sorted(plain(item) for item in cast("frozenset[Any]", value))
        case tuple():
            return [plain(item) for item in cast("tuple[Any, ...]", value)]
        case _:
            return value


def told(facts: MachineFacts) -> dict[str, Any]:
    """The facts that differ from a machine of which nothing is known."""
    unknown = MachineFacts()
    names = [field.name for field in fields(MachineFacts)]
    return {name: plain(getattr(facts, name)) for name in names if getattr(facts, name) != getattr(unknown, name)}


def load(case: Path) -> dict[str, Any]:
    """A case file."""
    return yaml.safe_load(case.read_text("utf-8"))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_parse(case: Path) -> None:
    """The script's output becomes exactly the facts of its case."""
    given = load(case)
    facts = parse(given["output"])
    assert told(facts) == given["facts"]
    uplink = facts.uplink.name if facts.uplink else None
    assert (facts.family, virtualization(facts).state.name, uplink) == tuple(given["means"].values())


def test_there_are_cases() -> None:
    """Every fact is in some case, and each case says where it is from."""
    assert {name for case in CASES for name in load(case)["facts"]} == {field.name for field in fields(MachineFacts)}
    for case in CASES:
        assert case.read_text("utf-8").startswith(("# Recorded on ", "# Composed from documentation: ", "# Composed: "))


@given(
    st.text() | st.lists(st.tuples(st.sampled_from(KEYS), st.text())).map(lambda rows: "\n".join(map(" ".join, rows)))
)
def test_no_output_is_too_odd(output: str) -> None:
    """It never raises, and lets nothing through that steers a terminal."""
    shown = str(plain(list(told(parse(output)).values())))
    assert shown.isprintable()


@pytest.mark.parametrize(
    ("path", "mount"), [("/srv/labs", "/srv"), ("/srv", "/srv"), ("/srvice", "/"), ("/var/lib", "/"), ("/", "/")]
)
def test_filesystem_of(path: str, mount: str) -> None:
    """The nearest mount above decides, by whole names."""
    found = parse("filesystem ext4 2 1 /\nfilesystem xfs 4 3 /srv").filesystem_of(path)
    assert found is not None
    assert found.mount == mount
    assert MachineFacts().filesystem_of(path) is None


@pytest.mark.parametrize(
    "module", ["components/bios.py", "components/machine_facts.py", "components/virtualization.py", "doctor"]
)
def test_old_pythons_understand_it(module: str) -> None:
    """What the doctor consists of is read by the Python of distributions whose own is too old for the rest."""
    path = ROOT / module
    files = sorted(path.glob("*.py")) if path.is_dir() else [path]
    assert files
    for file in files:
        ast.parse(file.read_text("utf-8"), feature_version=(3, 9))
    # This one tells older ones that they are, so they must be able to read it.
    ast.parse((ROOT / "doctor" / "__init__.py").read_text("utf-8"), feature_version=(3, 5))
