"""From pydantic's errors to problems in a user's words."""

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from components.errors import SHOWN, Problem, got
from stacks.config.models import model_at
from stacks.config.raw import MARK, Place, path

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

_WORD = re.compile(f"[a-zA-Z0-9_./-]{{0,{SHOWN}}}")


def place_of(error: "ErrorDetails") -> Place:
    """The place without the marks that pydantic adds for the forms of a union."""
    return tuple(part for part in error["loc"] if not (isinstance(part, str) and part.startswith(MARK)))


def problem_of(error: "ErrorDetails") -> Problem:
    """One of pydantic's errors as a problem."""
    place = place_of(error)
    return Problem(path(place), _message(error, place))


def near(word: str, known: Iterable[str]) -> str | None:
    """The known word that was probably meant."""
    from difflib import get_close_matches  # an error path: not worth its import on every run

    folded = {name.lower().replace("_", "").replace("-", ""): name for name in known}
    found = get_close_matches(word.lower().replace("_", "").replace("-", ""), folded, n=1)
    return folded[found[0]] if found else None


def meant(word: object, known: Iterable[str]) -> str:
    """What to do about a word that is not known."""
    names = sorted(known)
    close = near(word, names) if isinstance(word, str) else None
    if close:
        return f"did you mean {close!r}?"
    return f"known are {', '.join(names)}" if names else "there are none"


def not_text(value: object) -> str:
    """For what must be text and is not: a number may have lost digits on its way, so it is never guessed at."""
    hint = "; quote it as it was meant" if isinstance(value, bool | int | float) else ""
    return f"must be text, got {got(value)}{hint}"


def word(value: object) -> str:
    """For what must be a list or a mapping: text is shown if it is one word, a whole document may hold a password."""
    return "text" if isinstance(value, str) and not _WORD.fullmatch(value) else got(value)


def _neither(value: object) -> str:
    """What stands in a file's place: a mapping without either."""
    return "neither" if isinstance(value, dict) else word(value)


def _message(error: "ErrorDetails", place: Place) -> str:
    value: object = error["input"]
    context = error.get("ctx", {})
    match error["type"]:
        case "value_error":
            return str(context["error"])
        case "extra_forbidden":
            model = model_at(error["loc"][:-1])
            keys = [field.alias for field in model.model_fields.values() if field.alias]
            return f"is not a known key; {meant(place[-1], keys)}"
        case "missing":
            model = model_at(error["loc"][:-1])
            field = next(field for field in model.model_fields.values() if field.alias == place[-1])
            description = field.description or ""
            return f"must be given: {description[:1].lower()}{description[1:].rstrip('.')}"
        case "literal_error":
            choices = str(context["expected"]).replace(" or ", ", ").replace("'", "").split(", ")
            if len(choices) == 1:
                return f"must be {choices[0]!r}, got {got(value)}"
            return f"must be one of {', '.join(choices)}, got {got(value)}; {meant(value, choices)}"
        case "string_type":
            return not_text(value)
        case "tuple_type":
            shown = word(value)
            hint = f"; write [{'...' if shown == 'text' else value}]" if isinstance(value, str) else ""
            return f"must be a list, got {shown}{hint}"
        case "dict_type" if place[-1] == "userData" and isinstance(value, str):
            return "must be a mapping, got text; write its keys below userData"
        case "model_type" | "dict_type":
            hint = "; write {} for the defaults" if value is None else ""
            return f"must be a mapping, got {word(value)}{hint}"
        case "union_tag_invalid" if place[-1] != "image":
            hint = f"; write {{file: {value}}}" if isinstance(value, str) and word(value) == got(value) else ""
            return f"must be a mapping with 'file' or 'url', got {_neither(value)}{hint}"
        case "union_tag_invalid":
            return "must be a name of the catalogue or a mapping with 'file' or 'url', got neither"
        case other:
            # A new kind of pydantic's: its own words, which name no value, are better than none.
            return f"{error['msg'][:1].lower()}{error['msg'][1:]} ({other})"
