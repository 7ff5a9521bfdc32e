"""What becomes of each guest, disk, network and the rest: what `make preview` and the comment tell. Pure."""

import difflib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from components.effects import GUEST, Effect, effect, of_disk
from console import clusters, networks, steps
from console.detail import Detail, Hunk
from console.reading import CONCEALED
from console.steps import Change, Json
from console.words import cpus, natural, shown, size, word

_STEPS = {"create": "created", "delete": "destroyed", "update": "updated", "replace": "made anew"}
_UNNOTICED = {
    "AT_ONCE": "host.atOnce",
    "IS_FIRST": "starts beside others",
    "GUEST_RESTART": "allowRestart",
    "LIBVIRT_SECONDS": "host.timeout in s",
    "LOGIN": "login",
    "READY_SECONDS": "readyTimeout in s",
    "SHUTDOWN_SECONDS": "shutdownTimeout in s",
    "WAIT_FOR": "waitFor",
}
"""What its command alone is told, and no guest notices."""


class Fate(StrEnum):
    """What becomes of a guest or of something else, from most to least."""

    DESTROYED = "destroyed"
    LOST = "replaced, data lost"
    REPLACED = "replaced, disks kept"
    RESTARTED = "restarted"
    PENDING = "changed once restarted"
    LIVE = "changed live"
    CREATED = "created"
    UNCHANGED = "unchanged"


_FATES = {
    Effect.NOTHING: Fate.UNCHANGED,
    Effect.LIVE: Fate.LIVE,
    Effect.PENDING: Fate.PENDING,
    Effect.RESTART: Fate.RESTARTED,
    Effect.REPLACE: Fate.REPLACED,
}
"""Of what stays."""


@dataclass(frozen=True)
class Told:
    """A component, and what becomes of it."""

    change: Change
    fate: Fate
    head: Detail | None
    """What happens to it as a whole, where that is not the sum of its details."""
    details: tuple[Detail, ...] = ()

    @property
    def kind(self) -> str:
        """`Guest`, `DataDisk`, `Network`..."""
        return self.change.kind

    @property
    def name(self) -> str:
        """What Pulumi calls it; a guest's is its own, a data disk's begins with its guest's and a point."""
        return self.change.name


def tell(preview: Json) -> list[Told]:
    """Guests and their disks first, the worst before the rest, then all else, whatever order the engine has."""
    changes = sorted(steps.changes(preview), key=_weight)
    guests = {change.name: change.inputs("oldState") for change in changes if change.kind == "Guest"}
    goes = {
        change.guest for change in changes if change.kind == "DataDisk" and change.operation in ("delete", "replace")
    }
    return [_tell(change, guests, has_lost=change.guest in goes) for change in changes]


def renames(told: Sequence[Told]) -> Iterator[tuple[str, str]]:
    """A guest that goes and one that comes, else alike, may be meant for one: the new one, and what to say of it."""
    guests = [each.change for each in told if each.kind == "Guest"]
    come = {change.name: change.inputs("newState") for change in guests if change.operation == "create"}
    for change in guests:
        if change.operation != "delete":
            continue
        gone = change.inputs("oldState")
        alike = (name for name, new in come.items() if _but_for_the_name(new) == _but_for_the_name(gone))
        if name := next(alike, None):
            del come[name]
            todo = "to keep that one and its disk, let it have its name"
            yield name, f"is a new guest, not {change.name} by another name; {todo}"


def _weight(change: Change) -> tuple[object, ...]:
    """What is lost comes first; then by name, since the engine's order is another one each time."""
    order = {"delete": 0, "replace": 1, "update": 2, "same": 2, "create": 3}
    if change.kind in ("Guest", "DataDisk"):
        return order[change.operation], natural(change.guest), change.kind, natural(change.name)
    return len(order), change.kind, natural(change.name)


def _tell(change: Change, guests: Mapping[str, Json], *, has_lost: bool) -> Told:
    fate, head = _fate(change, has_lost=has_lost), _head(change, guests)
    if change.kind == "Guest" and change.operation in ("update", "replace", "same"):
        return Told(change, fate, head, tuple(_guest(change)))
    return Told(change, fate, head)


def _fate(change: Change, *, has_lost: bool) -> Fate:
    match change.operation, change.kind:
        case "create", _:
            return Fate.CREATED
        case "delete", _:
            return Fate.DESTROYED
        case "replace", "Guest" if change.is_unwritten and not has_lost:
            return Fate.REPLACED
        case "replace", "Guest" | "DataDisk":
            return Fate.LOST
        case "replace", _:
            return Fate.REPLACED
        case _, "Guest":
            return _FATES[change.effect]
        case operation, _:
            return Fate.UNCHANGED if operation == "same" else Fate.LIVE


def _head(change: Change, guests: Mapping[str, Json]) -> Detail | None:
    new = change.inputs("newState")
    match change.kind, change.operation:
        case "Guest", "delete":
            return Detail("destroyed, with its root disk")
        case "Guest", "create":
            memory = shown("memory_mib", new)
            return Detail(f"created, {cpus(new.get('cpus'))}, {memory}, at {new.get('address')}")
        case "Guest", "replace":
            unwritten = ", never written to," if change.is_unwritten else ""
            return Detail(f"replaced, its root disk{unwritten} is made anew; data disks stay", Effect.REPLACE)
        case "DataDisk", "delete":
            return Detail("destroyed, with all that is on it")
        case "DataDisk", "replace":
            return Detail("destroyed, with all that is on it, and made anew, blank")
        case "DataDisk", "create":
            return Detail(f"created, {size(new.get('disk_bytes'))}, blank")
        case "DataDisk", "update":
            before, after = (size(change.inputs(which).get("disk_bytes")) for which in ("oldState", "newState"))
            return Detail("updated", Effect.LIVE) if before == after else Detail("", Effect.LIVE, before, after)
        case ("Guest", _) | (_, "same"):
            return None
        case "KubernetesCluster", _:
            return Detail(clusters.told(change))
        case "Network", operation if said := networks.network(operation, change.inputs("oldState"), new, guests):
            return Detail(said)
        case _, "update" if change.is_mended:
            return Detail("is not whole, and is mended")
        case _, operation:
            return Detail(f"{_STEPS[operation]}{_because(change)}")


def _guest(change: Change) -> Iterator[Detail]:
    whole = change.effect
    is_new = whole == Effect.REPLACE
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
            yield Detail(word(key), does, *_pair(shown(key, old), shown(key, new)))
    for name, disks in change.other_disks.items():
        does = whole if is_new else of_disk(*disks)
        does = restart if does == Effect.RESTART else does
        told |= does == restart
        yield Detail(f"disk {name}:", does, *_pair(disks[0] or "plain", disks[1] or "plain"))
    before, after = change.environment("oldState"), change.environment("newState")
    yield from networks.nics(old, new, before, after, whole if is_new else GUEST["nics"])
    ids = before.get("INSTANCE_ID"), after.get("INSTANCE_ID")
    documents = str(old.get("cloud_config", "")), str(new.get("cloud_config", ""))
    if ids[0] != ids[1]:
        told = True
        what = f"cloud-init {'runs again' if ids[1] else 'stays as it is from now on'}"
        yield Detail(what, restart, hunks=difference(*documents))
    elif not ids[1] and documents[0] != documents[1]:
        yield Detail("cloud-init is not run again, as asked for", Effect.NOTHING, hunks=difference(*documents))
    for key, what in _UNNOTICED.items():
        if before.get(key) != after.get(key):
            told |= key == "GUEST_RESTART" and change.is_pending
            does = whole if key == "GUEST_RESTART" else Effect.LIVE
            yield Detail(what, does, *_pair(before.get(key, "default"), after.get(key, "default")))
    if before.get("RUN") != after.get("RUN"):
        yield Detail("is not whole, and is mended")
    elif change.is_redefined and not told:
        yield Detail("stands on another network", whole)


def _pair(before: str, after: str) -> tuple[str, str]:
    """As they were and will be; where one is a secret, so is the other, which may have been that in plain."""
    return (CONCEALED, CONCEALED) if CONCEALED in (before, after) else (before, after)


@lru_cache(maxsize=1024)
def difference(old: str, new: str) -> tuple[Hunk, ...]:
    """Of two documents, with three lines around what differs; where one is a secret, the other may tell it."""
    if CONCEALED in (old, new):
        return ()
    hunks: list[list[str]] = []
    for line in list(difflib.unified_diff(_lines(old), _lines(new), lineterm=""))[2:]:
        if line.startswith("@@"):
            hunks.append([])
        hunks[-1].append(line)
    return tuple(map(tuple, hunks))


def _lines(text: str) -> list[str]:
    return text.removesuffix("\n").split("\n") if text else []


def _because(change: Change) -> str:
    """What of its inputs is another one."""
    old, new = change.inputs("oldState"), change.inputs("newState")
    keys = sorted(key for key in old.keys() | new.keys() if old.get(key) != new.get(key))
    return f": {', '.join(keys)}" if keys and old and new else ""


def _but_for_the_name(inputs: Json) -> Json:
    """What a guest is that does not follow from its name."""
    return {key: value for key, value in inputs.items() if key not in ("address", "mac")}
