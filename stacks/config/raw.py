"""The config as the engine hands it over, and how its places are named."""

from typing import TypeAlias

from components.errors import printable, shorten

Raw: TypeAlias = "dict[str, Raw] | list[Raw] | str | int | float | bool | None"

Place = tuple[str | int, ...]
"""Where something stands in the lab: keys and indices, as `("guests", "web", "layers", 0)`."""

MARK = "\0"
"""Begins what stands among the keys of a place and is none: pydantic's word for a union's form. No key may hold it."""

_KEY_MAX = 80
"""Longer keys are wrong anyway, and would drown the report."""


def path(place: Place) -> str:
    """A place as `pulumi config set --path` takes it."""
    text = "lab"
    for part in place:
        if isinstance(part, int):
            text += f"[{part}]"
        elif part.isascii() and part.replace("-", "").replace("_", "").isalnum():
            text += f".{shorten(part, _KEY_MAX)}"
        else:
            escaped = printable(shorten(part, _KEY_MAX).replace("\\", "\\\\").replace('"', '\\"'))
            text += f'["{escaped}"]'
    return text
