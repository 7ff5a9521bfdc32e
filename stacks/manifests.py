"""The manifests that a cluster is given: files of the checkout, looked at before anything is changed."""

from collections.abc import Iterator
from pathlib import Path

import yaml

from components.errors import Problem, got
from stacks.config import Lab

ROOT = Path(__file__).parents[1]
_MUST = ("apiVersion", "kind")


def problems(lab: Lab) -> list[Problem]:
    """Each file that is not there, or holds something else than Kubernetes' objects."""
    names = lab.kubernetes.manifests if lab.kubernetes else ()
    return [
        Problem(f"lab.kubernetes.manifests[{index}]", problem)
        for index, name in enumerate(names)
        for problem in _problems(name)
    ]


def _problems(name: str) -> Iterator[str]:
    file = ROOT / name
    if not file.is_file():
        yield f"must be a file of the checkout, got {got(name)}, which is none; its path begins at the top"
        return
    try:
        # As nodes: custom resources may hold words that Python's reader makes something else of, or nothing.
        documents = [node for node in _nodes(file.read_text("utf-8")) if not node.tag.endswith(":null")]
    except (UnicodeDecodeError, yaml.YAMLError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f" in line {mark.line + 1}" if mark else ""
        yield f"must be YAML in UTF-8, got a mistake{where} of {name}; mend it there"
        return
    if not documents:
        yield f"must hold an object of Kubernetes, got none in {name}; write one, or take it out"
    for number, document in enumerate(documents, 1):
        if lacks := [key for key in _MUST if key not in _keys(document)]:
            rule = f"must hold objects with {' and '.join(_MUST)}"
            yield f"{rule}, got document {number} of {name} without {' and '.join(lacks)}; add it there"


def _nodes(text: str) -> list[yaml.Node]:
    """Its documents."""
    return list(yaml.compose_all(text, Loader=yaml.SafeLoader))  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType, reportUnknownVariableType]


def _keys(document: yaml.Node) -> set[str]:
    """Of a mapping, those that have a text."""
    if not isinstance(document, yaml.MappingNode):
        return set()
    return {str(key.value) for key, value in document.value if isinstance(value, yaml.ScalarNode) and value.value}
