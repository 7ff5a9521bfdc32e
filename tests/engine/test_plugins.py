"""The command plugin changes hands, and no command is replaced, which would run its delete command on the host.

Engine and state are real: the state is the checkpoint of an example. Ours is built with the version in question, and an
SDK asks for it that says it has that version.

The official plugin is known here by its SDK, which has no configuration, and by public sources of earlier versions and
of its framework, to which it leaves all questions about configuration. So what it notes of itself is put into the
checkpoint, in the forms that versions of the framework have; and for its answers ours stands in, with those questions
left to the framework too. Not shown is its own binary, which takes internet: where the toolchain was downloaded,
tests/engine/test_upgrades.py goes through the move from ours to it.
"""

import json
import subprocess
from collections.abc import Callable
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.engine.checkpoints import KEPT, PROVIDER, State, Steps, add_stack, name, nothing_runs, resources, take_over
from tests.engine.conftest import ROOT, Checkout

pytestmark = pytest.mark.usefixtures("untouched")

MODULE = ROOT / "toolchain" / "command"
COMMAND = "command:local:Command"
STACK = "quickstart"
FILE = KEPT / "v0.1.0" / f"{STACK}.json"
MADE = "1.2.1"
"""The plugin that made what is in the checkpoint."""
NOW = version("pulumi-command")
"""The SDK's version, which is that of the plugin it asks for."""
HIGHER = "1.99.0"
FRAMEWORK = "__pulumi-go-provider-version"

Noted = dict[str, str]
"""What a plugin has noted of itself in a state."""


class Plugin(NamedTuple):
    """A build of our plugin."""

    version: str
    edits: tuple[tuple[str, str], ...] = ()
    """What its provider.go has otherwise: old and new text."""


LIKE_OFFICIAL = (("provider.CheckConfig = checkConfig", ""), ("provider.DiffConfig = diffConfig", ""))
CHANGED = """return p.DiffResponse{
\t\tHasChanges: true, DetailedDiff: map[string]p.PropertyDiff{"version": {Kind: p.UpdateReplace}},
\t}, nil"""
REPLACING = (("return p.DiffResponse{}, nil", CHANGED),)


@pytest.fixture(scope="module")
def home_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Plugin], str]:
    """Builds a plugin, and tells the PULUMI_HOME that has it."""

    @cache
    def built(plugin: Plugin) -> str:
        home = tmp_path_factory.mktemp("home")
        source, edited, overlay = MODULE / "provider/provider.go", home / "provider.go", home / "overlay.json"
        text = source.read_text("utf-8")
        for old, new in ((f'"{NOW}"', f'"{plugin.version}"'), *plugin.edits):
            assert text.count(old) == 1, old
            text = text.replace(old, new)
        edited.write_text(text, "utf-8")
        overlay.write_text(json.dumps({"Replace": {str(source): str(edited)}}), "utf-8")
        binary = home / "pulumi-resource-command"
        build = ("go", "build", "-C", str(MODULE), "-overlay", str(overlay), "-o", str(binary), ".")
        subprocess.run(build, check=True)
        # What is replaced is deleted by the version that made it, so that one has to be there too.
        for number in {plugin.version, MADE}:
            directory = home / "plugins" / f"resource-command-v{number}"
            directory.mkdir(parents=True)
            (directory / binary.name).hardlink_to(binary)
        return str(home)

    return built


def checkpoint(noted: Noted | None) -> dict[str, Any]:
    """The state that a version of the program left.

    Args:
        noted: what the plugin noted of itself there; by default what ours did, which made it.
    """
    if not noted:
        return json.loads(FILE.read_text("utf-8"))
    made, other = (f"::default_{number.replace('.', '_')}" for number in (MADE, noted["version"]))
    state = json.loads(FILE.read_text("utf-8").replace(made, other))
    [provider] = [resource for resource in state["deployment"]["resources"] if resource["type"] == PROVIDER]
    assert provider["inputs"]["version"] == MADE
    provider["inputs"] = provider["outputs"] = noted
    return state


def moved(state: State, plugin: Plugin, home: str, directory: Path) -> Steps:
    """What a preview with a plugin makes of a state.

    Args:
        state: what was left.
        plugin: which one takes over.
        home: the PULUMI_HOME that has it.
        directory: where the program may be.
    """
    checkout = Checkout(directory)
    main = checkout.root / "__main__.py"
    sdk = f"from pulumi_command import _utilities\n\n_utilities._version_str = {plugin.version!r}\n"
    main.write_text(sdk + main.read_text("utf-8"), "utf-8")
    add_stack(checkout, STACK)
    # Plugins of other versions, which a state names and nobody needs, would be looked for on the internet.
    return take_over(checkout, STACK, state, PULUMI_HOME=home, PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION="true")


MOVES: dict[str, tuple[Noted | None, Plugin]] = {
    "from an official that notes its framework": ({"version": MADE, FRAMEWORK: "1.1.0"}, Plugin(NOW)),
    "from an official that does not": ({"version": MADE}, Plugin(NOW)),
    "from a lower version": ({"version": "1.2.0", FRAMEWORK: "1.1.0"}, Plugin(NOW)),
    "from a higher version": ({"version": HIGHER, FRAMEWORK: "1.99.0"}, Plugin(NOW)),
    "to a higher version of ours": (None, Plugin(HIGHER)),
    "to the official": (None, Plugin(NOW, LIKE_OFFICIAL)),
    "to a higher version of the official": (None, Plugin(HIGHER, LIKE_OFFICIAL)),
}
"""What a state has noted of its plugin, and the plugin that takes over."""


@pytest.mark.parametrize("move", MOVES)
def test_a_move_changes_nothing(home_of: Callable[[Plugin], str], tmp_path: Path, move: str) -> None:
    """Every resource stays as it is."""
    noted, plugin = MOVES[move]
    state = checkpoint(noted)
    assert moved(state, plugin, home_of(plugin), tmp_path / "checkout") == nothing_runs(state)


def test_an_early_official_has_commands_run_again(home_of: Callable[[Plugin], str], tmp_path: Path) -> None:
    """Up to 1.1.0 it noted a default with every command, which is a change, and no replacement.

    None of our versions has asked for one of these. https://github.com/pulumi/pulumi-command/issues/912
    """
    state, plugin = checkpoint({"version": "1.0.0"}), Plugin(NOW)
    for resource in resources(state):
        if resource["type"] == COMMAND:
            for properties in (resource["inputs"], resource["outputs"]):
                properties["addPreviousOutputInEnv"] = True
    assert moved(state, plugin, home_of(plugin), tmp_path / "checkout") == all_commands(state, "update")


def test_a_plugin_that_replaces_itself_would_show(home_of: Callable[[Plugin], str], tmp_path: Path) -> None:
    """Were a version a change of the provider, each command would be replaced, as all of the above rules out.

    https://github.com/pulumi/pulumi-go-provider/issues/409
    """
    state, plugin = checkpoint(None), Plugin(HIGHER, REPLACING)
    assert moved(state, plugin, home_of(plugin), tmp_path / "checkout") == all_commands(state, "replace")


def all_commands(state: State, step: str) -> Steps:
    """The steps of a preview that does the same with every command, and nothing else."""
    commands = {name(resource["urn"]): step for resource in resources(state) if resource["type"] == COMMAND}
    assert len(commands) > 5
    return nothing_runs(state) | commands
