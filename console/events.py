"""The engine's events, as `pulumi up --json` prints them, one JSON object a line.

https://github.com/pulumi/pulumi/blob/master/sdk/go/common/apitype/events.go
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_GUEST = "kvmlab:index:Guest$command:local:Command"
_COLOR = re.compile(r"<\{%[a-z0-9 ]+%\}>")


@dataclass(frozen=True)
class Step:
    """A resource that has a command: what is done with it."""

    name: str
    """The guest's name, or the resource's."""
    operation: str
    """The engine's word: create, update, delete, same, create-replacement, delete-replaced."""
    is_guest: bool

    @property
    def changes(self) -> bool:
        """Whether anything happens on the host."""
        return self.operation not in ("same", "read", "replace", "refresh")

    @property
    def removes(self) -> bool:
        """Whether it is gone afterwards."""
        return self.operation in ("delete", "delete-replaced")


@dataclass(frozen=True)
class Started:
    """A step begins."""

    step: Step


@dataclass(frozen=True)
class Ended:
    """A step has ended, well or not."""

    step: Step
    well: bool


@dataclass(frozen=True)
class Said:
    """Something to be told: a script's line, or an error."""

    about: str
    """A step's name, or nothing."""
    severity: str
    """info, warning or error."""
    text: str


@dataclass(frozen=True)
class Outputs:
    """The stack's outputs; secrets are masked by the engine."""

    values: Mapping[str, Any]


@dataclass(frozen=True)
class Summary:
    """The end of the run."""

    changes: Mapping[str, int]
    """How many resources by operation."""


Event = Started | Ended | Said | Outputs | Summary


def read(line: str) -> Event | None:
    """An event, or nothing where it is none that a person reads."""
    try:
        event: dict[str, Any] = json.loads(line)
    except ValueError:
        return Said("", "info", line.rstrip())
    for key, well in (("resourcePreEvent", None), ("resOutputsEvent", True), ("resOpFailedEvent", False)):
        if key in event:
            return _of_resource(event[key]["metadata"], well)
    if "diagnosticEvent" in event:
        return _said(event["diagnosticEvent"])
    if "summaryEvent" in event:
        return Summary(event["summaryEvent"]["resourceChanges"] or {})
    return None


def _of_resource(metadata: dict[str, Any], well: bool | None) -> Event | None:
    if metadata["type"] == "pulumi:pulumi:Stack":
        return Outputs(metadata["new"]["outputs"] or {}) if well and metadata["new"] else None
    if not metadata["type"].startswith("command:"):
        return None
    step = Step(_name(metadata["urn"]), metadata["op"], _GUEST in metadata["urn"])
    return Started(step) if well is None else Ended(step, well)


def _said(diagnostic: dict[str, Any]) -> Event | None:
    text = _COLOR.sub("", diagnostic["message"]).strip()
    if not text or diagnostic["severity"] == "debug":
        return None
    severity = diagnostic["severity"].partition("#")[0]
    urn = diagnostic.get("urn", "")
    name = _name(urn) if "command:" in urn else ""
    return Said(name, severity, text)


def _name(urn: str) -> str:
    """A guest's name where it is a guest's; its command is named `<guest>-guest`."""
    name = urn.rpartition("::")[2]
    return name.removesuffix("-guest") if _GUEST in urn else name
