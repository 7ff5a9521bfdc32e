"""Guests take turns: as many at once as there are places, and a place is free again however its holder ended."""

import os
import re
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.engine.conftest import ROOT

HOLD = ". host/lib.sh; . host/turns.sh; turns=$TURNS; take_turn web $WHICH; echo taken; sleep {}; echo over; end_turn"


def holder(turns: str, seconds: float, **environment: str) -> "subprocess.Popen[str]":
    """A script that takes a turn and keeps it for a while."""
    return subprocess.Popen(
        ["sh", "-euc", HOLD.format(seconds)],
        cwd=ROOT,
        env={**os.environ, "TURNS": turns, "WHICH": "", "ACCELERATOR": "qemu", **environment},
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def test_as_many_at_once_as_there_are_places(tmp_path: Path) -> None:
    """Seven guests and two places: hardly ever are there three, and all get theirs. Nothing is left behind."""
    log = tmp_path / "log"
    script = HOLD.format("0.2").replace("echo taken", "echo taken >>$LOG").replace("echo over", "echo over >>$LOG")
    environment = {**os.environ, "TURNS": f"{tmp_path}/turn-", "LOG": str(log), "WHICH": "", "AT_ONCE": "2"}
    started = [subprocess.Popen(["sh", "-euc", script], cwd=ROOT, env=environment) for _ in range(7)]
    assert [each.wait(timeout=60) for each in started] == [0] * 7
    inside, most = 0, 0
    for line in log.read_text("utf-8").split():
        inside += 1 if line == "taken" else -1
        most = max(most, inside)
    # One that waited for a file that is gone may go too.
    assert 2 <= most <= 3
    assert inside == 0
    assert list(tmp_path.iterdir()) == [log]


def test_a_killed_holder_has_no_turn(tmp_path: Path) -> None:
    """Its lock goes with it, so the next one waits for nobody."""
    first = holder(f"{tmp_path}/turn-", 600, AT_ONCE="1")
    assert first.stdout is not None
    assert first.stdout.readline() == "taken\n"
    second = holder(f"{tmp_path}/turn-", 0, AT_ONCE="1")
    time.sleep(1)
    assert second.poll() is None
    os.killpg(first.pid, signal.SIGKILL)
    output, _ = second.communicate(timeout=60)
    assert output == "taken\nover\n"
    assert second.returncode == 0


def test_whoever_others_wait_for_starts_beside_them(tmp_path: Path) -> None:
    """It has a place more, and nobody else has that."""
    others = [holder(f"{tmp_path}/turn-", 600, AT_ONCE="2") for _ in range(2)]
    for other in others:
        assert other.stdout is not None
        assert other.stdout.readline() == "taken\n"
    waiting = holder(f"{tmp_path}/turn-", 0, AT_ONCE="2")
    output, _ = holder(f"{tmp_path}/turn-", 0, AT_ONCE="2", IS_FIRST="1").communicate(timeout=60)
    assert output == "taken\nover\n"
    assert waiting.poll() is None
    for process in (*others, waiting):
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def test_whoever_may_have_more_places_leaves_others_theirs(tmp_path: Path) -> None:
    """Nodes that join, say, to a guest that is yet to boot; where nobody is, they have all."""
    joining: list[subprocess.Popen[str]] = []

    def join(count: int) -> None:
        for _ in range(count):
            joining.append(holder(f"{tmp_path}/turn-", 600, AT_ONCE="4", WHICH="last"))
            assert joining[-1].stdout is not None
            assert joining[-1].stdout.readline() == "taken\n"

    join(2)
    output, _ = holder(f"{tmp_path}/turn-", 0, AT_ONCE="2").communicate(timeout=60)
    assert output == "taken\nover\n"
    join(2)
    for node in joining:
        os.killpg(node.pid, signal.SIGKILL)
        node.communicate()


@pytest.mark.parametrize(
    ("settings", "places"),
    [
        ({"AT_ONCE": "7", "ACCELERATOR": "kvm"}, 7),
        ({"ACCELERATOR": "qemu"}, os.cpu_count()),
        ({"ACCELERATOR": "kvm"}, 2 * (os.cpu_count() or 0)),
    ],
)
def test_places(settings: dict[str, str], places: int) -> None:
    """What config says, else what the host can carry."""
    done = subprocess.run(
        ["sh", "-euc", ". host/lib.sh; . host/turns.sh; at_once"],
        cwd=ROOT,
        env={**os.environ, **settings},
        capture_output=True,
        text=True,
        check=True,
    )
    assert int(done.stdout) == places


def test_who_waits_says_so(tmp_path: Path) -> None:
    """After ten seconds there is a line that tells for whom and how many go at once."""
    first = holder(f"{tmp_path}/turn-", 12, AT_ONCE="1")
    assert first.stdout is not None
    assert first.stdout.readline() == "taken\n"
    output, _ = holder(f"{tmp_path}/turn-", 0, AT_ONCE="1").communicate(timeout=60)
    assert re.match(r"web: waits for its turn, 1 at once \(\d+ s\)\ntaken\n", output)
    first.communicate(timeout=60)
