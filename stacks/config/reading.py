"""Reads as much of a raw config as can be read, so that one bad field does not hide what is wrong elsewhere."""

from collections.abc import Collection, Mapping
from itertools import islice
from typing import NamedTuple

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from components.errors import MOST, Problem
from stacks.config.models import LabConfig
from stacks.config.plain import plain
from stacks.config.problems import place_of, problem_of
from stacks.config.raw import Place, Raw, path


class Reading(NamedTuple):
    """What could be read, what could not, and where that was."""

    lab: LabConfig
    problems: tuple[Problem, ...]
    unread: frozenset[Place]

    def has(self, *place: str | int) -> bool:
        """Whether a place was read as it stands, with all that is above and below it."""
        return not any(place[: len(other)] == other[: len(place)] for other in self.unread)


def read(raw: object) -> Reading:
    """The raw config as a model; what is wrong is left out, and the rest is read without it.

    Raises:
        TooLargeError: it is too large to be read at all.
    """
    rest, refused = plain(raw)
    lab, errors = _validated(rest)
    # What was refused for what it is made of is not judged by its field, too.
    told = (error for error in errors if not _is_within(place_of(error), refused))
    problems = [Problem(path(place), message) for place, message in refused.items()]
    problems += map(problem_of, islice(told, MOST + 1))
    unread: set[Place] = set()
    drop = {_whole(place) for place in refused} | {_to_drop(error) for error in errors}
    # It ends: each round takes a key out, or gives one of the two that must be there a value that is right.
    # A further round comes where a parent cannot do without what was taken out.
    while drop:
        unread |= drop
        rest = _without(rest, drop)
        lab, errors = _validated(rest)
        drop = {_to_drop(error) for error in errors}
    return Reading(lab, tuple(problems), frozenset(unread))


def _validated(raw: Raw) -> tuple[LabConfig, list[ErrorDetails]]:
    """The model, or what is wrong with it; the model is then not to be used."""
    try:
        return LabConfig.model_validate(raw), []
    except ValidationError as refused:
        return LabConfig.model_construct(), refused.errors(include_url=False)


def _is_within(place: Place, others: Collection[Place]) -> bool:
    return any(place[:end] in others for end in range(1, len(place) + 1))


def _to_drop(error: ErrorDetails) -> Place:
    """What to leave out: what is wrong, and what lacks something that has no stand-in as a whole."""
    place = place_of(error)
    lacks = error["type"] == "missing" and place[-1] not in _stand_ins(place[:-1])
    return _whole(place[:-1] if lacks else place)


def _whole(place: Place) -> Place:
    """What is left out with what is wrong there: a list as a whole."""
    return place[: next((index for index, part in enumerate(place) if isinstance(part, int)), len(place))]


def _stand_ins(place: Place) -> Mapping[str, Raw]:
    """What the rest is read with where a key that must be in this mapping is not, or is wrong."""
    match place:
        case ():
            return {"kind": "guests"}
        case ("groups", _) | ("kubernetes", "controlPlane" | "worker"):
            return {"count": 1}
        case _:
            return {}


def _without(value: Raw, drop: Collection[Place], place: Place = ()) -> Raw:
    """A copy without what stands at these places, or with its stand-in."""
    if not isinstance(value, dict):
        return value
    rest = {key: _without(item, drop, (*place, key)) for key, item in value.items() if (*place, key) not in drop}
    return rest | {key: item for key, item in _stand_ins(place).items() if (*place, key) in drop}
