"""What it costs to say what a preview means: the comment of 600 guests, none started, against that preview itself."""

from contextlib import ExitStack
from typing import Any

import yaml

from bench import stored
from bench.columns import make_image
from bench.columns.ours import Ours
from bench.figures import Measured, Ratio, over
from bench.timing import shell

GUESTS = 600
NETWORK = "10.20.92.0/22"
TURNS = 5
LIMIT = 0.1
EDIT: dict[str, Any] = {"memory": "160MiB", "userData": {"packages": ["tmux"]}}
"""Of every guest: its properties change, and its cloud-init."""


def rendering() -> Measured:
    """Previews in which nothing changes, and in which every guest does, each with its comment right after it."""
    make_image()
    with ExitStack() as ends:
        lab = stored.ours({GUESTS: NETWORK}, ends)[GUESTS]
        unchanged = _turns(lab, "nothing changes")
        _edit(lab)
        return Measured([unchanged, _turns(lab, "every guest changes")], [])


def _turns(lab: Ours, what: str) -> Ratio:
    printed, told = lab.project / "preview.json", lab.project / "comment.md"
    runs: dict[str, list[float]] = {"comment": [], "preview": []}
    for _ in range(TURNS):
        preview = shell(lab.pulumi(f"preview --json --show-sames >{printed}"))
        comment = shell(lab.shell(f"python -m console preview-comment {lab.stack} {printed} >{told}"))
        print(f"{GUESTS} guests, {what}: preview {preview:.2f} s, its comment {comment:.2f} s", flush=True)
        runs["preview"].append(preview)
        runs["comment"].append(comment)
    sizes = [f"{file.stat().st_size / 1024:.0f} KiB" for file in (printed, told)]
    print(f"the preview is {sizes[0]} of JSON, the comment {sizes[1]} of Markdown", flush=True)
    return over(f"comment of a preview of {GUESTS} guests, {what} / that preview", LIMIT, runs)


def _edit(lab: Ours) -> None:
    file = lab.project / "stacks" / f"Pulumi.{lab.stack}.yaml"
    config = yaml.safe_load(file.read_text("utf-8"))
    for group in config["config"]["kvmlab:lab"]["groups"].values():
        group.update(EDIT)
    file.write_text(yaml.safe_dump(config), encoding="utf-8")
