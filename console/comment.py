"""A preview as Markdown, for the comment of a pull request: what a reviewer has to know, the worst first. Pure.

The same preview makes the same text, so that a comment is made once and then updated.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from console import capacity, sections, steps
from console.changes import Fate, Told, renames, tell
from console.fitting import Section, fit
from console.markdown import code
from console.mermaid import mermaid
from console.steps import Json

LIMIT = 60_000
"""Characters; GitHub takes 65,536."""
_COUNTED = {
    Fate.DESTROYED: "**{} destroyed**",
    Fate.LOST: "**{} replaced with data lost**",
    Fate.REPLACED: "{} replaced, disks kept",
    Fate.RESTARTED: "{} restarted",
    Fate.PENDING: "{} changed once restarted",
    Fate.LIVE: "{} changed without a restart",
    Fate.CREATED: "{} created",
    Fate.UNCHANGED: "{} unchanged",
}


def marker(stack: str) -> str:
    """The first line of a stack's comment, by which it is found again."""
    return f"<!-- kvmlab preview: {re.sub(r'[^A-Za-z0-9._/-]', _quoted, stack)} -->"


def comment(preview: Json, stack: str) -> str:
    """The whole of it.

    Args:
        preview: what `pulumi preview --json --show-sames` printed, as `reading.read` has it.
        stack: what people call the stack.
    """
    if errors := steps.errors(preview):
        failed = [sections.errors([*map(capacity.steady, errors)]), sections.warnings(_warnings(preview))]
        return _whole(preview, stack, _failure(len(errors)), failed)
    told = tell(preview)
    return _whole(preview, stack, _summary(told), [*_sections(preview, told)])


def failure(errors: Sequence[str], stack: str) -> str:
    """Where there was no preview at all: why, in the CLI's words."""
    return _whole({}, stack, _failure(len(errors)), [sections.errors(errors)])


def _whole(preview: Json, stack: str, summary: str, told: Sequence[Section]) -> str:
    head = f"{marker(stack)}\n### {_title(preview)} of {code(stack)}\n\n{summary}\n\n"
    every = [sections.marks(steps.marks(preview)), *told]
    return (head + fit(every, LIMIT - len(head), code(f"make preview STACK={stack}"))).rstrip("\n") + "\n"


def _title(preview: Json) -> str:
    if steps.marks(preview):
        return "Offline preview"
    looked = any(step["op"] == "refresh" for step in preview.get("steps") or ())
    return "Drift report" if looked else "Preview"


def _warnings(preview: Json) -> list[str]:
    marked = steps.marks(preview)
    return [capacity.steady(text) for text in steps.warnings(preview) if text not in marked]


def _sections(preview: Json, told: Sequence[Told]) -> Iterator[Section]:
    guests = [each for each in told if each.kind == "Guest"]
    # What is said of a guest or a disk stands with it.
    whose = tuple(f"{each.change.said_as}: " for each in told if each.change.said)
    notes = [text for text in steps.tables(preview) if not text.startswith(capacity.TITLE)]
    said = (*_warnings(preview), *(note.removeprefix("info: ") for note in notes))
    yield sections.warnings([text for text in said if not text.startswith(whose)])
    yield sections.guests(guests, dict(renames(told)))
    yield sections.disks([each for each in told if each.kind == "DataDisk"])
    yield sections.others([each for each in told if each.kind not in ("Guest", "DataDisk")])
    yield sections.resources(capacity.rows(preview, told))
    yield sections.properties(guests)
    yield sections.documents(guests)
    yield sections.created([each for each in guests if each.fate == Fate.CREATED])
    yield sections.topology(mermaid(preview))


def _failure(errors: int) -> str:
    told = "an error" if errors == 1 else f"{errors} errors"
    return f"**The preview failed** with {told}. What would change is not known."


def _summary(told: Sequence[Told]) -> str:
    guests = Counter(each.fate for each in told if each.kind == "Guest")
    counted = [_COUNTED[fate].format(guests[fate]) for fate in Fate if guests[fate]]
    said = [f"Guests: {', '.join(counted) or 'none'}."]
    lost = sum(each.kind == "DataDisk" and each.fate in (Fate.DESTROYED, Fate.LOST) for each in told)
    if lost:
        what = "1 data disk is" if lost == 1 else f"{lost} data disks are"
        said.append(f"**{what} lost, with all data there.**")
    if all(each.fate == Fate.UNCHANGED for each in told):
        said.insert(0, "**Nothing changes.**")
    return " ".join(said)


def _quoted(found: re.Match[str]) -> str:
    return "".join(f"%{byte:02X}" for byte in found[0].encode("utf-8", "surrogatepass"))
