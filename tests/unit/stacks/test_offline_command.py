"""`python -m stacks.offline`: what it refuses before anything is run."""

from pathlib import Path

import pytest

from stacks.offline.__main__ import main, prepared


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["six", "--", "pulumi", "destroy"], "OFFLINE: is for previews alone, got 'destroy'; leave it out"),
        (["six", "--", "make", "up"], "OFFLINE: is for previews alone, got 'up'; leave it out"),
        (["up", "--", "pulumi", "up", "--stack", "up"], "OFFLINE: is for previews alone, got 'up'; leave it out"),
    ],
)
def test_what_is_refused(arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    """In one line."""
    assert main(*arguments) == 1
    assert capsys.readouterr().err == f"error: {said}\n"


def test_a_stack_that_is_none(capsys: pytest.CaptureFixture[str]) -> None:
    """It has no config, whatever it is called."""
    for stack in ("seven", "up"):
        assert main(stack, "--", "preview", stack) == 1
        assert capsys.readouterr().err.startswith(f"error: STACK={stack}: must be there, got no file /")


def refused(root: Path, state: Path) -> str:
    """What the program is to say of a state."""
    assert prepared(root, "kvmlab", "six", {"--state": str(state)}) == ({"resources": []}, "")
    return (root / "refused").read_text("utf-8").removeprefix(f"STATE={state}: ")


def test_a_state_of_another_kind(tmp_path: Path) -> None:
    """None, bytes that are no text, one that was cut short, zipped as backends do, and an empty one."""
    assert refused(tmp_path, tmp_path / "none") == f"must be there, got no file {tmp_path / 'none'}"
    for name, content in (("a", b"\xff\xfe"), ("a.gz", b"\x1f\x8b\x08")):
        (tmp_path / name).write_bytes(content)
        assert refused(tmp_path, tmp_path / name).startswith("must be text that can be read, got ")
    (tmp_path / "empty").touch()
    assert "got what ends early or is no JSON" in refused(tmp_path, tmp_path / "empty")
