"""What `pulumi preview --json` printed, read: without secrets, and known to be what it should be. Pure."""

import json
from collections.abc import Iterator
from typing import Any, cast

from console.steps import Json

CONCEALED = "(a secret)"
"""What is shown of one."""
_UNKNOWN = "(not known yet)"
# https://github.com/pulumi/pulumi/blob/master/sdk/go/common/resource/sig/sig.go
_SIGNATURE, _SECRET = "4dabf18193072939515e22adb298388d", "1b47061264138c4ac30d75fd1eb44270"
_MASKED = "[secret]"
"""What the CLI itself shows of one."""
_COMPUTED = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
_SHORTEST = 4
"""Of secrets that are looked for in other texts: what is shorter stands in any."""
_WANTED = "must be what `pulumi preview --json` prints"
_AGAIN = "run the preview again, and keep all that it prints on stdout"


class UnreadableError(ValueError):
    """It is not what it should be; the text says how."""


def read(text: str, source: str) -> Json:
    """A preview.

    Args:
        text: what was printed.
        source: where from, for what is wrong with it.

    Raises:
        UnreadableError: if that is not a preview.
    """
    try:
        found: object = json.loads(text)
    except json.JSONDecodeError as error:
        raise UnreadableError(f"{source}: {_WANTED}, got {_ill(text, error)}; {_AGAIN}") from None
    except RecursionError:
        raise UnreadableError(f"{source}: {_WANTED}, got JSON that is nested too deep; {_AGAIN}") from None
    if ill := next(_misshapen(found), None):
        raise UnreadableError(f"{source}: {_WANTED}, got {ill}; {_AGAIN}")
    if not any(mark in text for mark in (_SIGNATURE, _MASKED, _COMPUTED)):
        return cast("Json", found)
    plain = sorted({*_plain(found)}, key=lambda each: (-len(each), each)) if _SIGNATURE in text else []
    return cast("Json", _without(found, plain))


def _ill(text: str, error: json.JSONDecodeError) -> str:
    if not text.strip():
        return "nothing"
    if error.pos >= len(text.rstrip()) or error.msg.startswith("Unterminated"):
        return f"JSON that is cut short after {len(text)} characters"
    return f"no JSON at line {error.lineno}, column {error.colno}"


def _misshapen(found: object) -> Iterator[str]:
    """What is not of the kind that it should be."""
    if not isinstance(found, dict):
        yield f"JSON that is a {_kind(found)}"
        return
    preview = cast("dict[str, Any]", found)
    if not preview.keys() & {"steps", "diagnostics", "changeSummary"}:
        yield "JSON without steps"
    for key, texts in (("steps", ("op", "urn")), ("diagnostics", ("message", "severity"))):
        each: object = preview.get(key) or []
        if not isinstance(each, list):
            yield f"{key} that are a {_kind(each)}"
            continue
        for number, item in enumerate(cast("list[object]", each)):
            fields = cast("dict[str, object]", item) if isinstance(item, dict) else {}
            if not all(isinstance(fields.get(text), str) for text in texts):
                yield f"{key}[{number}] without {' and '.join(texts)}"
            elif key == "steps" and str(fields["urn"]).count("::") < 3:
                yield f"{key}[{number}] whose urn is none"
    counts: object = preview.get("changeSummary") or {}
    if not isinstance(counts, dict) or not all(isinstance(count, int) for count in cast("Any", counts).values()):
        yield "a changeSummary without counts"


def _kind(value: object) -> str:
    kinds = {"list": "list", "dict": "mapping", "str": "text", "NoneType": "null"}
    return kinds.get(type(value).__name__, "number")


def _is_secret(value: Json) -> bool:
    return value.get(_SIGNATURE) == _SECRET


def _plain(value: object) -> Iterator[str]:
    """All texts within secrets that stand there in plain, as after `--show-secrets`."""
    match value:
        case dict():
            told = cast("dict[str, Any]", value)
            if _is_secret(told):
                for key in ("plaintext", "value"):
                    yield from _texts(told.get(key))
            for each in told.values():
                yield from _plain(each)
        case list():
            for each in cast("list[Any]", value):
                yield from _plain(each)
        case _:
            pass


def _texts(value: object) -> Iterator[str]:
    """Of a secret's value, which may be JSON in a text: it and all texts in it."""
    match value:
        case str():
            if len(value) >= _SHORTEST:
                yield value
            try:
                inner: object = json.loads(value)
            except (json.JSONDecodeError, RecursionError):
                return
            if inner != value:
                yield from _texts(inner)
        case dict():
            for each in cast("dict[str, Any]", value).values():
                yield from _texts(each)
        case list():
            for each in cast("list[Any]", value):
                yield from _texts(each)
        case _:
            pass


def _without(value: object, plain: list[str]) -> object:
    """The same with secrets concealed, and what is not known yet called so."""
    match value:
        case str():
            if value == _MASKED:
                return CONCEALED
            for secret in plain:
                value = value.replace(secret, CONCEALED)
            return _UNKNOWN if value == _COMPUTED else value
        case dict() if _is_secret(told := cast("dict[str, Any]", value)):
            return CONCEALED
        case dict():
            told = cast("dict[str, Any]", value)
            return {_without(key, plain) if plain else key: _without(each, plain) for key, each in told.items()}
        case list():
            return [_without(each, plain) for each in cast("list[Any]", value)]
        case _:
            return value
