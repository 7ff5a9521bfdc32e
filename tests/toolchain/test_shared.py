"""A state that a team shares: two checkouts, and a directory that is in neither. In a bucket: tests/acceptance/team."""

import json
import os
import signal
from pathlib import Path

import pytest

from tests.toolchain.project import Project
from tests.toolchain.teams import SHOWN, UNCHANGED, UP, Shared, checkout, hand_over, start_slowly


@pytest.fixture
def shared(tmp_path: Path) -> Shared:
    """A directory, and a passphrase of the team's."""
    (tmp_path / "states").mkdir()
    phrase = tmp_path / "phrase"
    phrase.write_text("of the team\n", "utf-8")
    return {
        "PULUMI_BACKEND_URL": f"file://{tmp_path}/states?metadata=skip",
        "PULUMI_CONFIG_PASSPHRASE_FILE": str(phrase),
    }


@pytest.fixture
def ann(project: Project, tmp_path: Path) -> Project:
    """One of the team."""
    return checkout(project, tmp_path / "ann")


@pytest.fixture
def ben(project: Project, tmp_path: Path) -> Project:
    """Another one."""
    return checkout(project, tmp_path / "ben")


def test_a_seed_of_its_own(ann: Project, shared: Shared) -> None:
    """Nothing is put beside the one that config has, however that is written, and a runner may make the stack."""
    config = {"config": {"kvmlab:other": 1, "kvmlab:seed": "shared by hand"}}
    ann.config.write_text(json.dumps(config), "utf-8")
    assert "put a seed" not in ann.ok(UP, **shared, CI="true")
    assert ann.ok(SHOWN, **shared).strip() == "shared by hand"


def test_a_team_has_one_seed_and_one_passphrase(ann: Project, ben: Project, shared: Shared) -> None:
    """The seed goes encrypted into config; who lacks the passphrase or the seed is told, and makes up neither."""
    in_ci = ann.sh(UP, **shared, CI="true")
    assert in_ci.returncode == 1
    assert in_ci.stderr == (
        "kvmlab:seed: must be in stacks/Pulumi.lab.yaml where CI is set, got none; "
        "run make stack STACK=lab in a checkout of yours, with this backend, and commit that file\n"
    )
    told = ann.ok(UP, **shared)
    assert f"changed: put a seed into {ann.config}, encrypted; commit it for those who share the stack\n" in told
    assert not (ann.private / "seed").exists()
    config = ann.config.read_text("utf-8")
    assert "  kvmlab:seed:\n    secure: v1:" in config
    assert "encryptionsalt: v1:" in config

    without_seed = ben.sh(UP, **shared)
    assert without_seed.returncode == 1
    assert without_seed.stderr == (
        "kvmlab:seed: must be in stacks/Pulumi.lab.yaml or the one that stack lab was made with, got no "
        f"{ben.private}/seed; ask who made the stack: docs/how-to/share-state.md\n"
    )
    hand_over(ann, ben)
    without_passphrase = ben.sh(UP, **{key: shared[key] for key in shared if key != "PULUMI_CONFIG_PASSPHRASE_FILE"})
    assert without_passphrase.returncode == 1
    assert without_passphrase.stderr == (
        "PULUMI_CONFIG_PASSPHRASE_FILE: must be the file of those who share stack lab, got no "
        f"{ben.private}/passphrase; ask who made the stack: docs/how-to/share-state.md\n"
    )
    assert sorted(path.name for path in ben.private.iterdir()) == ["state"]

    assert UNCHANGED in ben.ok(UP, **shared)
    assert ben.ok(SHOWN, **shared) == ann.ok(SHOWN, **shared)
    assert ben.config.read_text("utf-8") == config


def test_two_runs_at_once(ann: Project, ben: Project, shared: Shared) -> None:
    """The second is refused before anything is changed; killed, the first is told from a live one, and goes on."""
    ann.ok(UP, **shared)
    hand_over(ann, ben)
    process = start_slowly(ann, shared)
    try:
        refused = ben.sh(UP, **shared)
        assert refused.returncode == 1
        # A machine that is very busy says meanwhile that it goes on.
        [line] = [line for line in refused.stdout.splitlines() if "error: " in line]
        assert line.startswith("error: stack lab: must be worked on by one run at a time, got one of ")
        assert "which is alive; wait for it, or end it with Ctrl-C where it was started" in line
        assert refused.stderr == ""
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    # Only the checkout that it ran from can say for sure that no other machine of this name holds the lock.
    refused = ben.sh(UP, **shared)
    assert refused.returncode == 1
    assert (
        "which is dead, unless another machine has this name too; break its lock: `. .toolchain/env" in refused.stdout
    )
    (ann.root / "slow").unlink()
    told = ann.ok(UP, **shared)
    assert "changed: broke the lock of a run that was killed (pid " in told
    assert "changed: cleared what a killed run of lab had under way\n" in told
    assert "Attempting" not in told
    assert "pending_operations" not in ann.ok("command pulumi stack export --stack lab", **shared)
    assert UNCHANGED in ben.ok(UP, **shared)
    assert list((ann.private / "runs").iterdir()) == []
