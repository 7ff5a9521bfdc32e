"""What a preview means for guests and their disks, in words. Pure: from what `pulumi preview --json` prints.

https://github.com/pulumi/pulumi/blob/master/pkg/display/json.go
"""

import difflib
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from components.effects import GUEST, PENDING, Effect, effect, of_disk
from console import networks

MIB = 1024**2
_OURS = "kvmlab:index:"
_STEPS = {"create": "created", "delete": "destroyed", "update": "updated", "replace": "made anew"}
_REPLACES = ("replace", "create-replacement", "delete-replaced")
_WORDS = {
    "memory_mib": "memory",
    "disk_bytes": "disk",
    "data_disks": "disks",
    "console_password": "console.password",
    "install_files": "install.seed",
    "disk_options": "root disk",
    "max_cpus": "maxCpus",
    "max_memory_mib": "maxMemory",
}
"""Of a Guest's inputs, where config calls it otherwise."""
_DEFAULTS = {
    "autostart": "false",
    "balloon": "virtio",
    "boot": "from disk",
    "console": "vnc",
    "cpu": "default",
    "data_disks": "none",
    "description": "none",
    "disk_options": "as QEMU likes",
    "firmware": "bios",
    "install": "none",
    "install_files": "none",
    "machine": "libvirt's choice",
    "max_cpus": "as many as it has",
    "max_memory_mib": "as much as it has",
    "pool": "the lab's own",
    "power": "on",
    "shares": "none",
    "tpm": "false",
    "watchdog": "none",
}
"""Of those that are there where they are another than that."""
_UNNOTICED = {
    "AT_ONCE": "host.atOnce",
    "GUEST_RESTART": "allowRestart",
    "LIBVIRT_SECONDS": "host.timeout in s",
    "LOGIN": "login",
    "READY_SECONDS": "readyTimeout in s",
    "SHUTDOWN_SECONDS": "shutdownTimeout in s",
    "WAIT_FOR": "waitFor",
}
"""What its command alone is told, and no guest notices."""
_DEFINITION = re.compile(r'definition="([0-9a-f]+)"')

_FATES = (
    "created",
    "destroyed",
    "unchanged",
    "changed live",
    "changed once restarted",
    "restarted",
    "replaced",
)
"""Of guests; from the third on by effect."""

Json = Mapping[str, Any]


@dataclass(frozen=True)
class Change:
    """A component of ours, and what its commands are about to do."""

    kind: str
    name: str
    component: Json
    """Its step."""
    commands: Sequence[Json]
    """Their steps."""
    is_pending: bool = False
    """Of a guest, whether it runs on as it was before an earlier change."""

    @property
    def operation(self) -> str:
        """create, delete, replace, update or same: the most that any of its commands does."""
        operations = {step["op"] for step in self.commands}
        if operations & {*_REPLACES}:
            return "replace"
        found = (operation for operation in ("create", "delete", "update") if operation in operations)
        return next(found, "same")

    def inputs(self, which: str) -> dict[str, Any]:
        """Of the component: `oldState` or `newState`."""
        return _state(self.component, which).get("inputs", {})

    def environment(self, which: str) -> dict[str, Any]:
        """Of its commands."""
        found: dict[str, Any] = {}
        for step in self.commands:
            found |= _state(step, which).get("inputs", {}).get("environment", {})
        return found

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
        old, new = (state.get("unusual_disks", {}) for state in (before, after))
        kept = {*before.get("data_disks", ())} & {*after.get("data_disks", ())}
        return {name: (old.get(name), new.get(name)) for name in sorted(kept) if old.get(name) != new.get(name)}


def lines(preview: Json) -> Iterator[str]:
    """What a person reads: guests first, the worst before the rest, then all else, and the count of it."""
    changes = sorted(_changes(preview), key=_weight)
    guests = {change.name: change.inputs("oldState") for change in changes if change.kind == "Guest"}
    told = [line for change in changes for line in _told(change, guests)]
    yield from told or ["nothing changes"]
    yield from _renames(changes)
    fates = Counter(_fate(change) for change in changes if change.kind == "Guest")
    yield "guests: " + (", ".join(f"{fates[fate]} {fate}" for fate in _FATES if fates[fate]) or "none")
    counts: Mapping[str, int] = preview.get("changeSummary") or {}
    yield "resources: " + ", ".join(f"{count} {_counted(op)}" for op, count in sorted(counts.items()) if count)


def errors(preview: Json) -> list[str]:
    """What has kept a preview from its end."""
    said: Sequence[Json] = preview.get("diagnostics", ())
    return [each["message"].strip().removeprefix("error: ") for each in said if each["severity"].startswith("error")]


def said(preview: Json) -> Iterator[str]:
    """What the program has to say besides: warnings, and the table of what guests ask for and what there is."""
    for each in sorted(preview.get("diagnostics", ()), key=lambda each: each["severity"] != "warning"):
        if each["severity"] in ("warning", "info"):
            yield from each["message"].strip("\n").splitlines()


def warnings(preview: Json) -> list[str]:
    """What a user should know."""
    told = (each["message"].strip() for each in preview.get("diagnostics", ()) if each["severity"] == "warning")
    return [text.removeprefix("warning: ") for text in told]


def protected(state: Json) -> list[str]:
    """The names of what must not be deleted, from what `pulumi stack export` prints."""
    resources: Sequence[Json] = state["deployment"].get("resources") or ()
    return [each["urn"].rpartition("::")[2].removesuffix("-disk") for each in resources if each.get("protect")]


def refusal(kept: Sequence[str]) -> str:
    """Why nothing is destroyed: one answer for all that must stay, by name."""
    rule = f"{'is' if len(kept) == 1 else 'are'} protected and must stay, got a destroy"
    return f"{', '.join(sorted(kept))}: {rule}; write protect: false, run `make up`, and destroy then"


def _changes(preview: Json) -> Iterator[Change]:
    steps: Sequence[Json] = preview.get("steps", ())
    children: dict[str, list[Json]] = {}
    for step in steps:
        state = _state(step, "newState") or _state(step, "oldState")
        children.setdefault(state.get("parent", ""), []).append(step)
    told = warnings(preview)
    for step in steps:
        kind, name = step["urn"].split("::")[2:]
        if kind.startswith(_OURS) and "$" not in kind:
            is_pending = f"guest {name}: {PENDING}" in told
            yield Change(kind.removeprefix(_OURS), name, step, children.get(step["urn"], []), is_pending)


def _state(step: Json, which: str) -> dict[str, Any]:
    found: dict[str, Any] | None = step.get(which)
    return found or {}


def _weight(change: Change) -> tuple[int, str]:
    """What is lost comes first."""
    if change.kind not in ("Guest", "DataDisk"):
        return 4, ""
    order = {"delete": 0, "replace": 1, "update": 2, "same": 2, "create": 3}
    return order[change.operation], ""


def _fate(change: Change) -> str:
    """What becomes of a guest."""
    operation = change.operation
    return _STEPS[operation] if operation in ("create", "delete") else _FATES[2 + list(Effect).index(change.effect)]


def _told(change: Change, guests: Mapping[str, Json]) -> Iterator[str]:
    what = f"{change.kind} {change.name}: "
    match change.kind, change.operation:
        case "Guest", "delete":
            yield f"{what}destroyed, with its root disk"
        case "Guest", "create":
            new = change.inputs("newState")
            yield f"{what}created, {_counted_cpus(new['cpus'])}, {_size(new['memory_mib'] * MIB)}, at {new['address']}"
        case "Guest", _:
            yield from _guest(change, what)
        case "DataDisk", "delete":
            yield f"{what}destroyed, with all that is on it"
        case "DataDisk", "replace":
            yield f"{what}destroyed, with all that is on it, and made anew, blank"
        case "DataDisk", "create":
            yield f"{what}created, {_size(change.inputs('newState')['disk_bytes'])}, blank"
        case "DataDisk", "update":
            old, new = (_size(change.inputs(which)["disk_bytes"]) for which in ("oldState", "newState"))
            yield f"{what}{f'{old} -> {new}' if old != new else 'updated'} (live)"
        case _, "same":
            pass
        case "Network", operation if said := networks.network(
            operation, change.inputs("oldState"), change.inputs("newState"), guests
        ):
            yield f"{what}{said}"
        case _, operation:
            yield f"{what}{_STEPS[operation]}{_because(change)}"


def _guest(change: Change, what: str) -> Iterator[str]:
    whole = change.effect
    is_new = whole == Effect.REPLACE
    if is_new:
        yield f"{what}replaced, its root disk is made anew; data disks stay (replace)"
    old, new = change.inputs("oldState"), change.inputs("newState")
    restart = whole if is_new else change.restart
    told = is_new
    for key in GUEST:
        if key in ("nics", "unusual_disks"):
            continue  # one by one, below
        # Whether there is a password at all, the screen tells.
        if old.get(key) != new.get(key) and (key != "console_password" or key in old.keys() & new.keys()):
            does = whole if is_new else effect(key, old, new)
            does = restart if does == Effect.RESTART else does
            told |= does == restart
            yield f"{what}{_WORDS.get(key, key)} {_shown(key, old)} -> {_shown(key, new)} ({does})"
    for name, disks in change.other_disks.items():
        does = whole if is_new else of_disk(*disks)
        does = restart if does == Effect.RESTART else does
        told |= does == restart
        yield f"{what}disk {name}: {disks[0] or 'plain'} -> {disks[1] or 'plain'} ({does})"
    before, after = change.environment("oldState"), change.environment("newState")
    for line in networks.nics(old, new, before, after):
        yield f"{what}{line} ({whole if is_new else GUEST['nics']})"
    ids = before.get("INSTANCE_ID"), after.get("INSTANCE_ID")
    if ids[0] != ids[1]:
        told = True
        yield f"{what}cloud-init {'runs again' if ids[1] else 'stays as it is from now on'} ({restart})"
        yield from _difference(old["cloud_config"], new["cloud_config"])
    elif not ids[1] and old["cloud_config"] != new["cloud_config"]:
        yield f"{what}cloud-init is not run again, as asked for ({Effect.NOTHING})"
        yield from _difference(old["cloud_config"], new["cloud_config"])
    for key, word in _UNNOTICED.items():
        if before.get(key) != after.get(key):
            told |= key == "GUEST_RESTART" and change.is_pending
            does = whole if key == "GUEST_RESTART" else Effect.LIVE
            yield f"{what}{word} {before.get(key, 'default')} -> {after.get(key, 'default')} ({does})"
    if before.get("RUN") != after.get("RUN"):
        yield f"{what}is not whole, and is mended"
    elif change.is_redefined and not told:
        yield f"{what}stands on another network ({whole})"


def _renames(changes: Sequence[Change]) -> Iterator[str]:
    """A guest that goes and one that comes, else alike, may be meant for one: it is told that they are two."""
    guests = [change for change in changes if change.kind == "Guest"]
    come = {change.name: change.inputs("newState") for change in guests if change.operation == "create"}
    for change in guests:
        if change.operation != "delete":
            continue
        gone = change.inputs("oldState")
        alike = (name for name, new in come.items() if _but_for_the_name(new) == _but_for_the_name(gone))
        if name := next(alike, None):
            del come[name]
            todo = "to keep that one and its disk, let it have its name"
            yield f"Guest {name}: is a new guest, not {change.name} by another name; {todo}"


def _but_for_the_name(inputs: Json) -> dict[str, Any]:
    """What a guest is that does not follow from its name."""
    return {key: value for key, value in inputs.items() if key not in ("address", "mac")}


def _difference(old: str, new: str) -> Iterator[str]:
    """Of two documents, with three lines around what differs."""
    for line in list(difflib.unified_diff(old.splitlines(), new.splitlines(), lineterm=""))[2:]:
        yield f"    {line}"


def _because(change: Change) -> str:
    """What of its inputs is another one."""
    old, new = change.inputs("oldState"), change.inputs("newState")
    keys = sorted(key for key in old.keys() | new.keys() if old.get(key) != new.get(key))
    return f": {', '.join(keys)}" if keys and old else ""


def _shown(key: str, state: Json) -> str:
    if key not in state:
        return _DEFAULTS[key]
    match key:
        case "memory_mib" | "max_memory_mib":
            return _size(state[key] * MIB)
        case "disk_bytes":
            return _size(state[key])
        case "data_disks" | "shares":
            return ", ".join(state[key])
        case "autostart" | "tpm":
            return "true"
        case _:
            return str(state[key])


def _size(amount: int) -> str:
    """Bytes as config has them."""
    for unit, length in (("TiB", 1024**4), ("GiB", 1024**3), ("MiB", MIB)):
        if amount % length == 0:
            return f"{amount // length}{unit}"
    return f"{amount} bytes"


def _counted(operation: str) -> str:
    return {**_STEPS, "same": "unchanged"}.get(operation, operation)


def _counted_cpus(count: int) -> str:
    return f"{count} CPU" if count == 1 else f"{count} CPUs"
