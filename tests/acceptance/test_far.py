"""What a machine costs that is 50 ms away: a login in all, where nothing changes, and one for each step that does.

`make far` prints figures such as docs/benchmarks.md has; nothing here asserts a time.
"""

import time
from collections.abc import Callable, Iterator
from statistics import median

import pytest

from tests.acceptance.far import THERE, far
from tests.acceptance.tell import tell
from tests.e2e.lab import Lab, run
from tests.e2e.machine import Machine
from tests.sshd import NAME, Sshd, on_path

pytestmark = [pytest.mark.usefixtures("libvirt"), pytest.mark.timeout(1800)]

DELAYS = (0.0, 0.05)
ROUNDS = 7


@pytest.fixture
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """Up, made from near; a guest of it boots nothing."""
    with on_path(tmp_path_factory.mktemp("near")):
        machine = Machine("e2e-far", "10.20.87.0/24")
        machine.write(2, host={"address": NAME})
        machine.lab.make("up")
        yield machine.lab
        machine.remove()


def seconds(call: Callable[[], object]) -> float:
    """The median of some calls."""
    taken: list[float] = []
    for _ in range(ROUNDS):
        began = time.monotonic()
        call()
        taken.append(time.monotonic() - began)
    return median(taken)


def ssh_true() -> None:
    """A bare login, by what else the program tells ssh."""
    done = run("ssh", "-T", "-o", "BatchMode=yes", "-o", "ControlMaster=no", NAME, "true")
    assert done.returncode == 0, done.stdout


def no_change(lab: Lab) -> None:
    """An up that finds nothing to do."""
    done = lab.pulumi("up", "--yes", "--skip-preview", "--expect-no-changes", "--non-interactive")
    assert done.returncode == 0, done.stdout


def step() -> None:
    """One script that finds all as it should be."""
    settings = (f"SSH_DESTINATION={NAME}", "SETTINGS=BRIDGE", "BRIDGE=none")
    done = run("env", *settings, "host/over_ssh.sh", "bridge.sh", "status")
    assert done.returncode == 0, done.stdout


def logins(sshd: Sshd, call: Callable[[], object]) -> int:
    """How many there are in one call."""
    before = sshd.logins
    call()
    return sshd.logins - before


def test_what_distance_costs(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> None:
    """The machine is this one by an sshd of its own; with and without a delay, in the same run."""
    figures: dict[str, list[float]] = {}
    calls: dict[str, Callable[[], object]] = {
        "ssh host true": ssh_true,
        "a step": step,
        "preview": lab.changes,
        "up, no change": lambda: no_change(lab),
    }
    for delay in DELAYS:
        with far(delay) as within, on_path(tmp_path_factory.mktemp("far"), THERE, within) as sshd:
            assert {name: logins(sshd, call) for name, call in calls.items()} == dict.fromkeys(calls, 1)
            for name, call in calls.items():
                figures.setdefault(name, []).append(seconds(call))
    bare = figures["ssh host true"]
    for name, (near, away) in figures.items():
        ratio = (away - near) / (bare[1] - bare[0])
        tell(
            f"{name}: {near:.2f} s; with 50 ms more {away:.2f} s, which is {ratio:.2f} of what a bare login takes more"
        )
