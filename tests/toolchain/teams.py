"""Checkouts of a team, whose state is in none of them, and what disturbs it."""

import json
import os
import shutil
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.toolchain.project import ROOT, Project

PROGRAM = """\
from pathlib import Path

import pulumi
from pulumi_command import local

pulumi.export("secret", pulumi.Output.secret(pulumi.Config("kvmlab").get("seed")))
lab = pulumi.ComponentResource("kvmlab:index:Lab", "lab")
local.Command("made", create="true", opts=pulumi.ResourceOptions(parent=lab))
if Path("slow").exists():
    local.Command("new", create="touch under-way; sleep 600")
"""
"""Makes a command, and on demand another one, which takes too long."""
UP = "toolchain/stack lab; toolchain/recover lab; python -m console up lab"
"""`make up`, but for the toolchain, which is there."""
RESTORE = "toolchain/stack lab; python toolchain/lib/restore.py lab"
"""`make restore`; a file may follow."""
UNCHANGED = "resources: 3 unchanged"
SHOWN = "command pulumi stack output secret --show-secrets --stack lab"

Shared = Mapping[str, str]
"""The environment of those who share a state."""


def checkout(project: Project, root: Path) -> Project:
    """Another checkout of a project, with what `make up` needs."""
    shutil.copytree(project.root, root, symlinks=True)
    env = (root / ".toolchain/env").read_text("utf-8")
    (root / ".toolchain/env").write_text(env.replace(str(project.root), str(root)), "utf-8")
    # The console remembers its runs beside itself.
    for name in ("console", "toolchain/lib"):
        shutil.copytree(ROOT / name, root / name)
    (root / "components").symlink_to(ROOT / "components")
    (root / "__main__.py").write_text(PROGRAM, "utf-8")
    return Project(root)


def hand_over(ann: Project, ben: Project) -> None:
    """Commit there, pull here."""
    shutil.copyfile(ann.config, ben.config)


def start_slowly(project: Project, shared: Shared) -> "subprocess.Popen[bytes]":
    """Start a run that takes too long, and wait until it is under way; to be killed with its session."""
    (project.root / "slow").touch()
    process = subprocess.Popen(
        ["sh", "-euc", ". ./.toolchain/env; exec python -m console up lab"],
        cwd=project.root,
        env={"PATH": os.environ["PATH"], "HOME": str(project.root), **shared},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    deadline = time.monotonic() + 120
    while not (project.root / "under-way").exists():
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.1)
    return process


def damages(state: bytes) -> dict[str, bytes]:
    """What may become of a checkpoint, by name."""
    read: dict[str, Any] = json.loads(state)
    resources = read["checkpoint"]["latest"]["resources"]

    def having(changed: list[Any]) -> bytes:
        latest = {**read["checkpoint"]["latest"], "resources": changed}
        return json.dumps({**read, "checkpoint": {**read["checkpoint"], "latest": latest}}).encode()

    return {
        "cut short": state[: len(state) // 2],
        "empty": b"",
        "garbage": b"\x00\xff\x17",
        "twice": having([*resources, resources[-1]]),
        "without a parent": having([each for each in resources if not each["urn"].endswith("::lab")]),
    }
