"""What an edit of a guest does is what the reference says of its key, and what the preview has said before.

`make e2e-guests` runs it, in three minutes.
"""

from collections.abc import Iterator
from typing import Any

import pytest

from stacks.config.models import GuestConfig
from tests.acceptance.edits import EDITS, agree, happened, predicted, seen
from tests.e2e.lab import Lab, host
from tests.e2e.machine import Machine

pytestmark = pytest.mark.usefixtures("libvirt")

STACK = "e2e-changes"
WEB: dict[str, Any] = {"memory": "128MiB", "disk": "256MiB", "waitFor": "start", "shutdownTimeout": "0s"}
BY_CLOUD_INIT = "as `onCloudInitChange` says"
REFERENCE: dict[str, str] = {
    key: field["x-change"] for key, field in GuestConfig.model_json_schema()["properties"].items()
}
"""What it says of each key of a guest."""
ELSEWHERE = {
    "allowDataLoss",
    "host",
    "image",
    "firmware",
    "tpm",
    "waitFor",
    "boot",
    "install",
    "nics",
    "pool",
    "waivers",
}
"""Keys that other tests edit: a second host, an image that starts something, or lets go of NICs; no guest is told of
waivers."""


@pytest.fixture(scope="module")
def found() -> dict[str, list[str]]:
    """The host before the lab."""
    Lab(STACK).sweep()
    return host()


@pytest.fixture(scope="module")
def machine(found: dict[str, list[str]]) -> Iterator[Machine]:
    """Two guests that boot nothing, one of which nobody edits."""
    made = Machine(STACK, "10.20.82.0/24")
    write(made, {})
    made.lab.make("up")
    yield made
    made.remove()
    assert host() == found


@pytest.fixture(scope="module")
def kept() -> dict[str, Any]:
    """Edits that cannot be taken back: a disk does not shrink, and a guest that boots nothing lets go of none."""
    return {}


def write(machine: Machine, web: dict[str, Any]) -> None:
    """The lab, with an edited guest."""
    machine.lab.write(
        {
            "kind": "guests",
            "network": {"cidr": machine.cidr},
            "image": {"file": str(machine.image)},
            "pool": {"path": str(machine.disk / "pool")},
            "guests": {"web": {"address": "10.20.82.5", **WEB, **web}, "other": WEB},
        }
    )


@pytest.mark.parametrize("key", EDITS)
def test_an_edit(machine: Machine, kept: dict[str, Any], key: str) -> None:
    """There and back: said, then done, to that guest and to no other, and done once."""
    value, expected = EDITS[key]
    assert expected in REFERENCE[key] or REFERENCE[key] == BY_CLOUD_INIT
    pool = machine.disk / "pool"
    before, other = (seen(f"{STACK}-{name}", pool) for name in ("web", "other"))
    write(machine, {**kept, key: value})
    assert predicted(machine.lab) == {"web": expected}
    machine.lab.make("up")
    after = seen(f"{STACK}-web", pool)
    assert agree(expected, happened(before, after))
    assert machine.lab.changes() == {}
    if key in ("disk", "disks"):
        kept[key] = value
    write(machine, kept)
    machine.lab.make("up")
    if key not in kept:
        assert seen(f"{STACK}-web", pool).definition == before.definition
    assert seen(f"{STACK}-other", pool) == other


def test_every_key_is_edited() -> None:
    """Here, or in a test that has what it takes."""
    assert REFERENCE.keys() == EDITS.keys() | ELSEWHERE
