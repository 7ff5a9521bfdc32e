"""What holds for every component."""

import inspect
import re
from importlib import import_module
from pathlib import Path
from typing import Any, cast

import pulumi
import pytest
from pulumi.provider.experimental.analyzer import Analyzer

from components.host_bridge import Bridged
from components.shell import Limits
from components.ssh import OnHost
from tests.unit.components.arguments import BUILDS, LAB_KEY, SEED
from tests.unit.mocks import Secret, run

ROOT = Path(__file__).parents[3]
Component = type[pulumi.ComponentResource]

every_component = pytest.mark.parametrize("component", BUILDS, ids=lambda component: component.__name__)


def test_every_component_is_tried() -> None:
    """A new component must be added to the builds."""
    found: set[Component] = set()
    for file in (ROOT / "components").glob("*.py"):
        module = import_module(f"components.{file.stem}")
        classes = inspect.getmembers(module, inspect.isclass)
        components = [each for _, each in classes if issubclass(each, pulumi.ComponentResource)]
        found |= {each for each in components if each.__module__ == module.__name__}
    assert found == BUILDS.keys()


@every_component
def test_token(component: Component) -> None:
    """A component's type is its class's name."""
    resource = run(BUILDS[component])[f"{component.__name__} it"]
    assert resource.request.type == f"kvmlab:index:{component.__name__}"


@every_component
def test_outputs(component: Component) -> None:
    """A component registers as outputs what its class declares, no more and no less."""
    resource = run(BUILDS[component])[f"{component.__name__} it"]
    assert resource.outputs is not None
    assert resource.outputs.keys() == inspect.get_annotations(component).keys()


@every_component
def test_every_output_is_documented(component: Component) -> None:
    """Under each output of a class stands what it is."""
    source = inspect.getsource(component)
    for name in inspect.get_annotations(component):
        assert re.search(rf'^    {name}: .*\n    """', source, re.MULTILINE), f"{name} has no docstring"


@every_component
def test_every_argument_is_documented(component: Component) -> None:
    """Under each argument stands what it is, and whether it is plain."""
    args = inspect.get_annotations(component.__init__)["args"]
    # A typed dictionary does not tell what it is built upon.
    source = inspect.getsource(args) + "".join(inspect.getsource(base) for base in (Limits, OnHost, Bridged))
    for name in inspect.get_annotations(args):
        assert re.search(rf'^    {name}: .*\n    """', source, re.MULTILINE), f"{name} has no docstring"


@every_component
def test_packageable(component: Component) -> None:
    """Pulumi's analyzer understands a component, so that other languages could use it."""
    definition = Analyzer("kvmlab").analyze_component(component)
    args = inspect.get_annotations(component.__init__)["args"]
    assert set(definition.inputs_mapping.values()) == set(inspect.get_annotations(args))
    assert set(definition.outputs_mapping.values()) == set(inspect.get_annotations(component))


@every_component
def test_children(component: Component) -> None:
    """What a component makes stands below it, under names that begin with its own."""
    resources = run(BUILDS[component]).resources
    children = {key: each for key, each in resources.items() if each.parent == "it"}
    assert children
    assert all(each.request.name.split("-")[0] == "it" for each in children.values())
    assert len(children) == len(resources) - 2, "the stack, the component, and nothing beside it"


def without_secrets(value: Any) -> Any:
    """A value as a preview may show it."""
    match value:
        case Secret():
            return None
        case dict():
            return {key: without_secrets(item) for key, item in cast("dict[str, Any]", value).items()}
        case list():
            return [without_secrets(item) for item in cast("list[Any]", value)]
        case _:
            return value


@every_component
def test_secrets_stay_secret(component: Component) -> None:
    """A secret is handed over on stdin, marked as one, and stands nowhere else."""
    for key, resource in run(BUILDS[component]).resources.items():
        shown = str(without_secrets(resource.inputs)) + str(without_secrets(resource.outputs))
        assert LAB_KEY not in shown, key
        assert SEED not in shown, key
        for name, value in resource.inputs.items():
            if name != "stdin":
                assert without_secrets(value) == value, f"{key}: {name}"


@every_component
def test_scripts_exist(component: Component) -> None:
    """Each command names a script of host/ that can be run, and an action that it knows."""
    for key, resource in run(BUILDS[component]).resources.items():
        if not key.startswith("Command "):
            continue
        for call in filter(None, (resource.inputs["create"], resource.inputs.get("delete"))):
            name, action = call.split(" ")
            script = ROOT / name
            assert script.stat().st_mode & 0o111, f"{name} cannot be run"
            assert re.search(rf"^{action}\(\) {{$", script.read_text("utf-8"), re.MULTILINE), f"{name} has no {action}"


OWN = {"LIBVIRT_DEFAULT_URI", "LIBVIRT_SECONDS", "PATH", "PPID", "PWD"}
"""What a shell or host/lib.sh sets."""


def script_text(path: Path) -> str:
    """A script with what it sources and calls."""
    text = path.read_text("utf-8")
    parts = re.findall(r"^ *(?:CALLER=\S+ )?(?:\. |/bin/sh )?(host/\w+\.sh)\b", text, re.MULTILINE)
    return "".join([text, *(script_text(ROOT / part) for part in parts)])


@every_component
def test_scripts_get_what_they_read(component: Component) -> None:
    """A script that lacks one of its settings would end at `set -u` in the middle of a run; its head tells them all."""
    for key, resource in run(BUILDS[component]).resources.items():
        if not key.startswith("Command "):
            continue
        text = script_text(ROOT / resource.inputs["create"].split(" ")[0])
        given = set(resource.inputs["environment"])
        optional = set(re.findall(r"\$\{([A-Z_]+):[-=]", text)) | set(re.findall(r"^([A-Z_]+)=", text, re.MULTILINE))
        read = set(re.findall(r"\$\{?([A-Z_]+)\b", text)) - OWN
        assert given >= read - optional, key
        head = text.partition("environment: ")[2].partition("set -eu")[0]
        # What makes the script run again need not be read.
        assert given - {"RUN"} <= set(re.findall(r"\w+", head)), key
