"""What `pulumi preview --json` prints: the components of ours, and what their commands are about to do. Pure.

https://github.com/pulumi/pulumi/blob/master/pkg/display/json.go
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

from components.effects import GUEST, OFFLINE, PENDING, UNWRITTEN, Effect, effect, of_disk

Json = Mapping[str, Any]

_OURS = "kvmlab:index:"
REPLACES = ("replace", "create-replacement", "delete-replaced")
"""Steps of what is made anew."""
_LOOKS = ("read", "refresh")
"""What changes nothing: with `--refresh` each resource has such a step before its own."""
_DEFINITION = re.compile(r'definition="([0-9a-f]+)"')
AGAIN = "KVMLAB_RUN"
"""What components.shell gives a command that is to run again."""
_SAID_OF = {"Guest": "guest", "DataDisk": "disk"}
"""How the program begins what it says of one of them."""
_KINDS: dict[str, type] = {
    "cpus": int,
    "data_disks": list,
    "disk_bytes": int,
    "max_cpus": int,
    "max_memory_mib": int,
    "memory_mib": int,
    "nics": dict,
    "nodes": dict,
    "shares": list,
    "unusual_disks": dict,
}
"""Of what components show, all else is text."""


@dataclass(frozen=True)
class Change:
    """A component of ours, and what its commands are about to do."""

    kind: str
    name: str
    component: Json
    """Its step."""
    commands: Sequence[Json]
    """Their steps."""
    said: tuple[str, ...] = ()
    """What the program says of it: what waits for a restart, and what somebody has done to it by hand."""

    @property
    def operation(self) -> str:
        """create, delete, replace, update or same: the most that any of its commands does."""
        operations = {step["op"] for step in self.commands}
        if self.kind == "KubernetesCluster" and (operations & {"same", "update"} or len(operations) > 1):
            # Its first node is the cluster; others come and go.
            first = {step["op"] for step in self.commands if _is_first_node(step)}
            return "replace" if first & {*REPLACES} else "same" if operations <= {"same"} else "update"
        if operations & {*REPLACES}:
            return "replace"
        found = (operation for operation in ("create", "delete", "update") if operation in operations)
        return next(found, "same")

    @property
    def guest(self) -> str:
        """The guest that it is, or whose data disk."""
        return self.name.partition(".")[0]

    @property
    def said_as(self) -> str:
        """How the program begins what it says of it."""
        return f"{_SAID_OF[self.kind]} {self.name}" if self.kind in _SAID_OF else ""

    @property
    def remarks(self) -> list[str]:
        """Of what the program says of it, what does not show in what happens to it."""
        return [text for text in self.said if text != UNWRITTEN]

    @property
    def is_pending(self) -> bool:
        """Of a guest, whether it runs on as it was before an earlier change."""
        return PENDING in self.said

    @property
    def is_unwritten(self) -> bool:
        """Of a guest, whether nothing is lost with its root disk, as far as its host shows."""
        return UNWRITTEN in self.said

    @property
    def is_mended(self) -> bool:
        """Whether its commands run again since its host shows it to be not whole."""
        return self.environment("newState").get(AGAIN) != self.environment("oldState").get(AGAIN)

    def inputs(self, which: str) -> dict[str, Any]:
        """Of the component: `oldState` or `newState`. What is of another kind than it should be is left out."""
        inputs = mapping(state(self.component, which).get("inputs"))
        return {key: _texts(value) for key, value in inputs.items() if isinstance(value, _KINDS.get(key, object))}

    def environment(self, which: str) -> dict[str, str]:
        """Of its commands."""
        found: dict[str, Any] = {}
        for step in self.commands:
            found |= mapping(mapping(state(step, which).get("inputs")).get("environment"))
        return {key: str(value) for key, value in found.items()}

    @property
    def powers(self) -> tuple[str, str]:
        """Of a guest, whether it is to run: before, and from now on."""
        before, after = (self.inputs(which).get("power", "on") for which in ("oldState", "newState"))
        return before, after

    @property
    def effect(self) -> Effect:
        """Of a guest that stays, what is done to it as a whole."""
        if self.operation == "replace":
            return Effect.REPLACE
        if self.operation == "same":
            return Effect.NOTHING
        old, new = (self.inputs(which) for which in ("oldState", "newState"))
        changes = {effect(key, old, new) for key in GUEST if key != "unusual_disks" and old.get(key) != new.get(key)}
        changes |= {of_disk(*told) for told in self.other_disks.values()}
        waits = self.is_pending and self.may_restart
        return self.restart if self.is_redefined or waits or Effect.RESTART in changes else Effect.LIVE

    @property
    def is_redefined(self) -> bool:
        """Whether a guest becomes another machine, or stands on another network or seed."""
        states = ("oldState", "newState")
        old, new = (_DEFINITION.findall(self.environment(which).get("DEFINITION", "")) for which in states)
        return old != new

    @property
    def may_restart(self) -> bool:
        """Whether a guest is to be restarted for a change that needs it; to be shut down needs no more leave."""
        return self.powers[0] != self.powers[1] or self.environment("newState").get("GUEST_RESTART") != "no"

    @property
    def restart(self) -> Effect:
        """What a change does that needs a restart: a guest that is off and stays so is only defined anew."""
        if self.powers == ("off", "off"):
            return Effect.LIVE
        return Effect.RESTART if self.may_restart else Effect.PENDING

    @property
    def other_disks(self) -> dict[str, tuple[str | None, str | None]]:
        """Of a guest: data disks whose names stay and that are to be other ones, as they were and as they will be."""
        before, after = self.inputs("oldState"), self.inputs("newState")
        old, new = (mapping(shown.get("unusual_disks")) for shown in (before, after))
        kept = {*before.get("data_disks", ())} & {*after.get("data_disks", ())}
        return {name: (old.get(name), new.get(name)) for name in sorted(kept) if old.get(name) != new.get(name)}


def changes(preview: Json) -> Iterator[Change]:
    """Each component of ours, whether anything changes or not."""
    steps = [step for step in preview.get("steps") or () if step["op"] not in _LOOKS]
    children: dict[str, list[Json]] = {}
    for step in steps:
        last = state(step, "newState") or state(step, "oldState")
        children.setdefault(str(last.get("parent", "")), []).append(step)
    told = _told(preview)
    for step in steps:
        kind, name = step["urn"].split("::", 3)[2:]
        if kind.startswith(_OURS) and "$" not in kind:
            kind = kind.removeprefix(_OURS)
            change = Change(kind, name, step, children.get(step["urn"], []))
            yield replace(change, said=tuple(told.get(change.said_as, ())))


def errors(preview: Json) -> list[str]:
    """What has kept a preview from its end."""
    said: Sequence[Json] = preview.get("diagnostics") or ()
    return [each["message"].strip().removeprefix("error: ") for each in said if each["severity"].startswith("error")]


def warnings(preview: Json) -> list[str]:
    """What a user should know."""
    return [text.removeprefix("warning: ") for text in _said(preview, "warning")]


def marks(preview: Json) -> list[str]:
    """Of warnings, those that say of a preview that it is offline, and what is therefore not known."""
    return [text for text in warnings(preview) if text.startswith(OFFLINE)]


def tables(preview: Json) -> list[str]:
    """What there is to read besides, each a text of some lines: what guests ask for and what there is."""
    return _said(preview, "info")


def _is_first_node(step: Json) -> bool:
    inputs = mapping((state(step, "newState") or state(step, "oldState")).get("inputs"))
    return str(inputs.get("create", "")).endswith("kubernetes.sh init")


def state(step: Json, which: str) -> dict[str, Any]:
    """`oldState` or `newState` of a step; empty where there is none."""
    return mapping(step.get(which))


def _said(preview: Json, severity: str) -> list[str]:
    said: Sequence[Json] = preview.get("diagnostics") or ()
    return [each["message"].strip() for each in said if each["severity"] == severity]


def _told(preview: Json) -> dict[str, list[str]]:
    """By whom it is about: `guest web` and what is said of it."""
    told: dict[str, list[str]] = {}
    for text in (*warnings(preview), *(text.removeprefix("info: ") for text in tables(preview))):
        about, colon, what = text.partition(": ")
        if colon:
            told.setdefault(about, []).append(what)
    return told


def _texts(value: object) -> object:
    """A list or mapping of texts; anything else as it is."""
    match value:
        case list():
            return [str(each) for each in cast("list[Any]", value)]
        case dict():
            return {key: str(each) for key, each in cast("dict[str, Any]", value).items()}
        case _:
            return value


def mapping(value: object) -> dict[str, Any]:
    """What should be one and is not, since it is a secret, say, has no keys to be told of."""
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}
