"""What is wrong with a cloud-config document, before any guest sees it.

Three looks: is it data that cloud-config can carry; are its keys ones that a layer can give; and does it satisfy
cloud-init's own JSON schema, where `cloud-init/fetch-schema` has fetched it from Debian's package.
"""

import json
from collections.abc import Iterator, Mapping
from functools import cache
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, cast

from components.cloud_config_keys import KNOWN, RESERVED, Keys, Value, did_you_mean
from components.errors import MOST, Problem, got, printable, shorten

if TYPE_CHECKING:
    from components.cloud_config_schema import Schema

SCHEMA = Path(__file__).parents[1] / ".toolchain" / "cloud-init-schema.json"
"""Where `make` puts cloud-init's schema."""


def problems(document: object, path: str, schema: Path = SCHEMA) -> list[Problem]:
    """What is wrong with one layer: everything, or more than a report tells.

    Args:
        document: the layer, as it was parsed.
        path: where the user wrote it: `lab.guests.web.userData` or `cloud-init/docker.yaml`.
        schema: cloud-init's schema; a file that is absent leaves out the look at the values.
    """
    if not isinstance(document, dict):
        # Text may be a whole script, secrets included.
        shown = "text" if isinstance(document, str) else got(document)
        return [Problem(path, f"must be a mapping of cloud-config keys, got {shown}")]
    found = list(_not_data(cast("object", document), ()))
    if not found:
        layer = cast("dict[str, Value]", document)
        # Each look ends where there is more than is told: a list may be wrong from its first line to its last.
        found = list(islice(chain(_keys(layer), _users(layer)), MOST + 1))
        said = [keys for keys, _ in found]
        rules = _load(schema)
        errors = rules.errors(layer) if rules and len(found) <= MOST else ()
        unsaid = (error for error in errors if not any(error[0][: len(keys)] == keys for keys in said))
        found += islice(unsaid, MOST + 1)
    return sorted({Problem(joined(path, keys), message) for keys, message in found})


def _not_data(value: object, keys: Keys) -> Iterator[tuple[Keys, str]]:
    """YAML can say more than cloud-config can carry: keys that are no text, and bytes."""
    if isinstance(value, dict):
        for key, below in cast("dict[object, object]", value).items():
            if isinstance(key, str):
                yield from _not_data(below, (*keys, key))
            else:
                yield (*keys, got(key)), f"must be a key that is text, got {got(key)}; put it in quotes"
    elif isinstance(value, list):
        for position, below in enumerate(cast("list[object]", value)):
            yield from _not_data(below, (*keys, position))
    elif not isinstance(value, str | int | float | None):
        yield keys, f"must be text, a number, a list or a mapping, got {type(value).__name__}"


def _keys(layer: Mapping[str, Value]) -> Iterator[tuple[Keys, str]]:
    for key in layer:
        if key in RESERVED:
            yield (key,), RESERVED[key]
        elif key not in KNOWN:
            yield (key,), f"is not a key of cloud-config{did_you_mean(key, KNOWN)}"


def _users(layer: Mapping[str, Value]) -> Iterator[tuple[Keys, str]]:
    """Forms of `users` that cloud-init would take, but that cannot be merged by name."""
    users = layer.get("users", ["default"])
    if not isinstance(users, list):
        # In text, passwords may stand beside the names.
        yield ("users",), f"must be a list of users, got {'text' if isinstance(users, str) else got(users)}"
    elif not users:
        yield ("users",), "appends nothing, got an empty list; leave it out, the image's own user is always there"
    else:
        for position, user in enumerate(users):
            match user:
                case str() | {"name": str()} | {"snapuser": _}:
                    pass
                case _:
                    yield ("users", position), f"must be a user's name or a mapping with a name, got {got(user)}"


@cache
def _load(schema: Path) -> "Schema | None":
    if not schema.is_file():
        return None
    # Imported here: a lab whose schema was not fetched need not pay for the validator.
    from components.cloud_config_schema import Schema

    return Schema(json.loads(schema.read_bytes()))


def joined(path: str, keys: Keys) -> str:
    """A path in the stack's config goes on with a dot; a file's name is no part of the path within it."""
    within = ".".join(printable(shorten(str(key))) for key in keys)
    return (": " if "/" in path else ".").join([path, within]) if keys else path
