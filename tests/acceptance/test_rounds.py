"""Sixty guests, made, looked at and destroyed, round after round, with no hang, no error and no orphan.

`make rounds` runs it; KVMLAB_ROUNDS is how many, KVMLAB_GUESTS how large.
"""

import os
import time
from collections.abc import Iterator

import pytest

from tests.acceptance.tell import tell
from tests.e2e.lab import host
from tests.e2e.machine import Machine

pytestmark = [pytest.mark.usefixtures("libvirt"), pytest.mark.timeout(7200)]

ROUNDS = int(os.environ.get("KVMLAB_ROUNDS", "20"))
GUESTS = int(os.environ.get("KVMLAB_GUESTS", "60"))


@pytest.fixture
def machine() -> Iterator[Machine]:
    """A lab of guests that boot nothing, and nothing of it left."""
    made = Machine("rounds", "10.20.81.0/24", gib=GUESTS)
    yield made
    made.remove()


def test_rounds(machine: Machine) -> None:
    """Each round is as the first."""
    found = host()
    machine.write(GUESTS)
    ready = f"{GUESTS} of {GUESTS} guests ready in "
    for number in range(1, ROUNDS + 1):
        began = time.monotonic()
        assert ready in machine.lab.make("up")
        machine.is_whole(GUESTS)
        refreshed = machine.lab.pulumi("refresh", "--yes", "--skip-preview", "--expect-no-changes", "--non-interactive")
        assert refreshed.returncode == 0, refreshed.stdout
        again = machine.lab.make("up")
        assert ready in again
        assert " created" not in again
        assert " updated" not in again
        assert f"{GUESTS} guests removed in " in machine.lab.make("destroy")
        assert host() == found
        tell(
            f"{number} of {ROUNDS}: {GUESTS} guests up, preview, refresh, up, destroy: {time.monotonic() - began:.0f} s"
        )
