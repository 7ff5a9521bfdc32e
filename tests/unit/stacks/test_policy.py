"""What each rule of policy finds, how bad it is, and what a waiver lets pass."""

import dataclasses
from pathlib import Path
from typing import Any

import pytest
import yaml

from stacks import policy, seeds
from stacks.config.lab import Rule
from stacks.config.models import LabWaiversConfig
from stacks.policy import Verdict
from tests.unit.stacks.labs import lab

CASES = sorted((Path(__file__).parents[2] / "cases" / "policy").glob("*.yaml"))
FOUND = ("errors", "warnings", "notes")
OVERCOMMIT: dict[str, Any] = {"overcommit": {"memory": "150%"}}


def verdict(raw: dict[str, Any], layers: dict[str, dict[str, object]] | None = None) -> Verdict:
    """What policy says of a lab, and of layers beside those that are there."""
    return policy.judge(lab(raw), layers or {})


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_found(case: Path) -> None:
    """Word by word; what a case does not name is not found."""
    given: dict[str, Any] = yaml.safe_load(case.read_text("utf-8"))
    said = verdict(given["lab"], given.get("layers"))
    found = {kind: [f"{path}: {message}" for path, message in getattr(said, kind)] for kind in FOUND}
    found["waived"] = [f"{finding.path}: {finding.rule}: {reason}" for finding, reason in said.waived]
    assert {kind: told for kind, told in found.items() if told} == given["found"]


def test_there_are_cases() -> None:
    """One or more a rule, and some of labs in which nothing is found."""
    texts = [case.read_text("utf-8") for case in CASES]
    assert all(any(f"waivers.{rule}" in text for text in texts) for rule in Rule.__args__)
    assert sum("\nfound: {}" in text for text in texts) >= 2


def test_every_rule_can_be_waived() -> None:
    """By the name that it has in messages."""
    assert {field.alias for field in LabWaiversConfig.model_fields.values()} == {*Rule.__args__}


@pytest.mark.parametrize("stack", ["quickstart", "six"])
def test_example_stacks(stack: str) -> None:
    """Those that are shipped are well, and so are the layers beside them."""
    text = (seeds.LAYERS.parent / "stacks" / f"Pulumi.{stack}.yaml").read_text("utf-8")
    asked = lab(yaml.safe_load(text)["config"]["kvmlab:lab"], stack)
    everything = dataclasses.replace(
        asked, guests=tuple(dataclasses.replace(guest, layers=("console", "docker")) for guest in asked.guests)
    )
    assert policy.judge(everything, seeds.documents(everything)) == Verdict((), (), ())


def test_a_lab_without_guests() -> None:
    """There is nothing to be said of what its host may be asked for."""
    assert verdict({"kind": "host", "host": OVERCOMMIT}) == Verdict((), (), ())


def test_many() -> None:
    """A run tells some of each rule's, and how many more there are; waivers of nothing behind them."""
    disks = {"a": {"size": "1GiB", "protect": False}}
    raw = {
        "kind": "guests",
        "host": OVERCOMMIT,
        "guests": {f"g{number}": {"disks": disks} for number in range(1, 9)},
        "waivers": {"public-console": "by the VPN"},
    }
    said = verdict(raw)
    told = list(said.told("quickstart"))
    assert len(said.warnings) == 10
    assert [line.partition(": ")[0] for line in told] == [
        *(f"lab.guests.g{number}.disks.a.protect" for number in range(1, 6)),
        "lab.host.overcommit.memory",
        "unprotected-disk",
        "lab.waivers.public-console",
    ]
    assert told[-2] == "unprotected-disk: 3 more; make lint-stacks STACK=quickstart tells all"
