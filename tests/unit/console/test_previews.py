"""What is wrong with a preview that comes from elsewhere is one line, with what to do."""

import io
import json
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from console import graph, previews
from console.previews import show_comment
from console.reading import UnreadableError, read
from tests.unit.console.previews import guest, preview

WHOLE = json.dumps(preview(guest("update", {"cpus": 2}, {})))
STEP = {"op": "same", "urn": "urn:pulumi:six::kvmlab::pulumi:pulumi:Stack::kvmlab-six"}


@pytest.mark.parametrize(
    ("text", "got"),
    [
        ("", "nothing"),
        (" \n", "nothing"),
        (WHOLE[:-1], f"JSON that is cut short after {len(WHOLE) - 1} characters"),
        (WHOLE[:60], "JSON that is cut short after 60 characters"),
        ("error: no stack", "no JSON at line 1, column 1"),
        ("[" * 100_000, "JSON that is nested too deep"),
        ("[]", "JSON that is a list"),
        ("7", "JSON that is a number"),
        ("null", "JSON that is a null"),
        ("{}", "JSON without steps"),
        ('{"steps": {}, "changeSummary": null}', None),
        ('{"steps": 7}', "steps that are a number"),
        ('{"steps": [7]}', "steps[0] without op and urn"),
        (json.dumps({"steps": [STEP, {"op": "same"}]}), "steps[1] without op and urn"),
        (json.dumps({"steps": [{**STEP, "urn": "web"}]}), "steps[0] whose urn is none"),
        ('{"diagnostics": [{"message": "m"}]}', "diagnostics[0] without message and severity"),
        ('{"steps": [], "changeSummary": {"same": "x"}}', "a changeSummary without counts"),
        (WHOLE, None),
    ],
)
def test_read(text: str, got: str | None) -> None:
    """A preview, or why it is none."""
    if got is None:
        assert read(text, "preview.json")
        return
    with pytest.raises(UnreadableError) as error:
        read(text, "preview.json")
    todo = "run the preview again, and keep all that it prints on stdout"
    assert str(error.value) == f"preview.json: must be what `pulumi preview --json` prints, got {got}; {todo}"


@pytest.mark.parametrize("ill", [None, 7, [], {"inputs": 7}, {"inputs": {"cpus": "x", "nics": 3}}, {"parent": []}])
def test_odd_states(ill: object, tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    """What is not of the kind that it should be is left out."""
    steps = guest("update", {"cpus": 2}, {})
    for step in steps:
        step["oldState"] = ill
    file = tmp_path / "preview.json"
    file.write_text(json.dumps(preview(steps)))
    assert show_comment("six", str(file)) == 0
    assert capsysbinary.readouterr().out.startswith(b"<!-- kvmlab preview: six -->\n### Preview of `six`\n")


def test_a_picture_of_what_is_no_preview(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Is not drawn, and why is told as in a comment's place."""

    def run(stack: str) -> previews.Ended:
        return previews.Ended(stack, 0, WHOLE[:60].encode(), "")

    monkeypatch.setattr(previews, "run", run)
    monkeypatch.chdir(tmp_path)
    assert graph.show("six") == 1
    assert capsys.readouterr().err.startswith("error: stack six: must be what `pulumi preview --json` prints, got JSON")
    assert not (tmp_path / "graphs").exists()


def test_a_file_that_is_not_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Is named."""
    file = tmp_path / "none.json"
    assert show_comment("six", str(file)) == 1
    assert (
        capsys.readouterr().err
        == f"error: {file}: must be a file to read, got No such file or directory; name another\n"
    )


def test_stdin(monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    """Is read for `-`; what is no UTF-8 in it does no harm."""
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(WHOLE.encode().replace(b"base-one", b"\xff"))))
    assert show_comment("six", "-") == 0
    assert b"1 restarted" in capsysbinary.readouterr().out
