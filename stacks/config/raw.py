"""The config as the engine hands it over, and how its places are named."""

from typing import TypeAlias, cast

from components.errors import shorten

Raw: TypeAlias = "dict[str, Raw] | list[Raw] | str | int | float | bool | None"

Place = tuple[str | int, ...]
"""Where something stands in the lab: keys and indices, as `("guests", "web", "layers", 0)`."""

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
            escaped = shorten(part, _KEY_MAX).replace("\\", "\\\\").replace('"', '\\"')
            text += f'["{escaped}"]'
    return text


def without_odd_keys(value: object, odd: list[tuple[Place, object]], place: Place = ()) -> Raw:
    """A copy without the keys that are no text; those are added to `odd`.

    YAML reads the key 007 as the number 7: what was meant is lost by then.
    """
    if isinstance(value, dict):
        items = cast("dict[object, object]", value).items()
        odd += [((*place, str(key)), key) for key, _ in items if not isinstance(key, str)]
        return {key: without_odd_keys(item, odd, (*place, key)) for key, item in items if isinstance(key, str)}
    if isinstance(value, list):
        items = enumerate(cast("list[object]", value))
        return [without_odd_keys(item, odd, (*place, index)) for index, item in items]
    return cast("Raw", value)
