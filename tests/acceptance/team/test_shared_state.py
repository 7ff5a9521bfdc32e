"""A state that a team shares, in a directory and in a bucket: locks, damages, and the way from one to the other."""

import os
import signal
from pathlib import Path

import pytest

from tests.acceptance.team.conftest import Store
from tests.acceptance.team.server import Server
from tests.toolchain.project import Project
from tests.toolchain.teams import RESTORE, SHOWN, UNCHANGED, UP, Shared, damages, hand_over, start_slowly

# The quick part is shown with a directory by each run of tests/toolchain; here it is with a bucket.
from tests.toolchain.test_shared import (
    test_a_team_has_one_seed_and_one_passphrase as test_a_team_has_one_seed_and_one_passphrase,
)
from tests.toolchain.test_shared import test_two_runs_at_once as test_two_runs_at_once

everywhere = pytest.mark.parametrize("store", ["directory", "bucket"], indirect=True)
STATE = ".pulumi/stacks/kvmlab/lab.json"
HISTORY = ".pulumi/history/kvmlab/lab"


@everywhere
def test_a_lock_that_somebody_broke(ann: Project, ben: Project, shared: Shared) -> None:
    """After `pulumi cancel`, whoever comes next goes on, from another checkout too."""
    ann.ok(UP, **shared)
    hand_over(ann, ben)
    process = start_slowly(ann, shared)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    ben.ok("pulumi cancel --yes --stack lab", **shared)
    assert "changed: cleared what a killed run of lab had under way\n" in ben.ok(UP, **shared)
    assert "pending_operations" not in ben.ok("command pulumi stack export --stack lab", **shared)


@everywhere
def test_export_and_import(ann: Project, ben: Project, shared: Shared) -> None:
    """A state that moves to another backend is the same there: the next run changes nothing."""
    ann.ok(UP, **shared)
    hand_over(ann, ben)
    (ben.root / "state.json").write_text(ann.ok("command pulumi stack export --stack lab", **shared), "utf-8")
    own = {name: value for name, value in shared.items() if name != "PULUMI_BACKEND_URL"}
    ben.ok("toolchain/stack lab; pulumi stack import --stack lab --file state.json", **own)
    assert UNCHANGED in ben.ok(UP, **own)
    assert ben.ok(SHOWN, **own) == ann.ok(SHOWN, **shared)


@everywhere
def test_a_damaged_state(ann: Project, shared: Shared, store: Store, tmp_path: Path) -> None:
    """Whatever has become of it, one line says what to do; with a backup put back, nothing changes."""
    ann.ok(UP, **shared)
    for name, damaged in damages(store.read(STATE)).items():
        store.write(STATE, damaged)
        refused = ann.sh(UP, **shared)
        assert refused.returncode == 1, name
        [line] = [line for line in (refused.stdout + refused.stderr).splitlines() if "error: " in line]
        assert line.startswith("error: stack lab: its state must be "), line
        assert line.endswith("; put a backup back: make restore STACK=lab"), line
        assert store.read(STATE) == damaged
        given = ""
        if shared["PULUMI_BACKEND_URL"].startswith("s3:"):
            without = ann.sh(RESTORE, **shared)
            assert without.returncode == 1
            assert "error: FROM: must be told where the state is in a bucket, got nothing; " in without.stderr
            newest = [key for key in store.list(HISTORY) if key.endswith(".checkpoint.json")][-1]
            (tmp_path / "backup.json").write_bytes(store.read(newest))
            given = f"{tmp_path}/backup.json"
        assert "changed: lab has the state of " in ann.ok(f"{RESTORE} {given}", **shared)
        assert UNCHANGED in ann.ok(UP, **shared)


@everywhere
def test_secrets_stay_secret(ann: Project, shared: Shared, store: Store, s3: Server) -> None:
    """Neither what lets Pulumi in nor what the state keeps secret is said, shown to other users, or stored."""
    told = ann.ok(UP, **shared)
    hidden = [s3.secret, "of the team", ann.ok(SHOWN, **shared).strip()]
    process = start_slowly(ann, shared)
    commands = b"".join(_command(directory) for directory in Path("/proc").glob("[0-9]*"))
    refused = ann.sh(UP, **shared)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    kept = b"".join(store.read(key) for key in [STATE, *store.list(HISTORY)])
    for where in (told.encode(), refused.stdout.encode(), refused.stderr.encode(), commands, kept):
        assert [secret for secret in hidden if secret.encode() in where] == []
    assert b"python\0-m\0console" in commands


def _command(process: Path) -> bytes:
    try:
        return (process / "cmdline").read_bytes()
    except OSError:
        return b""  # it has ended


def test_a_server_that_cannot_be_used(ann: Project, shared: Shared) -> None:
    """Wrong keys, no such bucket, nobody there: one line of Pulumi's says which, and no secret is made for it."""
    url = shared["PULUMI_BACKEND_URL"]
    wrong = {
        "SignatureDoesNotMatch": {"AWS_SECRET_ACCESS_KEY": "wrong"},
        "NoSuchBucket": {"PULUMI_BACKEND_URL": url.replace("s3://labs-", "s3://none-")},
        "connection refused": {
            "PULUMI_BACKEND_URL": url.replace(url.partition("endpoint=http://")[2].partition("&")[0], "127.0.0.1:1")
        },
    }
    own = {name: value for name, value in shared.items() if name != "PULUMI_CONFIG_PASSPHRASE_FILE"}
    for reason, changed in wrong.items():
        refused = ann.sh(UP, **own | changed)
        assert refused.returncode == 1
        [line] = [line for line in refused.stderr.splitlines() if line.startswith("error: ")]
        assert reason in line
        assert not (ann.private / "passphrase").exists()
