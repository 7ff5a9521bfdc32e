"""cloud-init's own JSON schema, its errors told in the sentence form of this project."""

from collections.abc import Iterable, Iterator, Mapping
from typing import TypeAlias, cast

import jsonschema_rs
from jsonschema_rs import ValidationError
from jsonschema_rs import ValidationErrorKind as Kind

from components.cloud_config_keys import Keys, Value, did_you_mean, is_open
from components.errors import MOST, got

Branches: TypeAlias = list[list[ValidationError]]
"""What is wrong with a value by each branch of a union."""

_TYPES = {
    "array": "a list",
    "boolean": "true or false",
    "integer": "a whole number",
    "null": "nothing",
    "number": "a number",
    "object": "a mapping",
    "string": "text",
}


class Schema:
    """The rules that one version of cloud-init has for cloud-config."""

    def __init__(self, rules: dict[str, object]) -> None:
        self._rules = rules
        self._validator = jsonschema_rs.validator_for(rules)

    def errors(self, document: Mapping[str, Value]) -> Iterator[tuple[Keys, str]]:
        """Where the document breaks a rule, and the message."""
        beginning = {key: _beginning(value) for key, value in document.items()}
        if not self._validator.is_valid(beginning):
            document = beginning
        for error in self._validator.iter_errors(document):
            yield from self._sentences(error)

    def _sentences(self, error: ValidationError) -> Iterator[tuple[Keys, str]]:
        keys = tuple(error.instance_path)
        match error.kind:
            case Kind.AdditionalProperties(unexpected):
                for key in unexpected:
                    yield (*keys, key), f"is not a known key{did_you_mean(key, self._known(error))}"
            case Kind.Required(key):
                yield keys, f"must have the key {key!r}"
            case Kind.AnyOf(branches) | Kind.OneOfNotValid(branches) if meant := _meant(error, branches):
                for below in meant:
                    yield from self._sentences(below)
            case _:
                yield keys, f"must be {_either(_wanted(error))}, got {_shown(keys, error.instance)}"

    def _known(self, error: ValidationError) -> list[str]:
        """The keys that the rules know where the error is."""
        rule: object = self._rules
        for step in error.schema_path[:-1]:
            rule = cast("Mapping[str | int, object]", rule)[step]
        return list(cast("Mapping[str, Mapping[str, object]]", rule).get("properties", {}))


def _beginning(value: Value) -> Value:
    """A copy whose lists end where a report does.

    The validator gives no error before it has found all, which takes seconds where each of ten thousand lines is wrong.
    """
    match value:
        case dict():
            return {key: _beginning(below) for key, below in value.items()}
        case list():
            return [_beginning(below) for below in value[: MOST + 1]]
        case _:
            return value


def _meant(error: ValidationError, branches: Branches) -> list[ValidationError]:
    """The errors of the one branch of a union that the user was writing; none where the value is of no branch's kind.

    Only a mapping or a list can be half right: it is of a branch's kind if what is wrong is something in it. Of several
    such branches the one that finds least wrong with it as a whole was meant.
    """

    def whole(branch: list[ValidationError]) -> list[ValidationError]:
        return [below for below in branch if below.instance_path == error.instance_path]

    fitting = [branch for branch in branches if branch and not any(map(_is_other_kind, whole(branch)))]
    if not fitting or not isinstance(error.instance, dict | list):
        return []
    return min(fitting, key=lambda branch: (len(whole(branch)), len(branch)))


def _is_other_kind(error: ValidationError) -> bool:
    match error.kind:
        case Kind.Type() | Kind.Enum() | Kind.AnyOf() | Kind.OneOfNotValid() | Kind.OneOfMultipleValid():
            return True
        case _:
            return False


def _wanted(error: ValidationError) -> list[str]:
    """What would do, in words that follow `must be`."""
    match error.kind:
        case Kind.Type(types):
            return [_TYPES[name] for name in types]
        case Kind.Enum(options):
            return [str(option).lower() if isinstance(option, bool) else repr(option) for option in options]
        case Kind.Pattern(pattern):
            return [f"text that matches {pattern!r}"]
        case Kind.Minimum(limit):
            return [f"at least {limit}"]
        case Kind.MinItems(limit):
            return [f"a list of at least {limit}"]
        case Kind.MaxItems(limit):
            return [f"a list of at most {limit}"]
        case Kind.MinProperties(limit):
            return [f"a mapping of at least {limit} {'key' if limit == 1 else 'keys'}"]
        case Kind.UniqueItems():
            return ["a list in which nothing is repeated"]
        case Kind.AnyOf(branches) | Kind.OneOfNotValid(branches):
            return [word for branch in branches for below in branch for word in _wanted(below)]
        case _:
            return [f"what cloud-init's rule {error.kind.name!r} allows"]


def _either(choices: Iterable[str]) -> str:
    *most, last = dict.fromkeys(choices)
    return f"{', '.join(most)} or {last}" if most else last


def _shown(keys: Keys, value: object) -> str:
    """A value as a message shows it, or only its type where it may be a secret."""
    if isinstance(value, str | int | float) and not is_open(keys):
        return "text" if isinstance(value, str) else "a number"
    return f"an empty {'list' if isinstance(value, list) else 'mapping'}" if value in ([], {}) else got(value)
