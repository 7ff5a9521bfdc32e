"""A lab's topology in files, for `make graph`."""

import json
import subprocess
import sys
from pathlib import Path

from console import steps
from console.legend import summary
from console.steps import Json
from console.svg import svg
from console.topology import mermaid, of

DIRECTORY = Path("graphs")
"""Where Git does not look: what is drawn is of one moment's state, and anybody can draw it again."""


def show(stack: str, *flags: str) -> int:
    """Write what a preview shows, or say what keeps it from that, and write nothing; Pulumi's exit status."""
    command = ["pulumi", "preview", "--stack", stack, "--non-interactive", "--json", "--show-sames", *flags]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, check=False)  # noqa: S603 (no shell)
    if not done.stdout:
        return done.returncode  # why has been told
    told: Json = json.loads(done.stdout)
    if errors := steps.errors(told):
        sys.stdout.writelines(f"error: {error}\n" for error in errors)
    elif not done.returncode:
        paths = " and ".join(str(path) for path in write(told, DIRECTORY, stack))
        sys.stdout.write(f"changed: wrote {paths}: {summary(of(told))}\n")
    return done.returncode


def write(preview: Json, directory: Path, stack: str) -> list[Path]:
    """Both pictures of a preview, each whole at any moment; where they are.

    Args:
        preview: what Pulumi printed.
        directory: where to; made if absent.
        stack: what files are named after; of a full name `organization/project/stack`, the last part.
    """
    name = stack.rpartition("/")[2]
    texts = {"mmd": "".join(f"{line}\n" for line in mermaid(preview)), "svg": svg(of(preview))}
    directory.mkdir(exist_ok=True)
    found: list[Path] = []
    for suffix, text in texts.items():
        path, part = directory / f"{name}.{suffix}", directory / f".{name}.{suffix}.part"
        part.write_text(text, "utf-8")
        found.append(part.replace(path))
    return found
