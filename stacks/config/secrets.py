"""Where a secret stands inside `lab`: it would be printed in previews and kept in state as plain text.

https://github.com/pulumi/pulumi/issues/3911 is why a secret belongs under a key of its own.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import cast

import yaml

from components.errors import Problem
from stacks.config.raw import Place, Raw, path


def secret_problems(file: Path, stack: str) -> tuple[Problem, ...]:
    """One problem for each secret inside the lab of a stack's file; the value itself is not looked at."""
    places: list[Place] = []
    if file.is_file():
        document = _read(file)
        config = document.get("config") if isinstance(document, dict) else None
        places = list(secure(config.get("kvmlab:lab"), ())) if isinstance(config, dict) else []
    return tuple(Problem(path(place), _message(path(place), stack)) for place in places if place) or (
        # As a whole, or from elsewhere than the file: no command then, removing `lab` would remove the user's work.
        Problem("lab", "must neither be nor hold a secret, got one; write it in plain text, without --secret"),
    )


def _read(file: Path) -> Raw:
    """What stands in a file; nothing where the engine's parser can read it and this one cannot."""
    try:
        return cast("Raw", yaml.safe_load(file.read_bytes()))
    except (yaml.YAMLError, ValueError, RecursionError):
        return None


def _message(where: str, stack: str) -> str:
    return (
        "must not be a secret, got one; the lab is shown in previews, take it out with:"
        f" pulumi config rm --stack {stack} --path '{where}'"
    )


def secure(value: Raw, place: Place) -> Iterator[Place]:
    """Where in a value something is encrypted."""
    match value:
        case {"secure": str()} if len(value) == 1:
            yield place
        case dict():
            for key, item in value.items():
                yield from secure(item, (*place, str(key)))
        case list():
            for index, item in enumerate(value):
                yield from secure(item, (*place, index))
        case _:
            pass
