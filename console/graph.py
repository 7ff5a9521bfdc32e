"""A lab's topology in files, for `make graph`."""

import sys
from pathlib import Path

from console import previews, text
from console.legend import summary
from console.mermaid import mermaid
from console.steps import Json
from console.svg import svg
from console.topology import topology_of

DIRECTORY = Path("graphs")
"""Where Git does not look: what is drawn is of one moment's state, and anybody can draw it again."""


def show(stack: str, *flags: str) -> int:
    """Write what a preview shows, or say what keeps it from that, and write nothing; Pulumi's exit status."""

    def tell(told: Json, status: int) -> None:
        if errors := [*text.errors(told)]:
            sys.stdout.writelines(f"{error}\n" for error in errors)
        elif not status:
            paths = " and ".join(str(path) for path in write(told, DIRECTORY, stack))
            sys.stdout.write(f"changed: wrote {paths}: {summary(topology_of(told))}\n")

    return previews.looked(stack, flags, tell)


def write(preview: Json, directory: Path, stack: str) -> list[Path]:
    """Both pictures of a preview, each whole at any moment; where they are.

    Args:
        preview: what Pulumi printed.
        directory: where to; made if absent.
        stack: what files are named after; of a full name `organization/project/stack`, the last part.
    """
    name = stack.rpartition("/")[2]
    texts = {"mmd": "".join(f"{line}\n" for line in mermaid(preview)), "svg": svg(topology_of(preview))}
    directory.mkdir(exist_ok=True)
    found: list[Path] = []
    for suffix, drawn in texts.items():
        path, part = directory / f"{name}.{suffix}", directory / f".{name}.{suffix}.part"
        part.write_text(drawn, "utf-8")
        found.append(part.replace(path))
    return found
