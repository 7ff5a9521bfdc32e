"""Previews as Pulumi prints them, made of what matters in them."""

from collections.abc import Mapping
from typing import Any

from console.words import MIB

URN = "urn:pulumi:six::kvmlab::kvmlab:index:"
WEB: dict[str, Any] = {
    "accelerator": "kvm",
    "address": "10.20.6.5",
    "cloud_config": "a: 1\nb: 2\n",
    "cpus": 1,
    "disk_bytes": 8192 * MIB,
    "image": "base-one",
    "mac": "52:54:00:ab:cd:ef",
    "memory_mib": 1024,
}
COMMAND: dict[str, str] = {
    "DEFINITION": '<x definition="aa"/>',
    "INSTANCE_ID": "iid-1",
    "READY_SECONDS": "1800",
    "RUN": "",
}
OTHER = {"DEFINITION": '<x definition="bb"/>'}


def step(
    kind: str, operation: str, old: Mapping[str, Any] | None, new: Mapping[str, Any] | None, parent: str = ""
) -> Any:
    """One of a preview's."""
    states = {
        which: {"inputs": inputs, "parent": parent}
        for which, inputs in (("oldState", old), ("newState", new))
        if inputs is not None
    }
    return {"urn": f"{URN}{kind}", "op": operation, **states}


def guest(
    operation: str,
    new: Mapping[str, Any],
    environment: Mapping[str, str],
    name: str = "web",
    old: Mapping[str, Any] | None = None,
) -> list[Any]:
    """A guest's steps: of what it is, to what it is to be."""
    was = {**WEB, **(old or {})}
    before = (None, None) if operation == "create" else (was, {"environment": COMMAND})
    after = (None, None) if operation == "delete" else ({**was, **new}, {"environment": {**COMMAND, **environment}})
    return [
        step(f"Guest::{name}", operation, before[0], after[0], "urn:the-stack"),
        step(f"Guest$command:local:Command::{name}-guest", operation, before[1], after[1], f"{URN}Guest::{name}"),
    ]


def off(steps: list[Any]) -> list[Any]:
    """The same of a guest that is off, before and after."""
    states = [steps[0][which] for which in ("oldState", "newState")]
    for state in states:
        state["inputs"] = {**state["inputs"], "power": "off"}
    return steps


def disk(operation: str, old: int | None, new: int | None, name: str = "data") -> list[Any]:
    """A data disk's steps: its sizes in MiB."""
    sizes: list[dict[str, Any] | None] = [None if size is None else {"disk_bytes": size * MIB} for size in (old, new)]
    commands: list[dict[str, Any] | None] = [None if size is None else {"environment": {}} for size in (old, new)]
    return [
        step(f"DataDisk::web.{name}", operation, sizes[0], sizes[1]),
        step(
            f"DataDisk$command:local:Command::web.{name}-disk",
            operation,
            commands[0],
            commands[1],
            f"{URN}DataDisk::web.{name}",
        ),
    ]


def preview(*several: list[Any], **said: list[str] | str) -> dict[str, Any]:
    """A whole one: steps, and by severity what is said, each as Pulumi has it."""
    return {
        "steps": [step for steps in several for step in steps],
        "diagnostics": [
            {"message": f"{severity}: {text}\n" if severity != "info" else f"{text}\n", "severity": severity}
            for severity, texts in said.items()
            for text in ([texts] if isinstance(texts, str) else texts)
        ],
        "duration": 1,
        "changeSummary": {"same": 1},
    }


def part(kind: str, name: str, operation: str, old: Any = None, new: Any = None, **environment: str) -> list[Any]:
    """What is no guest's: a network, a pool, an image."""
    nothing: dict[str, str] = {}
    before = None if old is None else {"environment": nothing}
    after = None if new is None else {"environment": environment}
    return [
        step(f"{kind}::{name}", operation, old, new, "urn:the-stack"),
        step(f"{kind}$command:local:Command::{name}-it", operation, before, after, f"{URN}{kind}::{name}"),
    ]


def table(*rows: str) -> str:
    """What the program says of capacity, of rows with their cells parted by commas."""
    cells = [row.split(",") for row in ("capacity,promised,allocated,others,free,total,limit", *rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return "\n".join("  ".join(map(str.ljust, row, widths)).rstrip() for row in cells)
