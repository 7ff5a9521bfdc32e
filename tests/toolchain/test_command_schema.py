"""The command plugin serves every name that the SDK on PyPI uses, and no other."""

import enum
import importlib
import inspect
import json
import pkgutil
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any, NoReturn

import pulumi
import pulumi_command
import pytest

from tests.toolchain.schemas import Names, ask, properties, served

SDK_PLUGIN = Path(pulumi_command.__path__[0]) / "pulumi-plugin.json"
PROVIDER = "pulumi:providers:command"

# The SDK says so of CopyFile when it is imported.
pytestmark = pytest.mark.filterwarnings("ignore:This resource is deprecated:DeprecationWarning")


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    """What the plugin answers to GetSchema: that of $KVMLAB_COMMAND_PLUGIN, else the installed one."""
    return ask("${KVMLAB_COMMAND_PLUGIN:-command@$COMMAND_PLUGIN_VERSION}")


def _module(name: str) -> ModuleType:
    return importlib.import_module(f"pulumi_command.{name}")


def _classes(base: type) -> dict[str, type[Any]]:
    """The SDK's classes of a kind, by their token."""
    names = [module.name for module in pkgutil.walk_packages(pulumi_command.__path__, "pulumi_command.")]
    found = [cls for name in names for cls in vars(importlib.import_module(name)).values()]
    return {
        token: cls
        for cls in found
        if isinstance(cls, type)
        and issubclass(cls, base)
        and isinstance(token := getattr(cls, "pulumi_type", None), str)
    }


def _values(cls: type[enum.Enum]) -> set[str]:
    return {member.value for member in cls}


def _resources() -> dict[str, type[Any]]:
    return {token: cls for token, cls in _classes(pulumi.CustomResource).items() if token != PROVIDER}


def _arguments(resource: type[Any]) -> type[Any]:
    """The class of a resource's arguments, which lies beside it."""
    return vars(importlib.import_module(resource.__module__))[f"{resource.__name__}Args"]


def _required(cls: type) -> frozenset[str]:
    """The names on the wire of the arguments without which a generated class cannot be made."""
    parameters = inspect.signature(cls).parameters.values()
    needed = {parameter.name for parameter in parameters if parameter.default is inspect.Parameter.empty}
    return frozenset(
        getattr(value.fget, "_pulumi_name", name)
        for name, value in vars(cls).items()
        if isinstance(value, property) and name in needed
    )


def _run_arguments(monkeypatch: pytest.MonkeyPatch) -> Names:
    """The token and the arguments that the SDK sends for local.run."""
    sent: Names = {}

    def invoke(token: str, args: dict[str, object], **_: object) -> NoReturn:
        sent[token] = frozenset(args)
        raise LookupError(token)

    monkeypatch.setattr("pulumi.runtime.invoke", invoke)
    run: Callable[..., object] = _module("local.run").run
    with pytest.raises(LookupError, match="command:local:run"):
        run()
    return sent


def test_the_version_is_that_of_the_sdk(schema: dict[str, Any]) -> None:
    """The engine is told the version that the SDK asks for."""
    assert schema["version"] == json.loads(SDK_PLUGIN.read_text(encoding="utf-8"))["version"]


def test_resource_inputs_are_those_of_the_sdk(schema: dict[str, Any]) -> None:
    """Each resource has the SDK's token, takes the SDK's inputs, and requires those that the SDK does."""
    used = {token: _arguments(cls) for token, cls in _resources().items()}
    assert len(used) == 4
    assert served(schema["resources"], "inputProperties") == {token: properties(cls) for token, cls in used.items()}
    assert served(schema["resources"], "requiredInputs") == {token: _required(cls) for token, cls in used.items()}


def test_resource_outputs_are_those_of_the_sdk(schema: dict[str, Any]) -> None:
    """Each resource returns the SDK's outputs."""
    assert served(schema["resources"], "properties") == {t: properties(c) for t, c in _resources().items()}


def test_functions_are_those_of_the_sdk(schema: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """local.run takes the SDK's arguments and returns the SDK's results; there is no other function."""
    assert served(schema["functions"], "inputs", "properties") == _run_arguments(monkeypatch)
    results = {"command:local:run": properties(_module("local.run").RunResult)}
    assert served(schema["functions"], "outputs", "properties") == results
    assert served(schema["functions"], "inputs", "required") == {"command:local:run": frozenset({"command"})}


def test_nested_types_are_those_of_the_sdk(schema: dict[str, Any]) -> None:
    """The connection and its proxy have the SDK's names, going in and coming out, and the SDK's defaults."""
    inputs, outputs = _module("remote._inputs"), _module("remote.outputs")
    types = {token: item for token, item in schema["types"].items() if "properties" in item}
    assert set(types) == {"command:remote:Connection", "command:remote:ProxyConnection"}
    for token, item in types.items():
        name = token.rsplit(":", 1)[-1]
        going_in: type[Any] = getattr(inputs, f"{name}Args")
        assert frozenset(item["properties"]) == properties(going_in) == properties(getattr(outputs, name))
        assert frozenset(item["required"]) == _required(going_in)
        made = going_in(host="kvm1")
        for key, value in vars(going_in).items():
            if isinstance(value, property) and key != "host":
                wire_name = getattr(value.fget, "_pulumi_name", key)
                assert getattr(made, key) == item["properties"][wire_name].get("default"), key


def test_enums_are_those_of_the_sdk(schema: dict[str, Any]) -> None:
    """The logging modes of each module have the SDK's values."""
    used = {token: _values(cls) for token, cls in _classes(enum.Enum).items()}
    ours = {t: {entry["value"] for entry in item["enum"]} for t, item in schema["types"].items() if "enum" in item}
    assert set(ours) == {"command:local:Logging", "command:remote:Logging"}
    assert ours == used


def test_connections_are_secret_and_triggers_replace(schema: dict[str, Any]) -> None:
    """Every connection is secret as a whole, and a change of the triggers replaces every resource."""
    for token, resource in schema["resources"].items():
        assert resource["inputProperties"]["triggers"]["replaceOnChanges"], token
        assert token.startswith("command:local:") or resource["inputProperties"]["connection"]["secret"], token
