"""What a lab is made from at a commit. Pure: from the texts of its files."""

import ast
import re
from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any, cast

from forge import names
from forge.documents import mapping, of_yaml

STACK_FILE = re.compile(r"stacks/Pulumi\.(.*)\.yaml", re.DOTALL)
CATALOGUE = "images/catalogue.yaml"
DEFAULT_IMAGE = "debian-13"
"""Of a lab that names none."""
_SCRIPT = re.compile(r"\b([a-z_]+)\.sh\b")
_SOURCED = re.compile(r"\bhost/([a-z_]*(?:\$\{?\w+\}?)?[a-z_]*)\.sh\b")
_VARIABLE = re.compile(r"\$\{?\w+\}?")
_FOR_ALL = ("Pulumi.yaml", "uv.lock", "cloud-init/fetch-schema")
_ANYTHING = ("__main__.py", "components/", "stacks/", "doctor/", "host/", "cloud-init/", "images/", "bundle/")
_BUILD = ("images/build", "images/disk.sh", "images/lib.sh")


def is_for_all(path: str) -> bool:
    """Whether every lab depends on a file: what it runs on is pinned there."""
    return path in _FOR_ALL or (path.startswith("toolchain/") and not path.endswith((".md", "_test.go")))


def is_read(path: str) -> bool:
    """Whether a file's text tells what a lab is made from."""
    return (
        path in ("__main__.py", CATALOGUE)
        or bool(STACK_FILE.fullmatch(path))
        or (path.startswith(("stacks/", "components/", "doctor/")) and path.endswith(".py"))
        or (path.startswith("host/") and path.endswith(".sh"))
    )


class Tree:
    """The files of a commit."""

    def __init__(self, paths: Iterable[str], texts: Mapping[str, str]) -> None:
        """Take all paths, and the texts of those that are read."""
        self.paths = frozenset(paths)
        self.texts = texts

    @cached_property
    def stacks(self) -> Mapping[str, str]:
        """The file of each stack, by its name.

        Raises:
            ForgeError: one has a name that no stack should have.
        """
        matches = (STACK_FILE.fullmatch(path) for path in sorted(self.paths))
        return {names.stack(match[1]): match[0] for match in matches if match}

    @cached_property
    def catalogue(self) -> Mapping[str, object]:
        """The images by name; none where the file cannot be read."""
        return mapping(of_yaml(self.texts.get(CATALOGUE, "")))

    def needs(self, stack: str) -> frozenset[str]:
        """The paths that a stack is made from; folders end with a slash."""
        file, lab = self.stacks[stack], self._lab(stack)
        kind = lab.get("kind")
        module = f"stacks/{kind}.py"
        if not isinstance(kind, str) or module not in self.texts:
            # What cannot be read may need anything.
            return frozenset({file, *_ANYTHING})
        modules = _closure({"__main__.py", module}, self._imports)
        words = {*_words(lab)}
        # Besides those that config names, a kind of lab may have layers of its own; and config names files as they are.
        layers = {f"cloud-init/{name}.yaml" for name in {"base", *words}}
        layers |= {path for path in self.paths if path.startswith(f"cloud-init/{kind}-") or path in words}
        if kind == "kubernetes":
            layers.add("bundle/manifests/")
        facts = f"stacks/facts/{stack}/"
        return frozenset({file, facts, *modules, *self._scripts(modules), *layers, *self._recipes(stack)})

    def images(self, stack: str) -> Mapping[str, object]:
        """What the catalogue says of the images that a stack may use."""
        lab = self._lab(stack)
        used = {*_words(lab), *(() if "image" in lab else (DEFAULT_IMAGE,))}
        return {name: entry for name, entry in self.catalogue.items() if name in used}

    def _lab(self, stack: str) -> Mapping[str, object]:
        document = mapping(of_yaml(self.texts.get(self.stacks[stack], "")))
        return mapping(mapping(document.get("config")).get("kvmlab:lab"))

    def _recipes(self, stack: str) -> Iterable[str]:
        """The recipes of images that a machine may have to build."""
        recipes = [mapping(entry).get("build") for entry in self.images(stack).values()]
        yield from (f"images/{recipe}/" for recipe in recipes if recipe)
        yield from _BUILD if any(recipes) else ()

    @cached_property
    def _imports(self) -> Mapping[str, frozenset[str]]:
        """What each module imports, by paths; also what it imports only later."""
        known = {path for path in self.texts if path.endswith(".py")}
        return {path: frozenset(_found(_imports(self.texts[path], path), known)) for path in known}

    def _scripts(self, modules: Iterable[str]) -> frozenset[str]:
        """The scripts that modules name, and those that these read."""
        scripts = [path for path in self.texts if path.startswith("host/")]
        sourced = {path: _matching(_SOURCED.findall(self.texts[path]), scripts) for path in scripts}
        named = {f"host/{name}.sh" for module in modules for name in _SCRIPT.findall(self.texts.get(module, ""))}
        return _closure(named & {*scripts}, sourced)


def _matching(patterns: Iterable[str], scripts: Iterable[str]) -> frozenset[str]:
    tests = [re.compile("host/" + "[a-z_]*".join(map(re.escape, _VARIABLE.split(p))) + r"\.sh") for p in patterns]
    return frozenset(script for script in scripts if any(test.fullmatch(script) for test in tests))


def _closure(roots: Iterable[str], edges: Mapping[str, frozenset[str]]) -> frozenset[str]:
    found: set[str] = set()
    left = list(roots)
    while left:
        path = left.pop()
        if path not in found:
            found.add(path)
            left.extend(edges.get(path, ()))
    return frozenset(found)


def _imports(text: str, path: str) -> list[str] | None:
    """The names that a module may import, whole; None where it cannot be read."""
    try:
        nodes = list(ast.walk(ast.parse(text)))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    package = path.removesuffix("/__init__.py").removesuffix(".py").split("/")[: None if "__init__" in path else -1]
    found: list[str] = []
    for node in nodes:
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join([*above, *([node.module] if node.module else [])])
            found += [module, *(f"{module}.{alias.name}" for alias in node.names)]
    return found


def _found(modules: list[str] | None, known: set[str]) -> Iterable[str]:
    """The files of modules and of the packages above them."""
    if modules is None:
        return known
    found: set[str] = set()
    for module in modules:
        parts = module.split(".")
        for end in range(1, len(parts) + 1):
            stem = "/".join(parts[:end])
            found |= {f"{stem}.py", f"{stem}/__init__.py"}
    return found & known


def _words(value: object) -> Iterable[str]:
    """All strings in a document, each part of it looked at once: its aliases may make it endless."""
    seen: set[int] = set()
    left = [value]
    while left:
        part = left.pop()
        if isinstance(part, str):
            yield part
        elif isinstance(part, dict | list) and id(cast("object", part)) not in seen:
            seen.add(id(cast("object", part)))
            left.extend(cast("dict[Any, Any]", part).values() if isinstance(part, dict) else cast("list[Any]", part))
