"""Reads as much of a raw config as can be read, so that one bad field does not hide what is wrong elsewhere."""

from typing import NamedTuple

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from components.errors import Problem
from stacks.config.models import LabConfig
from stacks.config.problems import not_text, place_of, problem_of
from stacks.config.raw import Place, Raw, path, without_odd_keys


class Reading(NamedTuple):
    """What could be read, what could not, and where that was."""

    lab: LabConfig
    problems: tuple[Problem, ...]
    unread: frozenset[Place]

    def has(self, *place: str | int) -> bool:
        """Whether a place was read as it stands, with all that is above and below it."""
        return not any(place[: len(other)] == other[: len(place)] for other in self.unread)


def read(raw: dict[str, Raw]) -> Reading:
    """The raw config as a model; what is wrong is left out, and the rest is read without it."""
    odd: list[tuple[Place, object]] = []
    rest = without_odd_keys(raw, odd)
    problems = [Problem(path(place), not_text(key)) for place, key in odd]
    unread: set[Place] = set()
    while True:
        try:
            return Reading(LabConfig.model_validate(rest), tuple(problems), frozenset(unread))
        except ValidationError as refused:
            errors = refused.errors(include_url=False)
        if not unread:
            problems += map(problem_of, errors)
        # It ends: each round takes a key out, or gives one of the two that must be there a value that is right.
        # A further round comes where a parent cannot do without what was taken out.
        for place in {_to_drop(error) for error in errors}:
            unread.add(place)
            rest = _without(rest, place)


def _to_drop(error: ErrorDetails) -> Place:
    """What to leave out: a list as a whole, and what lacks something that has no stand-in as a whole."""
    place = place_of(error)
    end = next((index for index, part in enumerate(place) if isinstance(part, int)), len(place))
    return place[: end - 1] if error["type"] == "missing" and _stand_in(place) is None else place[:end]


def _stand_in(place: Place) -> Raw:
    """What the rest is read with where a key that must be there is not, or is wrong."""
    match place:
        case ("kind",):
            return "guests"
        case ("groups", _, "count"):
            return 1
        case _:
            return None


def _without(value: Raw, place: Place, depth: int = 0) -> Raw:
    """A copy without what stands at a place, or with its stand-in."""
    key = place[depth]
    if not isinstance(value, dict) or not isinstance(key, str):
        return value
    if depth + 1 < len(place):
        return {**value, key: _without(value[key], place, depth + 1)} if key in value else value
    rest = {other: item for other, item in value.items() if other != key}
    stand_in = _stand_in(place)
    return rest if stand_in is None else {**rest, key: stand_in}
