"""cloud-init layers: read from files, merged into one document."""

import re
from collections.abc import Hashable, Iterable, Mapping
from pathlib import Path
from typing import cast

import yaml

from components.cloud_config import problems
from components.cloud_config_keys import Value, did_you_mean
from components.errors import KvmLabError, Problem, got


def merge(*layers: Mapping[str, object]) -> dict[str, object]:
    """Merge documents into one: maps deep, lists appended, and of anything else the last wins.

    The list `users` is merged by name, so that a layer can add to a user that another layer made. The word default
    comes first: cloud-init gives the top-level `ssh_authorized_keys` to that user, and to none where it is missing
    (https://github.com/canonical/cloud-init/issues/6894).
    """
    merged: dict[str, Value] = {}
    for layer in layers:
        merged = _deep(merged, cast("Mapping[str, Value]", layer))
    users = merged.get("users")
    if isinstance(users, list):
        merged["users"] = _by_name(users)
    return cast("dict[str, object]", merged)


def layer_names(directory: Path) -> list[str]:
    """The layers that a directory offers."""
    return sorted(file.stem for file in directory.glob("*.yaml"))


def load_layer(name: str, directory: Path) -> dict[str, object]:
    """Read one layer.

    Raises:
        KvmLabError: there is no such layer, or its file is not a YAML mapping.
    """
    names = layer_names(directory)
    if name not in names:
        hint = did_you_mean(name, names) or f"; it has {', '.join(names) or 'none'}"
        raise _unreadable(name, directory.name, f"must hold the layer, got {got(name)}{hint}")
    path = f"{directory.name}/{name}.yaml"
    try:
        document: object = yaml.load((directory / f"{name}.yaml").read_text("utf-8"), _Loader)  # noqa: S506 (a SafeLoader)
    except yaml.MarkedYAMLError as error:
        where = f" in line {error.problem_mark.line + 1}" if error.problem_mark else ""
        raise _unreadable(name, path, f"must be YAML, got an error{where}: {said(error)}") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise _unreadable(name, path, "must be YAML in UTF-8, got other bytes") from error
    if not isinstance(document, dict):
        raise KvmLabError(f"layer {name}", "its file", problems(document, path))
    return cast("dict[str, object]", document)


def said(error: yaml.MarkedYAMLError) -> str:
    """What the parser found, without what it quotes of the file: `password: *geheim` is an alias to it."""
    if isinstance(error, _TwiceError):
        return str(error.problem)
    return re.sub(r"""(['"])(?!<).{2,}\1""", "'...'", str(error.problem))


def _deep(old: Mapping[str, Value], new: Mapping[str, Value]) -> dict[str, Value]:
    merged = dict(old)
    for key, value in new.items():
        match merged.get(key), value:
            case dict() as before, dict() as after:
                merged[key] = _deep(before, after)
            case list() as before, list() as after:
                merged[key] = [*before, *after]
            case _:
                merged[key] = value
    return merged


def _by_name(users: Iterable[Value]) -> list[Value]:
    named: dict[Hashable, Value] = {}
    for position, user in enumerate(users):
        match user:
            case str():
                named.setdefault(user, user)
            case {"name": str(name)}:
                before = named.get(name)
                named[name] = _deep(before, user) if isinstance(before, dict) else user
            case _:
                named[position] = user  # a snapuser has no name to be merged by
    return [named[name] for name in sorted(named, key=lambda name: name != "default")]


def _unreadable(layer: str, path: str, message: str) -> KvmLabError:
    return KvmLabError(f"layer {layer}", "its file", [Problem(path, message)])


class _TwiceError(yaml.MarkedYAMLError):
    """A key is given twice."""


class _Loader(yaml.SafeLoader):
    """YAML as cloud-config means it: a key is given once, and a date is text."""

    yaml_implicit_resolvers = {  # noqa: RUF012 (PyYAML's own attribute)
        first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, object]:
        """Refuse a key that is given twice, of which PyYAML would silently drop the first."""
        seen: set[object] = set()
        for key, _ in node.value:
            if key.value in seen:
                raise _TwiceError(problem=f"the key {key.value!r} is given twice", problem_mark=key.start_mark)
            seen.add(key.value)
        return super().construct_mapping(node, deep)
