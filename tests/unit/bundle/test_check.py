"""A bundle is whole, or it is told which file is not, and by which digest."""

import json
from pathlib import Path

import pytest

from bundle import check, seal
from bundle.versions import read

RECIPE = "e" * 64
ZERO = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    """A sealed one, of empty files."""
    for name in seal.FILES:
        (tmp_path / name).touch()
    seal.main([str(tmp_path), RECIPE])
    return tmp_path


def checked(bundle: Path, recipe: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    """The exit status and what is said."""
    status = check.main([str(bundle), recipe])
    return status, capsys.readouterr().out


def test_what_is_sealed(bundle: Path) -> None:
    """All that stacks read."""
    said = json.loads((bundle / "bundle.json").read_text())
    assert list(said) == ["version", "architecture", "recipe", "etcd", "coredns", "pause", "images", "files"]
    assert (said["architecture"], said["recipe"]) == ("amd64", RECIPE)
    assert said["files"] == {name: {"sha256": ZERO, "bytes": 0} for name in ("node.qcow2", "volume.img")}
    assert sorted(path.name for path in bundle.iterdir()) == ["bundle.json", "node.qcow2", "volume.img"]


def test_a_whole_one(bundle: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing is said."""
    assert checked(bundle, RECIPE, capsys) == (0, "")


def test_one_of_another_recipe(bundle: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It is not damaged, and is to be built anew."""
    assert checked(bundle, "f" * 64, capsys) == (1, "")


@pytest.mark.parametrize("text", ["", "[]", "{", '{"recipe": 1}'])
def test_one_that_was_never_sealed(bundle: Path, text: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Or whose seal cannot be read."""
    (bundle / "bundle.json").write_text(text)
    assert checked(bundle, RECIPE, capsys) == (1, "")
    (bundle / "bundle.json").unlink()
    assert checked(bundle, RECIPE, capsys) == (1, "")


def test_one_with_other_bytes(bundle: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The digest is named."""
    said = json.loads((bundle / "bundle.json").read_text())
    said["files"]["volume.img"]["sha256"] = "0" * 64
    (bundle / "bundle.json").write_text(json.dumps(said))
    assert checked(bundle, RECIPE, capsys) == (1, f"{bundle}/volume.img: its sha256 must be {'0' * 64}, got {ZERO}\n")


def test_one_with_too_little(bundle: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A file that is not there, and one that was cut off or grew; both are told."""
    (bundle / "node.qcow2").write_bytes(b"more")
    (bundle / "volume.img").unlink()
    status, said = checked(bundle, RECIPE, capsys)
    assert status == 1
    assert said == (f"{bundle}/node.qcow2: its bytes must be 0, got 4\n{bundle}/volume.img: must be there, got none\n")


def test_versions_are_read_as_a_shell_reads_them() -> None:
    """Comments and empty lines are none."""
    assert read("# A=1\n\nB=2\nC=3=4\n") == {"B": "2", "C": "3=4"}
