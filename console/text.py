"""A preview as text, for `make preview`. Pure."""

from collections import Counter
from collections.abc import Iterator, Mapping

from console import steps
from console.changes import Fate, Told, renames, tell
from console.steps import Json
from console.visible import TAB, visible

_COUNTED = {
    "created": [Fate.CREATED],
    "destroyed": [Fate.DESTROYED],
    "unchanged": [Fate.UNCHANGED],
    "changed live": [Fate.LIVE],
    "changed once restarted": [Fate.PENDING],
    "restarted": [Fate.RESTARTED],
    "replaced": [Fate.REPLACED, Fate.LOST],
}
_STEPS = {
    "create": "created",
    "delete": "destroyed",
    "update": "updated",
    "replace": "made anew",
    "same": "unchanged",
}


def lines(preview: Json) -> Iterator[str]:
    """What a person reads: guests first, the worst before the rest, then all else, and the count of it."""
    told = tell(preview)
    yield from [line for each in told for line in _lines(each)] or ["nothing changes"]
    yield from (visible(f"Guest {name}: {what}") for name, what in renames(told))
    fates = Counter(each.fate for each in told if each.kind == "Guest")
    counted = {word: sum(fates[fate] for fate in those) for word, those in _COUNTED.items()}
    yield "guests: " + (", ".join(f"{count} {word}" for word, count in counted.items() if count) or "none")
    counts: Mapping[str, int] = preview.get("changeSummary") or {}
    yield "resources: " + ", ".join(f"{count} {_STEPS.get(op, op)}" for op, count in sorted(counts.items()) if count)


def errors(preview: Json) -> Iterator[str]:
    """What has kept a preview from its end; told in place of all else."""
    for error in steps.errors(preview):
        yield from (visible(line, TAB) for line in f"error: {error}".split("\n"))


def marks(preview: Json) -> Iterator[str]:
    """What comes before all else: that no host was asked, and what is therefore not known."""
    for told in steps.marks(preview):
        yield from (visible(line, TAB) for line in told.split("\n"))


def said(preview: Json) -> Iterator[str]:
    """What the program has to say besides: warnings, and the table of what guests ask for and what there is."""
    marked = steps.marks(preview)
    warnings = [f"warning: {warning}" for warning in steps.warnings(preview) if warning not in marked]
    for told in (*warnings, *steps.tables(preview)):
        yield from (visible(line, TAB) for line in told.split("\n"))


def _lines(told: Told) -> Iterator[str]:
    what = f"{told.kind} {told.name}: "
    for detail in (told.head, *told.details):
        if detail:
            yield visible(f"{what}{detail.text}")
            yield from (f"    {visible(line, TAB)}" for hunk in detail.hunks for line in hunk)
