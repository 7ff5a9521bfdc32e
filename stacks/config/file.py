"""A stack's file, read without the engine: by its rules, and what is secret stays encrypted."""

import re
from collections.abc import Collection, Hashable, Mapping
from pathlib import Path
from typing import NamedTuple, cast

import yaml

from components.cloud_layers import said
from components.errors import ConfigError, KvmLabError, Problem
from stacks.config.decoding import decode
from stacks.config.lab import Lab
from stacks.config.loading import PROJECT, image_names, layer_names
from stacks.config.parsing import parse
from stacks.config.plain import TooLargeError, plain
from stacks.config.problems import word
from stacks.config.raw import Raw
from stacks.config.secrets import secret_problems, secure

_MERGE, _NUMBER = "tag:yaml.org,2002:merge", "!number"
_FORMS = (
    ("tag:yaml.org,2002:null", r"~|null|Null|NULL|", ("~", "n", "N", "")),
    ("tag:yaml.org,2002:bool", r"true|True|TRUE|false|False|FALSE", tuple("tTfF")),
    (_MERGE, r"<<", ("<",)),
    (_NUMBER, r"[-+.0-9].*", tuple("-+.0123456789")),
)
_PLAIN = {
    first: [(tag, re.compile(rf"(?:{form})\Z", re.DOTALL)) for tag, form, firsts in _FORMS if first in firsts]
    for first in {each for _, _, firsts in _FORMS for each in firsts}
}
"""What plain text is that is none: by its first character, as PyYAML wants it."""


class StackFile(NamedTuple):
    """What a stack's file holds for the program."""

    path: Path
    stack: str
    config: Mapping[str, object]
    """By the names of this project's keys."""

    def lab(self) -> Lab:
        """The lab that it describes.

        Raises:
            ConfigError: with every problem that was found.
        """
        value = self.config.get("lab")
        if isinstance(value, str):
            value = decode(value)
        if _holds_secret(value):
            raise ConfigError(self.stack, secret_problems(self.path, self.stack))
        return parse(value, self.stack, layer_names(), image_names())

    def secrets(self) -> Collection[str] | None:
        """The names of the stack's secrets; nothing where they are encrypted, too."""
        value = self.config.get("secrets")
        if _is_secure(value):
            return None
        return [*_mapping(value)]

    def in_the_clear(self) -> dict[str, bool]:
        """By the paths of values that must be encrypted, whether none beside them is, so that no run takes them."""
        secrets, seed = self.config.get("secrets"), self.config.get("seed")
        values = {} if _is_secure(secrets) else _mapping(secrets)
        bare = {f"secrets.{name}": False for name, value in values.items() if not _is_secure(value)}
        if secrets is not None and not _is_secure(secrets) and len(bare) == len(values):
            bare = {"secrets": True}
        return bare | ({} if seed is None or _is_secure(seed) else {"seed": False})


def read(path: Path) -> StackFile:
    """Read the file of a stack, whose name is the file's.

    Raises:
        KvmLabError: it is no file of YAML with a config.
    """
    stack, where = path.name.removeprefix("Pulumi.").removesuffix(".yaml"), f"{path.parent.name}/{path.name}"
    try:
        document: object = yaml.load(path.read_bytes(), _Loader)  # noqa: S506 (a SafeLoader)
    except OSError as error:
        raise _unreadable(stack, where, f"must be a file that can be read, got {error.strerror!r}") from None
    except yaml.MarkedYAMLError as error:
        line = f" in line {error.problem_mark.line + 1}" if error.problem_mark else ""
        raise _unreadable(stack, where, f"must be YAML, got an error{line}: {said(error)}") from None
    except (yaml.YAMLError, UnicodeDecodeError):
        raise _unreadable(stack, where, "must be YAML in UTF-8, got other bytes") from None
    except RecursionError:
        raise _unreadable(stack, where, "must be nested as people write it, got far more; flatten it") from None
    if document is not None and not isinstance(document, dict):
        raise _unreadable(stack, where, f"must be a mapping with config:, got {word(document)}")
    config = cast("dict[str, object]", document or {}).get("config")
    if config is not None and not isinstance(config, dict):
        raise _unreadable(stack, where, f"config must be a mapping with {PROJECT}:lab, got {word(config)}")
    return StackFile(path, stack, _own(cast("dict[str, object]", config or {})))


def _own(config: Mapping[str, object]) -> dict[str, object]:
    """This project's keys, of which the engine takes three forms: `lab`, `kvmlab:lab` and `kvmlab:config:lab`."""
    names = ((re.fullmatch(rf"(?:{PROJECT}:(?:config:)?)?([^:]+)", key), value) for key, value in config.items())
    return {name[1]: value for name, value in names if name}


def _holds_secret(value: object) -> bool:
    try:
        copy, _ = plain(value)
    except TooLargeError:
        return False  # which is told instead
    return next(secure(copy, ()), None) is not None


def _is_secure(value: object) -> bool:
    return isinstance(value, dict) and next(secure(cast("Raw", value), ()), None) == ()


def _mapping(value: object) -> dict[str, object]:
    return cast("dict[str, object]", value) if isinstance(value, dict) else {}


def _unreadable(stack: str, where: str, message: str) -> KvmLabError:
    return KvmLabError(f"stack {stack}", "its file", [Problem(where, message)])


class _Loader(yaml.SafeLoader):
    """YAML as the engine's parser has it: words and times are text, and a key is given once.

    https://github.com/go-yaml/yaml/blob/v3/resolve.go
    """

    yaml_implicit_resolvers = _PLAIN

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, object]:
        """Refuse a key that is given twice; write one that is no text as the engine does."""
        lines: dict[str, int] = {}
        for key, _ in node.value:
            text = str(key.value)
            if key.tag != _MERGE and text in lines:
                problem = f"a mapping has a key twice, first in line {lines[text]}"
                raise yaml.MarkedYAMLError(problem=problem, problem_mark=key.start_mark)
            lines[text] = key.start_mark.line + 1
        return {_key(key): value for key, value in super().construct_mapping(node, deep).items()}


def _key(key: Hashable) -> Hashable:
    match key:
        case None:
            return "<nil>"
        case bool():
            return str(key).lower()
        case int() | float():
            return f"{key:g}" if isinstance(key, float) else str(key)
        case _:
            return key


def _number(loader: _Loader, node: yaml.ScalarNode) -> object:
    """A number where the engine sees one, and else the text."""
    text = str(node.value).replace("_", "")
    if text.lstrip("+-").lower() in (".inf", ".nan"):
        raise yaml.MarkedYAMLError(problem="a number that JSON cannot hold", problem_mark=node.start_mark)
    octal = re.fullmatch(r"([-+]?)0o?([0-7]+)", text)
    # Python takes no decimal text for a number that is thousands of digits long.
    if len(text) <= 66 and (octal or re.fullmatch(r"[-+]?(0|[1-9][0-9]*|0x[0-9a-fA-F]+|0b[01]+)", text)):
        number = int(f"{octal[1]}{octal[2]}", 8) if octal else int(text, 0)
        return number if -(2**63) <= number < 2**64 else float(number)
    if re.fullmatch(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", text):
        number = float(text)
        return loader.construct_scalar(node) if number in (float("inf"), float("-inf")) else number
    return loader.construct_scalar(node)


def _tagged(loader: _Loader, _suffix: str, node: yaml.Node) -> object:
    """What has a tag of somebody's own, without it."""
    match node:
        case yaml.MappingNode():
            return loader.construct_mapping(node, deep=True)
        case yaml.SequenceNode():
            return loader.construct_sequence(node, deep=True)
        case yaml.ScalarNode():
            return loader.construct_scalar(node)
        case _:
            raise AssertionError  # there are no others


_Loader.add_constructor(_NUMBER, _number)
_Loader.add_multi_constructor("!", _tagged)  # pyright: ignore[reportUnknownMemberType] (its stubs do not say)
