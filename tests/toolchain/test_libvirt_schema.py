"""The libvirt plugin that we build serves every name that the SDK on PyPI uses, and no other."""

import importlib
import inspect
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any, NoReturn

import pulumi
import pulumi_libvirt
import pytest

from tests.toolchain.project import ROOT
from tests.toolchain.schemas import Names, ask, properties, served

SDK_PLUGIN = Path(pulumi_libvirt.__path__[0]) / "pulumi-plugin.json"

# Served and not in the SDK: newer bridges let a Terraform provider be configured from the Pulumi one.
BRIDGE_FUNCTIONS = {"pulumi:providers:libvirt/terraformConfig"}

# Served and not in the SDK: terraform-provider-libvirt 0.8.3 has macvtap's private mode; the SDK was made from 0.8.1.
ADDED_SINCE_THE_SDK = {"DomainNetworkInterface.private: only the plugin has it"}


class _CapturedError(Exception):
    """Carries what the SDK was about to send to the engine."""

    def __init__(self, token: str, args: dict[str, object]) -> None:
        super().__init__(token)
        self.token = token
        self.names = frozenset(args)


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    """What the installed plugin answers to GetSchema."""
    return ask("libvirt@$LIBVIRT_PLUGIN_VERSION")


def _classes(module: ModuleType, suffix: str = "") -> Iterator[tuple[str, type]]:
    for name, cls in inspect.getmembers(module, inspect.isclass):
        if cls.__module__.startswith("pulumi_libvirt") and name.endswith(suffix) and not name.endswith("Dict"):
            yield name.removesuffix(suffix), cls


def _resources() -> dict[str, type[pulumi.CustomResource]]:
    return {
        name: cls
        for name, cls in _classes(pulumi_libvirt)
        if issubclass(cls, pulumi.CustomResource) and not issubclass(cls, pulumi.ProviderResource)
    }


def _functions() -> Iterator[Callable[..., object]]:
    for name, function in inspect.getmembers(pulumi_libvirt, inspect.isfunction):
        if name.startswith("get_") and not name.endswith("_output"):
            yield function


def _call(function: Callable[..., object], monkeypatch: pytest.MonkeyPatch) -> _CapturedError:
    """What the SDK would send when a data source is called with every argument."""

    def invoke(token: str, args: dict[str, object], **_: object) -> NoReturn:
        raise _CapturedError(token, args)

    monkeypatch.setattr("pulumi.runtime.invoke", invoke)
    arguments = {name: None for name in inspect.signature(function).parameters if name != "opts"}
    with pytest.raises(_CapturedError) as caught:
        function(**arguments)
    return caught.value


def _token(resource: Any, monkeypatch: pytest.MonkeyPatch) -> str:
    """The type token that a resource class registers."""

    def init(_self: object, token: str, *_: object, **__: object) -> NoReturn:
        raise _CapturedError(token, {})

    monkeypatch.setattr(pulumi.CustomResource, "__init__", init)
    with pytest.raises(_CapturedError) as caught:
        resource.get("name", "id")
    return caught.value.token


def _differences(served: Names, used: Names) -> list[str]:
    """One line for each name that only one side has."""
    lines: list[str] = []
    for name in sorted(served.keys() | used.keys()):
        if name not in used:
            lines.append(f"{name}: only the plugin has it")
        elif name not in served:
            lines.append(f"{name}: only the SDK has it")
        else:
            lines += [f"{name}.{key}: only the plugin has it" for key in sorted(served[name] - used[name])]
            lines += [f"{name}.{key}: only the SDK has it" for key in sorted(used[name] - served[name])]
    return lines


def _class_name(token: str) -> str:
    """The SDK's name for a nested type, without Args or Result."""
    name = token.rsplit(":", 1)[-1]
    return name[0].upper() + name[1:]


def _reachable(schema: dict[str, Any], roots: list[Any]) -> set[str]:
    """The nested types that are referred to from some part of the schema, directly or not."""
    found: set[str] = set()
    for token in re.findall(r"#/types/([^\"]+)", json.dumps(roots)):
        if _class_name(token) not in found:
            found |= {_class_name(token)} | _reachable(schema, [schema["types"][token]])
    return found


def test_resource_inputs_are_those_of_the_sdk(schema: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """Each resource has the SDK's token and takes exactly the SDK's inputs."""
    args = dict(_classes(pulumi_libvirt, "Args"))
    used = {_token(cls, monkeypatch): properties(args[name]) for name, cls in _resources().items()}
    assert used
    assert _differences(served(schema["resources"], "inputProperties"), used) == []


def test_resource_outputs_are_those_of_the_sdk(schema: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """Each resource returns exactly the SDK's outputs."""
    used = {_token(cls, monkeypatch): properties(cls) for cls in _resources().values()}
    assert used
    assert _differences(served(schema["resources"], "properties"), used) == []


def test_function_arguments_are_those_of_the_sdk(schema: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """Each data source has the SDK's token and takes exactly the SDK's arguments."""
    calls = [_call(function, monkeypatch) for function in _functions()]
    used = {call.token: call.names for call in calls}
    assert used
    ours = served(schema["functions"], "inputs", "properties")
    assert ours.keys() - used.keys() <= BRIDGE_FUNCTIONS
    assert _differences({k: v for k, v in ours.items() if k not in BRIDGE_FUNCTIONS}, used) == []


def test_function_results_are_those_of_the_sdk(schema: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """Each data source returns exactly the SDK's results."""
    used: Names = {}
    for function in _functions():
        result = function.__name__.title().replace("_", "") + "Result"
        module = inspect.getmodule(function)
        used[_call(function, monkeypatch).token] = properties(getattr(module, result))
    assert used
    ours = served(schema["functions"], "outputs", "properties")
    assert _differences({k: v for k, v in ours.items() if k not in BRIDGE_FUNCTIONS}, used) == []


def test_nested_types_are_those_of_the_sdk(schema: dict[str, Any]) -> None:
    """Each nested type has exactly the SDK's names, going in and coming out."""
    types = served({_class_name(token): item for token, item in schema["types"].items()}, "properties")
    inputs = importlib.import_module("pulumi_libvirt._inputs")
    outputs = importlib.import_module("pulumi_libvirt.outputs")
    going_in = {name: properties(cls) for name, cls in _classes(inputs, "Args")}
    coming_out = {name.removesuffix("Result"): properties(cls) for name, cls in _classes(outputs)}
    assert going_in
    # A type that only results have is no input of the SDK.
    taken = _reachable(schema, [item.get("inputProperties", {}) for item in schema["resources"].values()])
    taken |= _reachable(schema, [item.get("inputs", {}) for item in schema["functions"].values()])
    served_in = {name: names for name, names in types.items() if name in taken}
    assert set(_differences(served_in, going_in)) <= ADDED_SINCE_THE_SDK
    assert set(_differences(types, coming_out)) <= ADDED_SINCE_THE_SDK


def test_provider_configuration_is_that_of_the_sdk(schema: dict[str, Any]) -> None:
    """The provider takes and returns what the SDK's Provider does."""
    used = {"Provider": properties(pulumi_libvirt.ProviderArgs)}
    assert _differences({"Provider": frozenset(schema["provider"]["inputProperties"])}, used) == []
    assert _differences({"Provider": frozenset(schema["provider"]["properties"])}, used) == []
    assert schema["config"]["variables"]["uri"]["defaultInfo"]["environment"] == ["LIBVIRT_DEFAULT_URI"]


def test_a_difference_is_named() -> None:
    """The comparison names what either side alone has."""
    served: Names = {"a": frozenset({"x", "y"}), "b": frozenset()}
    used: Names = {"a": frozenset({"y", "z"}), "c": frozenset()}
    assert _differences(served, used) == [
        "a.x: only the plugin has it",
        "a.z: only the SDK has it",
        "b: only the plugin has it",
        "c: only the SDK has it",
    ]


def test_the_embedded_schema_is_the_oneserved(schema: dict[str, Any]) -> None:
    """The resources in the repository's schema are the plugin's, and so is the version that was asked for."""
    path = ROOT / "toolchain" / "libvirt" / "cmd" / "pulumi-resource-libvirt" / "schema.json"
    embedded = json.loads(path.read_text(encoding="utf-8"))
    assert schema["resources"].keys() == embedded["resources"].keys()
    assert schema["version"] == json.loads(SDK_PLUGIN.read_text(encoding="utf-8"))["version"]
