"""The sections of a comment: tables, and what is folded. Pure."""

from collections.abc import Sequence

from components.effects import OFFLINE
from console.capacity import Row
from console.changes import Fate, Told
from console.detail import Detail
from console.fitting import Part, Section
from console.markdown import code, fence, html_code, lines, prose, row, table_head
from console.words import cpus, natural, series, shown, size

_FATES = {
    Fate.DESTROYED: "**destroyed**, with its root disk and all that is on it",
    Fate.LOST: "**replaced, data lost**: made anew; all on its root disk is lost, data disks stay unless told below",
    Fate.REPLACED: "replaced, disks kept: made anew; its root disk was never written to, its data disks stay",
    Fate.RESTARTED: "restarted: shut down cleanly and started again; its disks stay",
    Fate.PENDING: "waits until somebody shuts it down and starts it again",
    Fate.LIVE: "changed without a restart",
    Fate.CREATED: "created",
    Fate.UNCHANGED: "left as it is",
}
_KINDS = {
    "Claim": "mark of the lab on its host",
    "FurtherPool": "pool",
    "HostBridge": "bridge of the host",
    "Image": "image",
    "KvmHost": "hypervisor",
    "Network": "network",
    "Pool": "pool",
    "SshAccess": "SSH config of the lab",
}
"""What people call them; others are called what they are."""
_NAMED = 50
"""Names, and runs of names, in a cell; in a title a tenth of it."""


def marks(told: Sequence[str]) -> Section:
    """What an offline preview goes by, and what is therefore not known; the title says already what it is."""
    texts = [" ".join(text.removeprefix(OFFLINE).removeprefix(": ").split("\n")) for text in dict.fromkeys(told)]
    return Section([Part([f"- {prose(text)}\n" for text in texts], "Offline:\n\n")], 0, ("remark", "remarks"))


def errors(told: Sequence[str]) -> Section:
    """As they are, since each is laid out in lines."""
    texts = [line for error in told for line in error.split("\n")]
    around = fence(texts)
    return Section([Part([lines([text]) for text in texts], f"{around}text\n", f"{around}\n")], 0, ("line", "lines"))


def warnings(told: Sequence[str]) -> Section:
    """Each once: several hosts may say the same."""
    texts = [" ".join(text.split("\n")) for text in dict.fromkeys(told)]
    return Section([Part([f"- {prose(text)}\n" for text in texts], "Warnings:\n\n")], 2, ("warning", "warnings"))


def guests(told: Sequence[Told], hints: dict[str, str]) -> Section:
    """A row for all that fare alike, the worst first; those of which nothing is to be said are counted elsewhere.

    Args:
        told: all guests.
        hints: what else is to be said of some, by name.
    """
    alike: dict[tuple[Fate, str], list[str]] = {}
    for each in told:
        said = [*each.change.remarks, *([hints[each.name]] if each.name in hints else [])]
        if each.fate != Fate.UNCHANGED or said:
            cell = "; ".join(dict.fromkeys([*_what(each), *map(prose, said)]))
            alike.setdefault((each.fate, cell), []).append(each.name)
    order = list(Fate)
    ordered = sorted(alike.items(), key=lambda each: (order.index(each[0][0]), natural(min(each[1], key=natural))))
    rows = [row((_names(names), _FATES[fate], cell)) for (fate, cell), names in ordered]
    return Section([Part(rows, table_head("guests", "what happens", "what changes"))], 1)


def _what(told: Told) -> list[str]:
    if told.fate == Fate.CREATED:
        new = told.change.inputs("newState")
        return [prose(f"{cpus(new.get('cpus'))}, {shown('memory_mib', new)}, disk {shown('disk_bytes', new)}")]
    return [prose(detail.what.removesuffix(":")) for detail in told.details]


def disks(told: Sequence[Told]) -> Section:
    """Data disks, those that are lost first."""
    rows: list[str] = []
    for each in sorted(told, key=lambda each: each.fate not in (Fate.DESTROYED, Fate.LOST)):
        if each.fate == Fate.UNCHANGED and not each.change.remarks:
            continue
        was, will = (prose(size(each.change.inputs(which).get("disk_bytes", ""))) for which in ("oldState", "newState"))
        match each.fate:
            case Fate.DESTROYED:
                what = f"**destroyed**, {was}, with all that is on it"
            case Fate.LOST:
                what = f"**made anew**, {was}, blank; all that is on it is lost"
            case Fate.CREATED:
                what = f"created, {will}, blank"
            case Fate.LIVE if was != will:
                what = f"{was} → {will}, while its guest runs"
            case Fate.LIVE:
                what = "changed while its guest runs"
            case _:
                what = "left as it is"
        rows.append(row((code(each.name), "; ".join([what, *map(prose, each.change.remarks)]))))
    return Section([Part(rows, table_head("data disk", "what happens"))], 1)


def others(told: Sequence[Told]) -> Section:
    """Networks, pools, and all that is no guest's own."""
    rows: list[str] = []
    for each in told:
        if each.head:
            bold = "**" if each.fate == Fate.DESTROYED else ""
            what = f"{bold}{prose(each.head.text.replace(' -> ', ' → '))}{bold}"
            rows.append(row((prose(_KINDS.get(each.kind, each.kind)), code(each.name), what)))
    return Section([Part(rows, table_head("what else", "name", "what happens"))], 3)


def resources(told: Sequence[Row]) -> Section:
    """What guests are promised of their hosts."""
    titles = ("promised", "before", "after", "host has", "limit")
    rows = [row(map(prose, (each.name, each.before, each.after, each.total, each.limit))) for each in told]
    note = "\nPromised by config to disks, and to guests that are on; `make preview` tells what is free now.\n"
    return Section([Part(rows, table_head(*titles), note)], 4)


def properties(told: Sequence[Told]) -> Section:
    """Each change once, with all guests that it is of."""
    rows = [
        row(
            (
                _names(names),
                prose(detail.what.removesuffix(":")),
                *("" if value is None else code(value) for value in (detail.before, detail.after)),
                detail.effect or "",
            )
        )
        for detail, names in _alike(told, has_hunks=False).items()
        if (detail.before, detail.after) != (None, None)
    ]
    head = table_head("guests", "property", "before", "after", "effect")
    return Section([_folded("Properties, before and after", rows, head)], 5)


def documents(told: Sequence[Told]) -> Section:
    """Differences of cloud-init, equal ones once."""
    parts: list[Part] = []
    for detail, names in _alike(told, has_hunks=True).items():
        around = fence(line for hunk in detail.hunks for line in hunk)
        title = f"{detail.what} ({detail.effect}): {_names(names, is_html=True)}"
        parts.append(_folded(title, [lines(hunk) for hunk in detail.hunks], f"{around}diff\n", f"{around}\n"))
    return Section(parts, 6, ("hunk", "hunks"))


def created(told: Sequence[Told]) -> Section:
    """What new guests are given."""
    keys = ("cpus", "memory_mib", "disk_bytes", "address", "image")
    given = [(each.name, each.change.inputs("newState")) for each in told]
    rows = [row((code(name), *(code(shown(key, inputs)) for key in keys))) for name, inputs in given]
    head = table_head("guest", "CPUs", "memory", "disk", "address", "image")
    return Section([_folded("New guests", rows, head)], 7)


def topology(mermaid: Sequence[str]) -> Section:
    """What hangs on what; all of it or nothing."""
    around = fence(mermaid)
    drawn = _folded("Topology", [lines(mermaid)], f"{around}mermaid\n", f"{around}\n")
    return Section([drawn], 8, ("picture", "pictures"))


def _folded(title: str, pieces: Sequence[str], head: str, tail: str = "") -> Part:
    return Part(pieces, f"<details><summary>{title}</summary>\n\n{head}", f"{tail}\n</details>\n")


def _alike(told: Sequence[Told], *, has_hunks: bool) -> dict[Detail, list[str]]:
    found: dict[Detail, list[str]] = {}
    for each in told:
        for detail in each.details:
            if bool(detail.hunks) == has_hunks:
                found.setdefault(detail, []).append(each.name)
    return found


def _names(names: Sequence[str], *, is_html: bool = False) -> str:
    """As many as a reader takes in, and how many guests it is where that is more than one."""
    show, most = (html_code, _NAMED // 10) if is_html else (code, _NAMED)
    runs = series(names)
    told = ", ".join(" to ".join(map(show, run)) for run in runs[:most])
    more = ", …" if len(runs) > most else ""
    return f"{told}{more}" if len(names) == 1 else f"{told}{more} ({len(names)} guests)"
