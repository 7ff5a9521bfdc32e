"""Secrets in cloud-config: a layer names them as `${secrets.NAME}`, and only the seed holds what they are. Pure."""

import re
from collections.abc import Iterator, Mapping
from typing import cast

from components.cloud_config_keys import Keys, Value

_NAMED = re.compile(r"\$\{secrets\.([^}]*)\}")


def names(document: Mapping[str, object]) -> Iterator[tuple[Keys, str]]:
    """Each place of a document that names a secret, and the name."""
    yield from _names(cast("Value", document), ())


def filled(document: Mapping[str, object], secrets: Mapping[str, str]) -> Mapping[str, object]:
    """The document with all secrets that it names, each of which there is."""
    return cast("Mapping[str, object]", _filled(cast("Value", document), secrets))


def name(value: str) -> str | None:
    """The secret that a text names, if it does nothing else."""
    named = _NAMED.fullmatch(value)
    return named and named[1]


def is_name(value: object) -> bool:
    """Whether a text only names a secret, so that anyone may see it."""
    return isinstance(value, str) and _NAMED.fullmatch(value) is not None


def _names(value: Value, keys: Keys) -> Iterator[tuple[Keys, str]]:
    match value:
        case dict():
            for key, below in value.items():
                yield from _names(below, (*keys, key))
        case list():
            for position, below in enumerate(value):
                yield from _names(below, (*keys, position))
        case str():
            yield from ((keys, name) for name in _NAMED.findall(value))
        case _:
            pass


def _filled(value: Value, secrets: Mapping[str, str]) -> Value:
    match value:
        case dict():
            return {key: _filled(below, secrets) for key, below in value.items()}
        case list():
            return [_filled(below, secrets) for below in value]
        case str():
            return _NAMED.sub(lambda named: secrets[named[1]], value)
        case _:
            return value
