"""Which backup takes the place of a state."""

import gzip
import importlib.util
import json
from pathlib import Path
from typing import Any

import pytest

from tests.toolchain.project import ROOT
from tests.toolchain.teams import damages

_spec = importlib.util.spec_from_file_location("restore", ROOT / "toolchain/lib/restore.py")
assert _spec
assert _spec.loader
restore: Any = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(restore)


def checkpoint(time: str, *names: str) -> bytes:
    """What Pulumi keeps: the stack, and a component with a command below it for each name."""
    resources: list[dict[str, Any]] = [{"urn": "urn:stack", "type": "pulumi:pulumi:Stack"}]
    for name in names:
        resources += [
            {"urn": f"urn::{name}", "type": "kvmlab:index:Lab", "parent": "urn:stack"},
            {"urn": f"urn::{name}-made", "type": "command:local:Command", "parent": f"urn::{name}"},
        ]
    return json.dumps(
        {"version": 3, "checkpoint": {"latest": {"manifest": {"time": time}, "resources": resources}}}
    ).encode()


def keep(pulumi: Path, name: str, data: bytes) -> None:
    """Put a file where Pulumi would."""
    (pulumi / name).parent.mkdir(parents=True, exist_ok=True)
    (pulumi / name).write_bytes(data)


def test_the_newest_whole_one_with_a_lab(tmp_path: Path) -> None:
    """By the time at which Pulumi wrote it, wherever it lies; none that is damaged, emptied, or of another stack."""
    keep(tmp_path, "history/kvmlab/lab/lab-1.checkpoint.json", checkpoint("2026-01-01T00:00:00Z", "lab"))
    keep(
        tmp_path,
        "history/kvmlab/lab/lab-2.checkpoint.json.gz",
        gzip.compress(checkpoint("2026-01-02T00:00:00Z", "lab")),
    )
    keep(tmp_path, "backups/kvmlab/lab/lab.3.json", checkpoint("2026-01-03T00:00:00Z"))
    keep(tmp_path, "stacks/kvmlab/lab.json.bak", checkpoint("2026-01-04T00:00:00Z", "lab")[:-9])
    keep(tmp_path, "history/kvmlab/other/other-5.checkpoint.json", checkpoint("2026-01-05T00:00:00Z", "lab"))
    keep(tmp_path, "history/kvmlab/lab/lab-2.history.json", b"{}")
    found = restore.backups(tmp_path, "kvmlab", "lab")
    assert [backup.time for backup in found] == ["2026-01-02T00:00:00Z", "2026-01-01T00:00:00Z"]


def test_a_checkpoint_and_an_export_are_the_same() -> None:
    """Either is taken."""
    read = json.loads(checkpoint("2026-01-01T00:00:00Z", "lab"))
    exported = json.dumps({"version": 3, "deployment": read["checkpoint"]["latest"]}).encode()
    assert restore.deployment(exported) == restore.deployment(json.dumps(read).encode())


@pytest.mark.parametrize(("name", "data"), damages(checkpoint("2026-01-01T00:00:00Z", "lab")).items())
def test_what_is_not_whole(name: str, data: bytes) -> None:
    """No such one is put back."""
    with pytest.raises(restore.RestoreError) as refused:
        restore.deployment(data)
    told = {
        "twice": "holds urn::lab-made twice",
        "without a parent": "holds urn::lab-made without its parent",
    }
    assert str(refused.value).startswith(told.get(name, "cannot be read ("))


def test_what_is_about_to_be_deleted() -> None:
    """A resource that is being replaced stands there twice, and that is whole."""
    read = json.loads(checkpoint("2026-01-01T00:00:00Z", "lab"))
    resources = read["checkpoint"]["latest"]["resources"]
    resources.append({**resources[-1], "delete": True})
    assert restore.deployment(json.dumps(read).encode())[0] == 3


def test_a_bucket_must_be_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """What lies there cannot be looked through from here."""
    monkeypatch.setenv("PULUMI_BACKEND_URL", "s3://labs?region=x")
    with pytest.raises(restore.RestoreError) as refused:
        restore.chosen("lab", None)
    assert str(refused.value) == (
        "FROM: must be told where the state is in a bucket, got nothing; copy the newest of "
        ".pulumi/history/kvmlab/lab/*.checkpoint.json from there: make restore STACK=lab FROM=that-file"
    )


def test_a_file_that_is_no_state(tmp_path: Path) -> None:
    """It is named."""
    with pytest.raises(restore.RestoreError) as refused:
        restore.chosen("lab", str(tmp_path / "none"))
    assert str(refused.value) == (
        f"FROM: must be a file that can be read, got '{tmp_path}/none' (No such file or directory)"
    )
    (tmp_path / "half").write_bytes(b"{")
    with pytest.raises(restore.RestoreError) as refused:
        restore.chosen("lab", str(tmp_path / "half"))
    assert str(refused.value).startswith(f"FROM: must be a whole state, got '{tmp_path}/half', which cannot be read (")
