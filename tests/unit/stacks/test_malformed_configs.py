"""Whatever is wrong with a config, it ends in one report that names the place, after a bounded amount of work.

Work is counted in calls, not in seconds: what takes a machine ten seconds takes it ten million calls, on any machine.
"""

import json
import sys
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from copy import deepcopy
from types import FrameType
from typing import Any, cast

import pytest
import yaml
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st

from components.errors import MOST, ConfigError, Problem
from stacks.config import Lab
from stacks.config.decoding import decode
from stacks.config.parsing import parse
from stacks.config.plain import DEEPEST, Again
from stacks.config.raw import Place, path
from tests.unit.stacks.generated_labs import HIDDEN, SCHEMA, Json, Spot, labs, put, spots
from tests.unit.stacks.labs import IMAGES, LAYERS
from tests.unit.stacks.malformed import KINDS, Broken

EFFORT = 1_000_000
"""Calls that reading a config may take: about a tenth of a second."""
LINE = 600
"""Characters that a line of a report may have."""
EXAMPLES = 12
"""Labs of each test."""

# The same labs in every run. What fails is not made smaller: labs are small, and mistakes may be large on purpose.
runs = settings(
    max_examples=EXAMPLES,
    derandomize=True,
    deadline=None,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)


@contextmanager
def at_most(calls: int) -> Generator[None]:
    """End in an error what takes more than this many calls."""
    left = calls

    def count(_frame: FrameType, event: str, _argument: object) -> None:
        nonlocal left
        left -= event in ("call", "c_call")
        if left < 0:
            sys.setprofile(None)
            raise AssertionError(f"it takes more than {calls} calls")

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        yield
    finally:
        sys.setprofile(before)


def read(raw: object) -> Lab:
    """The lab of a config."""
    return parse(raw, "quickstart", LAYERS, IMAGES)


def refused(raw: object) -> tuple[Problem, ...]:
    """The problems of a config, told as a report must be, and found without much ado."""
    with pytest.raises(ConfigError) as error, at_most(EFFORT):
        read(raw)
    head, *lines = str(error.value).encode().decode().split("\n")
    problems = error.value.problems
    assert len(lines) == len(problems) <= MOST
    assert head.startswith("stack quickstart: ")
    assert all(line.isprintable() and len(line) <= LINE for line in lines)
    assert HIDDEN not in str(error.value)
    return problems


def broken(raw: Any, spot: Spot, mistake: Broken) -> Any:
    """The lab with a mistake in it; the lab itself stays as it is."""
    if not spot.place:
        return mistake.value
    copy = deepcopy(raw)
    put(copy, spot.place, mistake.value)
    return copy


def written(value: Any) -> str:
    """JSON, in which a key may stand twice."""
    if not isinstance(value, dict):
        return json.dumps(value)
    items = cast("dict[str | Again, object]", value).items()
    pairs = ((key.key if isinstance(key, Again) else key, below) for key, below in items)
    return f"{{{', '.join(f'{json.dumps(key)}: {written(below)}' for key, below in pairs)}}}"


def as_it_comes(kind: str, raw: object) -> object:
    """A config on the way that gives it the kind of mistake: duplicates are JSON's, and anchors are YAML's."""
    match kind:
        case "duplicated keys":
            return decode(written(raw))
        case "anchors":
            text = yaml.safe_dump(raw)
            assert "&id" in text
            return yaml.safe_load(text)
        case _:
            return raw


def assert_told(problems: Iterable[Problem], mistakes: Iterable[tuple[Spot, Broken]]) -> None:
    """Each mistake is told at its place, and nothing else is, but for those that make others."""
    named = {problem.path for problem in problems}
    places = {path((*spot.place, *below)): mistake.exact for spot, mistake in mistakes for below in mistake.below}
    if all(places.values()):
        assert named == set(places)
    else:
        assert all(any(place.startswith(wanted) for place in named) for wanted in places)


@pytest.mark.parametrize(("kind", "label"), [(kind, label) for kind, labels in KINDS.items() for label in labels])
def test_one_mistake(kind: str, label: str) -> None:
    """A lab that was right until one mistake was made in it is refused for that, and for nothing else."""
    made: list[str] = []

    @runs
    @given(labs(), st.data())
    def check(lab: Json, data: st.DataObject) -> None:
        read(lab)
        possible = [(spot, ways) for spot in spots(lab) if (ways := KINDS[kind][label](spot)) is not None]
        assume(possible)
        spot, ways = data.draw(st.sampled_from(possible))
        mistake = data.draw(ways)
        assert_told(refused(as_it_comes(kind, broken(lab, spot, mistake))), [(spot, mistake)])
        made.append(path(spot.place))

    check()
    assert len(made) == EXAMPLES


def test_enough() -> None:
    """The test above reads as many configs as were promised."""
    assert EXAMPLES * sum(map(len, KINDS.values())) >= 200


MIXED = ("type", "unit", "range", "encoding", "numbers that are not")


@settings(runs, max_examples=100)
@given(labs(), st.data())
def test_many_mistakes(lab: Json, data: st.DataObject) -> None:
    """Of several mistakes none hides another."""
    left = list(spots(lab))
    mistakes: list[tuple[Spot, Broken]] = []
    raw: Any = lab
    for kind in data.draw(st.lists(st.sampled_from(MIXED), min_size=2, max_size=5)):
        every = [(spot, breaking(spot)) for breaking in KINDS[kind].values() for spot in left if spot.place]
        if possible := [(spot, ways) for spot, ways in every if ways is not None]:
            spot, ways = data.draw(st.sampled_from(possible))
            mistakes.append((spot, data.draw(ways)))
            raw = broken(raw, *mistakes[-1])
            left = [other for other in left if not overlap(spot.place, other.place)]
    assume(mistakes)
    assert_told(refused(raw), mistakes)


def overlap(one: Place, other: Place) -> bool:
    """Whether one of two places is within the other; a list is read as a whole, or not at all."""
    return all(a == b or isinstance(a, int) for a, b in zip(one, other, strict=False))


def test_labs_that_are_right() -> None:
    """What the tests here start from is taken, with every key that there is."""
    seen: set[tuple[str, str]] = set()

    @settings(runs, max_examples=600)
    @given(labs())
    def check(lab: Json) -> None:
        with at_most(EFFORT):
            guests = read(decode(json.dumps(lab))).guests
        counts = [group["count"] for group in lab.get("groups", {}).values()]
        if lab["kind"] == "kubernetes":
            cluster: Json = lab.get("kubernetes", {})
            counts += [cluster.get(key, {}).get("count", usual) for key, usual in (("controlPlane", 1), ("worker", 5))]
        assert len(guests) == len(lab.get("guests", {})) + sum(counts)
        seen.update((spot.schema["title"], key) for spot in spots(lab) if spot.is_closed for key in spot.value)

    check()
    models = [SCHEMA, *SCHEMA["$defs"].values()]
    assert seen == {(model["title"], key) for model in models for key in model["properties"]}


@runs
@given(labs())
def test_whole_floats(lab: Json) -> None:
    """Numbers that came back from elsewhere as floats are the whole numbers that they were."""
    floats: Any = deepcopy(lab)
    for spot in spots(lab):
        if spot.word == "whole number":
            put(floats, spot.place, float(spot.value))
    assert repr(read(floats)) == repr(read(lab))


DEEP = '{"kind": "guests", "guests": {"web": {"userData": {"swap": %s}}, "b[]{}\\"": {"cpus": 0}}}'


@pytest.mark.parametrize("depth", [DEEPEST, 900, 5000, 100_000])
def test_deeper_than_json_is_read(depth: int) -> None:
    """What is too deep for Python's reader of JSON is told with its place, too, and what is wrong beside it."""
    with at_most(EFFORT):
        raw = decode(DEEP % ("[" * depth + "]" * depth))
    assert [problem.path for problem in refused(raw)] == [
        path(("guests", "web", "userData", "swap", *[0] * (DEEPEST - 4))),
        'lab.guests["b[]{}\\""]',
        'lab.guests["b[]{}\\""].cpus',
    ]


@pytest.mark.parametrize("text", ["[" * 5000, "[" * 5000 + "]" * 100, "]" * 5000, '{"a":' * 5000, '["' * 5000])
def test_deep_and_no_json(text: str) -> None:
    """Text that only looks like JSON is text, as it would be if it were short."""
    assert [problem.path for problem in refused(decode(text))] == ["lab"]


def test_no_more_than_is_read() -> None:
    """A report ends where nobody would read on, and says so; no more than that is looked for."""
    lab = {"kind": "guests", "guests": {f"Web{number}": {"cpus": 0} for number in range(2 * MOST)}}
    assert len(refused(lab)) == MOST
    with pytest.raises(ConfigError, match=f"^stack quickstart: more than {MOST} problems in kvmlab:lab\n"):
        read(lab)
