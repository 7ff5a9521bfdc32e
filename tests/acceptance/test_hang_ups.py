"""A machine behind SSH disappears at any moment of a run: an error says so, and the next run converges.

`make hang-ups` runs it; KVMLAB_HANG_UPS is how many moments, KVMLAB_SEED repeats a run.
"""

import os
import random
import secrets
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from tests.acceptance.tell import tell
from tests.e2e.lab import host, run, wait_until_quiet
from tests.e2e.machine import Machine
from tests.sshd import NAME, Sshd, on_path

pytestmark = [pytest.mark.usefixtures("libvirt"), pytest.mark.timeout(7200)]

MOMENTS = int(os.environ.get("KVMLAB_HANG_UPS", "20"))
SEED = os.environ.get("KVMLAB_SEED", secrets.token_hex(4))
GUESTS = 3
LONGEST = 60
"""Seconds until whoever waits for a machine that is silent must have been told; ssh's own limits are 10 and 20."""


@pytest.fixture
def sshd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sshd]:
    """The way in, which whatever runs from here on finds."""
    with on_path(tmp_path_factory.mktemp("sshd")) as sshd:
        yield sshd


@pytest.fixture
def machine(sshd: Sshd) -> Iterator[Machine]:
    """The lab, which goes through it."""
    made = Machine("hang-ups", "10.20.88.0/24")
    made.write(GUESTS, host={"address": NAME, "hostKey": sshd.public_key})
    yield made
    made.remove()


def disturbed(machine: Machine, target: str, after: float, act: Callable[[], None]) -> tuple[float, bool, str]:
    """Run a make target and do that once so many seconds have gone; seconds from then on, success, and the output."""
    moment: list[float] = []

    def later() -> None:
        act()
        moment.append(time.monotonic())

    timer = threading.Timer(after, later)
    timer.start()
    done = run("make", target, f"STACK={machine.lab.stack}")
    end = time.monotonic()
    timer.cancel()
    timer.join()
    return end - moment[0] if moment else 0.0, done.returncode == 0, done.stdout


def test_hang_ups(machine: Machine, sshd: Sshd) -> None:
    """Half of them break the connections that there are, and half let all of them hang for good."""
    tell(f"seed {SEED}, {MOMENTS} moments")
    chosen = random.Random(SEED)  # noqa: S311 (to be repeated, not to be secret)
    found, failed = host(), 0
    length: dict[str, float] = {}
    for target in ("up", "destroy"):
        began = time.monotonic()
        machine.lab.make(target)
        length[target] = time.monotonic() - began
    wait_until_quiet()
    assert host() == found
    acts: dict[str, Callable[[], None]] = {"hang up": sshd.hang_up, "stall": sshd.stall}
    for number in range(MOMENTS):
        name, act = list(acts.items())[number % 2]
        target = "destroy" if number % 5 == 4 else "up"
        if target == "destroy":
            machine.lab.make("up")
        after = chosen.uniform(0, length[target])
        waited, well, output = disturbed(machine, target, after, act)
        sshd.go_on()
        tell(
            f"{number + 1}: {name} {after:.1f} s into {target}: {'done' if well else f'an error after {waited:.0f} s'}"
        )
        if not well:
            failed += 1
            assert f"host {NAME}: " in output, output
            assert "must be reached by ssh, got " in output, output
            assert waited < LONGEST, output
        wait_until_quiet()
        machine.lab.make(target)
        if target == "up":
            machine.is_whole(GUESTS)
            machine.lab.make("destroy")
        wait_until_quiet()
        assert host() == found, f"seed {SEED}, moment {number + 1}"
    # A connection is not open at every moment.
    assert failed >= MOMENTS // 2, f"only {failed} of {MOMENTS} moments were in the way of a run"
