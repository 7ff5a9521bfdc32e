"""Today's program takes over what an earlier version left: it replaces and deletes nothing, and runs nothing again.

The states are checkpoints that each version made of real labs (tests/engine/checkpoints.py). By themselves they prove
nothing of a host on which the lab is: there, what exists is looked at by the probe too, which tests/e2e goes through.
"""

import json
import tempfile
from pathlib import Path
from typing import Any

import pytest

from tests.engine.checkpoints import KEPT, add_stack, nothing_runs, resources, take_over
from tests.engine.conftest import EXAMPLES, Checkout

CHECKPOINTS = [pytest.param(file, id=f"{file.parent.name}-{file.stem}") for file in sorted(KEPT.glob("*/*.json"))]

pytestmark = pytest.mark.usefixtures("untouched")


@pytest.fixture(scope="module")
def today(libvirt: None, tmp_path_factory: pytest.TempPathFactory) -> Checkout:  # noqa: ARG001 (an order)
    """The program as it is, with a stack for each example."""
    made = Checkout(tmp_path_factory.mktemp("today"))
    for stack in EXAMPLES:
        add_stack(made, stack)
    return made


@pytest.fixture
def state() -> dict[str, Any]:
    """A checkpoint that a test may change."""
    return load(KEPT / "v0.1.0" / "quickstart.json")


def load(file: Path) -> dict[str, Any]:
    """Read a checkpoint."""
    return json.loads(file.read_text("utf-8"))


@pytest.mark.parametrize("file", CHECKPOINTS)
def test_an_upgrade_runs_nothing(today: Checkout, file: Path) -> None:
    """Every command of the checkpoint stays as it is, and there is no new one."""
    left = load(file)
    assert len(resources(left)) > 10
    assert take_over(today, file.stem, left) == nothing_runs(left)


def test_a_changed_trigger_would_show(today: Checkout, state: dict[str, Any]) -> None:
    """A guest that today's program would not have made as that version did is replaced, and the preview says so."""
    expected = nothing_runs(state)
    [guest] = [resource for resource in resources(state) if resource["urn"].endswith("::web-guest")]
    for properties in (guest["inputs"], guest["outputs"]):
        properties["triggers"][0] = "of another lab"
    expected["kvmlab:index:Guest$command:local:Command::web-guest"] = "replace"
    assert take_over(today, "quickstart", state) == expected


def test_a_changed_name_would_show(today: Checkout, state: dict[str, Any]) -> None:
    """A resource that today's program calls otherwise is deleted and another one made."""
    expected = nothing_runs(state)
    renamed = json.loads(json.dumps(state).replace("::access-ssh", "::access-files"))
    resource = "kvmlab:index:SshAccess$command:local:Command::access"
    expected |= {f"{resource}-ssh": "create", f"{resource}-files": "delete"}
    assert take_over(today, "quickstart", renamed) == expected


def test_the_first_version_is_kept() -> None:
    """There is something to take over, or all of the above would pass without a look."""
    assert {"v0.1.0/quickstart.json", "v0.1.0/six.json"} <= {str(file.relative_to(KEPT)) for file in KEPT.glob("*/*")}


@pytest.mark.parametrize("file", CHECKPOINTS)
def test_no_checkpoint_tells_on_its_maker(file: Path) -> None:
    """Neither a secret in the clear, nor a path that only the maker's machine has."""
    text = file.read_text("utf-8")
    assert "PRIVATE KEY" not in text
    assert [place for place in ("/home/", "/root/", f"{tempfile.gettempdir()}/") if place in text] == []
