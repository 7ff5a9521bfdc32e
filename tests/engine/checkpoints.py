"""Checkpoints of the example stacks: what a version of the program left in their states. Made here, and taken over.

Before a version is tagged, its own are made, for real and one after the other: make checkpoints VERSION=v0.1.0

Passphrase and seed are those of every `Checkout`: they open nothing but what tests make.
"""

import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from components.packages import packages
from tests.engine.conftest import EXAMPLES, OPTIONS, ROOT, Checkout

KEPT = ROOT / "tests" / "cases" / "checkpoints"
PROVIDERS = "pulumi:providers:"
PROVIDER = f"{PROVIDERS}command"

State = Mapping[str, Any]
"""What `pulumi stack export` writes."""
Steps = dict[str, str]
"""What a preview is about to do with each resource, by the resource's type and name."""


def add_stack(checkout: Checkout, stack: str) -> None:
    """Add an example's stack; its guests are emulated wherever it runs, for KVM is a fact of the machine."""
    for arguments in (
        ("stack", "init", "--no-select", "--non-interactive", "--", stack),
        ("config", "set", "--stack", stack, "--path", "kvmlab:lab.host.accelerator", "tcg"),
    ):
        ended = checkout.pulumi(*arguments)
        assert ended.status == 0, ended.errors


def resources(state: State) -> list[dict[str, Any]]:
    """The resources of a checkpoint, but for the engine's own: the providers."""
    return [resource for resource in state["deployment"]["resources"] if not resource["type"].startswith(PROVIDERS)]


def name(urn: str) -> str:
    """A resource's type and name; project and stack are always the same."""
    return urn.split("::", 2)[2]


def take_over(checkout: Checkout, stack: str, state: State, **environment: str) -> Steps:
    """What the checkout's program would do in the place of the one that left a state.

    Args:
        checkout: where it runs; what its stack held before is forgotten.
        stack: which example.
        state: what was left.
        environment: variables for the run.
    """
    file = checkout.root / "checkpoint.json"
    file.write_text(json.dumps(state), "utf-8")
    imported = checkout.pulumi("stack", "import", "--stack", stack, "--file", str(file), **environment)
    assert imported.status == 0, imported.errors
    preview = checkout.preview(stack, "--json", "--show-sames", **environment)
    status, told = preview.status, preview.errors or preview.output[-1000:]  # not the states in it
    assert status == 0, told
    return {name(step["urn"]): step["op"] for step in json.loads(preview.output)["steps"]}


SHOWN_ANEW = {"kvmlab:index:Guest": "update"}
"""Components, which nothing on a host stands on: 0.1.0 showed cloud-config with what may be secret in it."""


def nothing_runs(state: State) -> Steps:
    """The steps of a preview in which all stays, and no command runs but one: a host gets packages that are new."""
    return {name(resource["urn"]): _step(resource) for resource in resources(state)}


def _step(resource: dict[str, Any]) -> str:
    had = resource.get("inputs", {}).get("environment", {}).get("PACKAGES")
    if had not in (None, " ".join(packages("apt", "server"))):
        return "update"
    return SHOWN_ANEW.get(resource["type"], "same")


def make(checkout: Checkout, stack: str) -> State:
    """Make an example real, and leave the host as it was found.

    Args:
        checkout: where that is done.
        stack: the example.

    Returns:
        Its checkpoint.
    """
    add_stack(checkout, stack)

    def pulumi(*arguments: str) -> None:
        command = ("pulumi", *arguments, "--stack", stack, "--yes", "--skip-preview", *OPTIONS)
        subprocess.run(command, cwd=checkout.root, env=checkout.environment, check=True)

    try:
        pulumi("up")
        exported = checkout.pulumi("stack", "export", "--stack", stack)
        assert exported.status == 0, exported.errors
    finally:
        pulumi("destroy")
    return without_places(exported.output, checkout.root)


def without_places(exported: str, root: Path) -> State:
    """A checkpoint without paths of the machine that made it: those of its Python, and of the directory of the run."""
    state = json.loads(exported.replace(str(root), "."))
    for resource in state["deployment"]["resources"]:
        for place in ("sourcePosition", "stackTrace"):
            resource.pop(place, None)
    return state


def keep(state: State, version: str, stack: str) -> None:
    """Write a version's checkpoint of an example where the tests find it."""
    file = KEPT / version / f"{stack}.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f"{json.dumps(state, indent=1)}\n", "utf-8")


if __name__ == "__main__":
    version = sys.argv[-1]
    if not re.fullmatch(r"v\d+\.\d+\.\d+", version):
        sys.exit(f"VERSION: must be of the form v1.2.3, got {version!r}; run `make checkpoints VERSION=v1.2.3`")
    with tempfile.TemporaryDirectory() as directory:
        # One for all, so that the image is fetched once.
        maker = Checkout(Path(directory) / "checkout")
        for example in EXAMPLES:
            keep(make(maker, example), version, example)
