"""Labs that a state holds and of which nothing runs: what a preview of hundreds of guests is about."""

import json
import re
from collections.abc import Sequence
from contextlib import ExitStack
from typing import Any

from bench.columns import STAND_IN, Column, Step
from bench.columns.ours import Ours
from bench.columns.plain import LAB as PLAIN
from bench.columns.plain import Plain
from bench.columns.tofu import LAB as TOFU
from bench.columns.tofu import Tofu, built
from bench.timing import End, measure, shell

TRIES = 3


def ours(networks: dict[int, str], ends: ExitStack) -> dict[int, Ours]:
    """By the number of guests, each lab in a network of its own; they are removed at the end.

    Done is all that `up` does but the start: directory, image, network, pool, disks, seeds, definitions, state.
    """
    labs = {guests: Ours(f"bench-{guests}", cidr, big_host=True) for guests, cidr in networks.items()}
    for guests, lab in labs.items():
        ends.callback(lab.end)
        lab.begin(guests)
        print(f"making a lab of {guests} guests and starting none; some minutes", flush=True)
        shell(lab.pulumi("up --yes --skip-preview", PATH=f"{STAND_IN}:$PATH"))
    return labs


def plain(sizes: Sequence[int], ends: ExitStack) -> dict[int, Plain]:
    """By the number of guests; one guest is made and recorded, and the labs are copies of that record.

    The provider would start all that it makes.
    """
    one = Plain()
    ends.callback(one.end)
    _make(one)
    record = one.project / "record.json"
    shell(one.pulumi(f"stack export --file {record}"))
    exported = record.read_text("utf-8")
    one.end()
    labs = {guests: Plain(f"-{guests}") for guests in sizes}
    for guests, lab in labs.items():
        state: Any = json.loads(exported)
        record_of_one = state["deployment"]["resources"]
        state["deployment"]["resources"] = [copy for each in record_of_one for copy in resources(each, guests)]
        ends.callback(lab.end)
        lab.begin(guests)
        record = lab.project / "record.json"
        record.write_text(json.dumps(state), encoding="utf-8")
        shell(lab.pulumi(f"stack import --file {record}"))
    return labs


def tofu(sizes: Sequence[int], ends: ExitStack) -> dict[int, Tofu]:
    """As with the plain program, whose provider it has."""
    if not built():
        return {}
    one = Tofu()
    ends.callback(one.end)
    _make(one)
    written = one.state.read_text("utf-8")
    one.end()
    labs = {guests: Tofu(f"-{guests}") for guests in sizes}
    for guests, lab in labs.items():
        state: Any = json.loads(written)
        for resource in state["resources"]:
            resource["instances"] = [copy for each in resource["instances"] for copy in instances(each, guests)]
        ends.callback(lab.end)
        lab.begin(guests)
        lab.state.write_text(json.dumps(state, indent=2), encoding="utf-8")
    return labs


def _make(column: Column) -> None:
    """Bring one guest up, in spite of a provider that hangs now and then."""
    for _ in range(TRIES):
        column.begin(1)
        command = column.command(Step.UP)
        if command and measure(command, patience=column.patience, may_fail=True).end is End.WELL:
            return
    raise SystemExit(f"{column.name}: one guest must come up, got none in {TRIES} tries; run again")


def resources(first: dict[str, Any], guests: int) -> list[dict[str, Any]]:
    """What is the first guest's, for all guests; what is the lab's, once."""
    if not first["urn"].endswith("-1"):
        return [first]
    text = json.dumps(first)
    return [json.loads(re.sub(rf"\b(disk|seed|guest|{PLAIN})-1\b", rf"\1-{n}", text)) for n in range(1, guests + 1)]


def instances(first: dict[str, Any], guests: int) -> list[dict[str, Any]]:
    """The same of OpenTofu's."""
    if "index_key" not in first:
        return [first]
    text = json.dumps(first)
    return [
        json.loads(re.sub(rf"\b{TOFU}-1\b", f"{TOFU}-{n}", text)) | {"index_key": n - 1} for n in range(1, guests + 1)
    ]
