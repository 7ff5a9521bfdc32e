"""What a run's events become on a terminal and in a log."""

import json
from collections.abc import Sequence
from io import StringIO
from typing import Any

import pytest
from rich.console import Console

from console import display
from console.events import read
from console.progress import Progress, duration

URN = "urn:pulumi:lab::kvmlab::"


def resource(key: str, name: str, operation: str, outputs: dict[str, Any] | None = None) -> str:
    """An event about a resource, in the shape that the engine gives it; a guest's where its name is not a part's."""
    kind = "command:local:Command"
    if name == "kvmlab-lab":
        kind, chain = "pulumi:pulumi:Stack", "pulumi:pulumi:Stack"
    elif "-" in name and name.endswith("-guest"):
        chain = f"kvmlab:index:Guest${kind}"
    else:
        chain = kind
    metadata = {"op": operation, "urn": f"{URN}{chain}::{name}", "type": kind, "new": {"outputs": outputs or {}}}
    return json.dumps({key: {"metadata": metadata}})


def begin(name: str, operation: str = "create") -> str:
    """A step begins."""
    return resource("resourcePreEvent", name, operation)


def end(name: str, operation: str = "create") -> str:
    """A step has ended well."""
    return resource("resOutputsEvent", name, operation)


def said(name: str, message: str, severity: str = "info") -> str:
    """A line of a guest's script, or an error of its."""
    urn = f"{URN}kvmlab:index:Guest$command:local:Command::{name}-guest" if name else ""
    text = f"<{{%reset%}}>{message}<{{%reset%}}>\n"
    return json.dumps({"diagnosticEvent": {"urn": urn, "message": text, "color": "raw", "severity": severity}})


def summary(**changes: int) -> str:
    """The engine's last word."""
    return json.dumps({"summaryEvent": {"resourceChanges": changes}})


def play(events: Sequence[tuple[float, str]], now: float) -> tuple[list[str], Progress]:
    """The lines that events are worth that come at certain seconds, those of the end included."""
    progress = Progress("lab", 0)
    lines: list[str] = []
    for at, line in events:
        if event := read(line):
            lines += progress.take(event, at)
    return [*lines, *progress.end(now)], progress


def test_a_guest_is_one_line() -> None:
    """Its own time begins with its turn; the end says how it went, and how one logs in."""
    events = [
        (0, begin("kvmlab-lab")),
        (0, begin("pool-pool")),
        (1, end("pool-pool")),
        (1, begin("web-guest")),
        (2, said("web", "changed: disks of lab-web")),
        (11, said("web", "lab-web: waits for its turn, 2 at once (10 s)")),
        (20, said("web", "changed: lab-web started")),
        (29, said("web", "lab-web: booting, no lease yet (9 s)")),
        (85, said("web", "changed: lab-web is ready at 10.0.0.2")),
        (85, end("web-guest")),
        (85, begin("db-guest", "same")),
        (85, end("db-guest", "same")),
        (85, resource("resOutputsEvent", "kvmlab-lab", "create", {"table": ["guest", "web"], "key": "[secret]"})),
        (86, summary(create=3, same=1)),
    ]
    lines, _ = play(events, 86)
    assert lines == [
        "pool-pool created in 1 s",
        "web created in 1 min 5 s: is ready at 10.0.0.2",
        "2 of 2 guests ready in 1 min 26 s; slowest: web, 1 min 5 s",
        "resources: 3 created, 1 unchanged",
        "guest",
        "web",
    ]


def test_what_goes_is_counted_too() -> None:
    """A guest made anew is one that is removed and one that is ready."""
    events = [
        (0, begin("web-guest", "delete-replaced")),
        (2, end("web-guest", "delete-replaced")),
        (2, begin("web-guest", "create-replacement")),
        (9, end("web-guest", "create-replacement")),
        (9, begin("db-guest", "delete")),
        (9, end("db-guest", "delete")),
        (9, summary(replace=1, delete=1)),
    ]
    lines, _ = play(events, 9)
    assert lines == [
        "web removed, to be made anew in 2 s",
        "web made anew in 7 s",
        "db removed in 0 s",
        "1 of 1 guests ready, 2 guests removed in 9 s; slowest: web, 7 s",
        "resources: 1 made anew, 1 removed",
    ]


def test_an_error_is_what_went_wrong() -> None:
    """Not all that the script had said before, nor the engine's word that it failed; and nobody is told to log in."""
    told = 'exit status 1: running "host/guest.sh apply":\nchanged: lab-web started\nlab-web: not ready\n<b>\n'
    events = [
        (0, begin("web-guest")),
        (1, said("web", "changed: lab-web started")),
        (9, said("web", told, "error")),
        (9, resource("resOpFailedEvent", "web-guest", "create")),
        (9, said("", "update failed", "error")),
        (9, resource("resOutputsEvent", "kvmlab-lab", "create", {"table": ["guest"]})),
        (9, summary(same=4)),
    ]
    lines, _ = play(events, 9)
    assert lines == [
        "error: web: lab-web: not ready\n<b>",
        "failed, 0 of 1 guests ready in 9 s",
        "resources: 4 unchanged",
    ]


def test_a_report_of_the_program_stands_as_it_is() -> None:
    """Word by word, and in red to nobody."""
    lines, _ = play([(0, said("", "error: stack lab: 1 problem in kvmlab:lab\n  lab.kind: must be", "error"))], 1)
    assert lines == ["error: stack lab: 1 problem in kvmlab:lab\n  lab.kind: must be"]


@pytest.mark.parametrize("line", ["", "not JSON", '{"preludeEvent": {"config": {}}}', '{"cancelEvent": {}}'])
def test_a_run_that_never_began_has_no_end(line: str) -> None:
    """Pulumi has said why: a lock, a passphrase."""
    lines, _ = play([(0, line)] if line else [], 1)
    assert lines == [line] * (line == "not JSON")


def sixty() -> Progress:
    """Sixty guests, two of which boot; the others wait."""
    events = [(0, begin(f"n-{number}-guest")) for number in range(60)]
    events += [(9, said(f"n-{number}", f"lab-n-{number}: waits for its turn, 2 at once (9 s)")) for number in range(58)]
    events += [(9, said(f"n-{number}", f"lab-n-{number}: booting, no lease yet (9 s)")) for number in (58, 59)]
    return play(events, 9)[1]


def test_sixty_guests_in_a_log(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """One line every ten seconds names those that boot, however many wait."""
    now = 0.0
    monkeypatch.setattr(display.time, "monotonic", lambda: now)
    plain, progress = display.Plain(), sixty()
    for second in range(25):
        now = float(second)
        plain.tick(progress, now)
    told = "0 of 60 guests ready, 58 wait for their turn, {0} s; n-58: booting, no lease yet ({0} s), "
    told += "n-59: booting, no lease yet ({0} s)"
    lines = [line.partition(" ")[2] for line in capsys.readouterr().out.splitlines()]
    assert lines == [told.format(10), told.format(20)]


def test_sixty_guests_on_a_screen() -> None:
    """A line for each that boots and one for all; nothing of it stays."""
    file = StringIO()
    screen = display.Screen(Console(file=file, force_terminal=True, width=60, height=9, color_system=None))
    screen.tick(sixty(), 12)
    screen.line("n-1 created in 9 s")
    drawn = file.getvalue()
    for line in ("  n-58  booting, no lease yet, 12 s", "0 of 60 guests ready, 58 wait for their turn, 12 s"):
        assert drawn.count(line) >= 1, drawn
    assert "n-57" not in drawn
    screen.close()
    assert "n-1 created in 9 s" in file.getvalue()


@pytest.mark.parametrize(("seconds", "said"), [(0.4, "0 s"), (59.4, "59 s"), (59.6, "1 min 0 s"), (3661, "61 min 1 s")])
def test_durations(seconds: float, said: str) -> None:
    """As people say them."""
    assert duration(seconds) == said


def test_a_note() -> None:
    """What a person should know is a line at once, though the run goes on well."""
    note = "note: lab-web: its root file system has not grown"
    events = [(0, begin("web-guest")), (2, said("web", note)), (3, said("web", "changed: lab-web is ready"))]
    lines, _ = play([*events, (4, end("web-guest"))], 5)
    assert lines[:2] == ["web: its root file system has not grown", "web created in 4 s: is ready"]
