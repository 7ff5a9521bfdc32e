"""What holds for any config at all."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from components.errors import ConfigError, Problem
from stacks.config.models import GroupConfig, LabConfig
from stacks.config.parsing import parse

KEYS = sorted({field.alias or "" for model in (LabConfig, GroupConfig) for field in model.model_fields.values()})
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["guests", "2GiB", "10.20.0.10", "10.20.0.0/24", "255.255.255.255", "local", "docker", "/a/b"])
)
VALUES = st.recursive(
    SCALARS,
    lambda below: st.lists(below, max_size=2) | st.dictionaries(st.sampled_from([*KEYS, "a", "A"]), below, max_size=3),
    max_leaves=12,
)
GUEST = st.dictionaries(st.sampled_from(KEYS), VALUES, max_size=4)
RAW = st.fixed_dictionaries(
    {"kind": st.just("guests") | VALUES},
    optional={
        **{key: VALUES for key in KEYS if key not in ("kind", "guests", "groups")},
        "guests": st.dictionaries(st.sampled_from(["web", "web-1", "Web"]), GUEST, max_size=3),
        "groups": st.dictionaries(st.sampled_from(["web", "b"]), GUEST, max_size=2),
    },
)


@settings(max_examples=200, deadline=None)
@given(raw=RAW)
def test_a_lab_or_a_report(raw: dict[str, Any]) -> None:
    """Whatever is written, the answer is a lab or a report of problems that stand somewhere and say something."""
    assert all(
        problem.path.startswith("lab") and problem.message and not problem.message.endswith(".")
        for problem in problems(raw)
    )


def problems(raw: object) -> tuple[Problem, ...]:
    """What is wrong with a config; none where it is a lab."""
    try:
        parse(raw, "quickstart", {"docker"}, {"debian-13"})
    except ConfigError as refused:
        return refused.problems
    return ()
