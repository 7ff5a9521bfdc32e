"""Runs a part of the program against a stand-in for the engine, and tells what was registered with it."""

from collections.abc import Callable, Mapping
from contextvars import copy_context
from dataclasses import dataclass, field
from typing import Any, cast

import pulumi
from google.protobuf import json_format
from pulumi.runtime import mocks, settings
from pulumi.runtime.proto import resource_pb2

SECRET_MARK = "4dabf18193072939515e22adb298388d"  # noqa: S105 (how Pulumi's protocol marks a special value)
STDERR = ""
"""What every script says there."""
UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
"""How Pulumi's protocol writes a value that is not known at preview."""


@dataclass(frozen=True)
class Secret:
    """A value that was handed over as a secret."""

    value: Any


@dataclass
class Registered:
    """One resource as the engine got to know it."""

    inputs: dict[str, Any]
    request: resource_pb2.RegisterResourceRequest
    """Parent, dependencies and all other options."""
    outputs: dict[str, Any] | None = None
    """What a component registered as its outputs."""

    @property
    def depends_on(self) -> set[str]:
        """Names of the resources before it."""
        return {urn.rpartition("::")[2] for urn in self.request.dependencies}

    @property
    def parent(self) -> str:
        """Name of the resource above it."""
        return self.request.parent.rpartition("::")[2]

    @property
    def provider(self) -> str:
        """Name of the provider that makes it real."""
        return self.request.provider.rpartition("::")[0].rpartition("::")[2]


@dataclass
class Run:
    """What a program registered, by type and name, as in "Guest web", and what it exported."""

    resources: dict[str, Registered] = field(default_factory=dict[str, Registered])
    exports: dict[str, Any] = field(default_factory=dict[str, Any])

    def __getitem__(self, key: str) -> Registered:
        """One resource."""
        return self.resources[key]


class _Provider(mocks.Mocks):
    """Makes every resource what it was asked to be; ids follow from names."""

    def call(self, args: mocks.MockCallArgs) -> tuple[dict[Any, Any], None]:
        raise AssertionError(f"the program called {args.token}")

    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str, dict[Any, Any]]:
        inputs = cast("dict[str, Any]", args.inputs)  # pyright: ignore[reportUnknownMemberType] (Pulumi's is untyped)
        return f"{args.name}-id", {**inputs, "stdout": "ok: as it was", "stderr": STDERR}


class _Monitor(mocks.MockMonitor):
    """Pulumi's own stand-in, which forgets options and outputs, and here does not."""

    def __init__(self) -> None:
        super().__init__(_Provider())
        self.registered: dict[str, Registered] = {}
        self.by_urn: dict[str, Registered] = {}

    def RegisterResource(self, request: resource_pb2.RegisterResourceRequest) -> Any:  # noqa: N802 (gRPC's name)
        pulumis: Any = super()
        response = pulumis.RegisterResource(request)
        resource = Registered(_plain(json_format.MessageToDict(request.object)), request)
        self.by_urn[response.urn] = resource
        key = f"{request.type.rpartition(':')[2]} {request.name}"
        assert key not in self.registered, f"{key} is registered twice"
        self.registered[key] = resource
        return response

    def RegisterResourceOutputs(self, request: resource_pb2.RegisterResourceOutputsRequest) -> Any:  # noqa: N802
        if request.urn in self.by_urn:
            self.by_urn[request.urn].outputs = _plain(json_format.MessageToDict(request.outputs))
        pulumis: Any = super()
        return pulumis.RegisterResourceOutputs(request)


def run(program: Callable[[], object], *, stack: str = "quickstart", config: Mapping[str, str] | None = None) -> Run:
    """Run a program to its end.

    Args:
        program: what registers resources.
        stack: the stack's name.
        config: the stack's config, by full key.
    """
    return copy_context().run(_run, program, stack, config or {})


def _run(program: Callable[[], object], stack: str, config: Mapping[str, str]) -> Run:
    monitor = _Monitor()
    runtime: Any = settings
    pulumis: Any = mocks
    # A stack of its own, or the exports of one run would be among those of the next.
    runtime.set_root_resource(None)
    mocks.set_mocks(_Provider(), project="kvmlab", stack=stack, preview=False, monitor=monitor)
    pulumi.runtime.set_all_config(dict(config))
    exports: dict[str, Any] = {}

    async def collect() -> None:
        program()
        for name, value in runtime.get_root_resource().outputs.items():
            exports[name] = await pulumi.Output.from_input(value).future()

    pulumis.test(collect)()
    return Run(monitor.registered, exports)


def _plain(value: Any) -> Any:
    """The protocol's values as Python's, secrets marked."""
    match value:
        case dict():
            items = cast("dict[str, Any]", value)
            return Secret(_plain(items["value"])) if SECRET_MARK in items else {k: _plain(v) for k, v in items.items()}
        case list():
            return [_plain(item) for item in cast("list[Any]", value)]
        case float() if value.is_integer():
            return int(value)
        case _:
            return value
