"""The stack's secrets, which layers and userData name: `kvmlab:secrets`, that Pulumi keeps encrypted."""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import cast

import pulumi
from pulumi.runtime import is_config_secret

from components.errors import ConfigError, Problem, got
from stacks.offline.words import SECRET


def stack_secrets() -> Mapping[str, str]:
    """Each secret by its name.

    Raises:
        ConfigError: they are not secret, or no texts by names.
    """
    config = pulumi.Config("kvmlab")
    text = config.get("secrets")
    if text is None:
        return {}
    stack = pulumi.get_stack()
    if not is_config_secret(config.full_key("secrets")):
        raise ConfigError(stack, [in_the_clear(stack)])
    if text == SECRET:
        # Offline nobody can tell which there are.
        return _Any()
    try:
        found: object = json.loads(text)
    except ValueError:
        found = text
    if not isinstance(found, dict):
        kind = "a list" if isinstance(found, list) else "one value"
        raise ConfigError(stack, [Problem("secrets", f"must be by name, got {kind}; {how_to_set(stack, 'NAME')}")])
    secrets = cast("dict[str, object]", found)
    if wrong := [name for name, value in secrets.items() if not isinstance(value, str)]:
        rule = "must be text, got something else; set it anew, with --secret"
        raise ConfigError(stack, [Problem(f"secrets.{name}", rule) for name in wrong])
    return cast("dict[str, str]", secrets)


class _Any(Mapping[str, str]):
    """A secret of each name."""

    def __getitem__(self, name: str) -> str:
        return SECRET

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


def how_to_set(stack: str, name: str) -> str:
    """The command that asks for a secret and keeps it."""
    return f"set it with: pulumi config set --stack {stack} --secret --path secrets.{name}"


def in_the_clear(stack: str) -> Problem:
    """What to say of secrets that are none."""
    return Problem("secrets", f"must be secret, got plain text; {how_to_set(stack, 'NAME')}")


def unknown(named: Iterable[tuple[str, str]], stack: str, secrets: Collection[str] | None) -> list[Problem]:
    """What is wrong with names.

    Args:
        named: places, and what they name.
        stack: whose secrets.
        secrets: the names of those that it has; none where nobody can tell.
    """
    return [problem(where, name, stack) for where, name in named if secrets is not None and name not in secrets]


def problem(where: str, name: str, stack: str) -> Problem:
    """What to say where a name is of no secret."""
    return Problem(where, f"must name a secret of the stack, got {got(name)}; {how_to_set(stack, name or 'NAME')}")
