"""`python -m stacks.offline`: what it refuses before anything is run."""

from pathlib import Path

import pytest

from stacks.offline.__main__ import main


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["six", "--", "pulumi", "destroy"], "OFFLINE: is for previews alone, got 'destroy'; leave it out"),
        (["six", "--", "make", "up"], "OFFLINE: is for previews alone, got 'up'; leave it out"),
        (["six", "--state", "/no/file", "--", "true"], "STATE=/no/file: must be there, got no file /no/file"),
    ],
)
def test_what_is_refused(arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    """In one line."""
    assert main(*arguments) == 1
    assert capsys.readouterr().err == f"error: {said}\n"


def test_a_stack_that_is_none(capsys: pytest.CaptureFixture[str]) -> None:
    """It has no config."""
    assert main("seven", "--", "true") == 1
    assert capsys.readouterr().err.startswith("error: STACK=seven: must be there, got no file /")


def test_a_state_of_another_kind(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Bytes that are no text, and one that was cut short, zipped as backends do."""
    for name, content in (("a", b"\xff\xfe"), ("a.gz", b"\x1f\x8b\x08")):
        file = tmp_path / name
        file.write_bytes(content)
        assert main("six", "--state", str(file), "--", "true") == 1
        assert capsys.readouterr().err.startswith(f"error: STATE={file}: must be text that can be read, got ")


def test_an_empty_state(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It is not taken for a lab that was never made."""
    file = tmp_path / "state.json"
    file.touch()
    assert main("six", "--state", str(file), "--", "true") == 1
    assert "got what ends early or is no JSON" in capsys.readouterr().err
