"""JSON and YAML of somebody else's: each part is what it is seen to be, and nothing more."""

import json
from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import cast

import yaml

_DEPTH = 100


def of_json(text: str | bytes) -> object:
    """A document; None where it is none."""
    try:
        return cast("object", json.loads(text))
    except (ValueError, RecursionError):
        return None


def of_yaml(text: str) -> object:
    """A document; None where it is none, or where its brackets stand so deep that the parser would take minutes."""
    depth = accumulate((letter in "[{") - (letter in "]}") for letter in text)
    if max(depth, default=0) > _DEPTH:
        return None
    try:
        return cast("object", yaml.safe_load(text))
    except (yaml.YAMLError, ValueError, RecursionError):
        return None


def mapping(value: object) -> Mapping[str, object]:
    """It, or an empty one."""
    return cast("dict[str, object]", value) if isinstance(value, dict) else {}


def sequence(value: object) -> Sequence[object]:
    """It, or an empty one."""
    return cast("list[object]", value) if isinstance(value, list) else []


def number(value: object) -> int | None:
    """It, where it is a whole one above zero."""
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else None


def text(value: object) -> str:
    """It, or an empty one."""
    return value if isinstance(value, str) else ""
