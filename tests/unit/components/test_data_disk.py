"""What a data disk is made of."""

from typing import Any

import pytest

from components.data_disk import DataDisk, DataDiskArgs, VolumeGroup
from tests.unit.components.arguments import DATA_DISK
from tests.unit.mocks import Registered, run


def command(**changes: object) -> Registered:
    """The command that makes it."""
    args: DataDiskArgs = {**DATA_DISK, **changes}  # pyright: ignore[reportAssignmentType]
    return run(lambda: DataDisk("node-1.data", args))["Command node-1.data-disk"]


def test_command() -> None:
    """A volume of its own; Pulumi does not let it go."""
    made = command()
    assert made.inputs == {
        "create": "host/disk.sh apply",
        "delete": "host/disk.sh delete",
        "environment": {
            "DOMAIN": "six-node-1",
            "VOLUME": "six-node-1.data.qcow2",
            "DISK_BYTES": "21474836480",
            "PROTECT": "yes",
            "POOL": "six",
            "POOL_PATH": "/srv/six",
        },
        "triggers": ["six-node-1", "data", "six", "/srv/six"],
        "logging": "stdout",
    }
    assert made.request.protect
    assert not command(protected=False).request.protect


def test_in_a_volume_group() -> None:
    """It is a volume without a file's name, and its marks are elsewhere."""
    group = VolumeGroup("labvg", "six")
    told = command(pool="", pool_path="/dev/labvg", marks="/srv/six", group=group).inputs["environment"]
    plain = command().inputs["environment"]
    assert {key: told[key] for key in told if told[key] != plain.get(key)} == {
        "VOLUME": "six-node-1.data",
        "POOL": "",
        "POOL_PATH": "/dev/labvg",
        "GUEST_MARKS": "/srv/six",
        "GUEST_GROUP": "labvg",
        "GUEST_LAB": "six",
    }


@pytest.mark.parametrize(
    ("key", "value", "replaces"),
    [
        ("domain", "six-node-2", True),
        ("disk", "log", True),
        ("disk_bytes", 30 * 1024**3, False),
        ("protected", False, False),
        ("pool", "seven", True),
        ("pool_path", "/srv/seven", True),
        ("marks", "/srv/six", False),
        ("group", VolumeGroup("labvg", "six"), False),
        ("libvirt_seconds", 60, False),
    ],
)
def test_what_a_change_does(key: str, value: Any, replaces: bool) -> None:
    """Another place is another disk; all else is done to the one that is there."""
    before, after = command(), command(**{key: value})
    assert before.inputs != after.inputs
    assert (before.inputs["triggers"] != after.inputs["triggers"]) == replaces
