"""Layers of container images: the same bytes wherever and whenever they are made."""

import io
import os
import tarfile
from pathlib import Path

from bundle.layers import Directory, File, Link, archive


def members(data: bytes) -> dict[str, tarfile.TarInfo]:
    """What a layer holds."""
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        return {member.name: member for member in tar.getmembers()}


def test_what_is_asked_for_is_there() -> None:
    """Files, links and directories, with the directories that they lie in."""
    layer = members(archive({"usr/bin/a": File(b"aa"), "bin/b": Link("a"), "tmp": Directory(0o1777)}))
    assert list(layer) == ["bin", "bin/b", "tmp", "usr", "usr/bin", "usr/bin/a"]
    assert layer["bin/b"].linkname == "a"
    assert (layer["tmp"].mode, layer["usr"].mode, layer["usr/bin/a"].mode) == (0o1777, 0o755, 0o755)
    assert layer["usr/bin/a"].size == 2


def test_nothing_tells_of_the_machine(tmp_path: Path) -> None:
    """Neither a file's time, owner and mode nor the order of asking changes a byte."""
    first, second = tmp_path / "first", tmp_path / "second"
    first.write_bytes(b"same")
    second.write_bytes(b"same")
    second.chmod(0o600)
    os.utime(second, (1, 1))
    made = archive({"a/x": File(first), "b": Link("a")})
    assert made == archive({"b": Link("a"), "a/x": File(second)})
    assert {(member.mtime, member.uid, member.gid, member.uname) for member in members(made).values()} == {
        (0, 0, 0, "")
    }


def test_a_directory_keeps_the_mode_that_was_asked_for() -> None:
    """Although something lies in it."""
    assert members(archive({"tmp/x": File(b""), "tmp": Directory(0o1777)}))["tmp"].mode == 0o1777
