"""What a change of a guest does to it: one table, for what shows a preview, and for the tests of what happens."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any


class Effect(StrEnum):
    """From least to most."""

    NOTHING = "nothing"
    LIVE = "live"
    PENDING = "pending"
    """It would restart the guest, which is not to be restarted."""
    RESTART = "restart"
    REPLACE = "replace"


GUEST = {
    "accelerator": Effect.RESTART,
    "address": Effect.RESTART,
    "autostart": Effect.LIVE,
    "balloon": Effect.RESTART,
    "boot": Effect.RESTART,
    "console": Effect.RESTART,
    "console_password": Effect.LIVE,
    "cpu": Effect.RESTART,
    "cpu_shares": Effect.RESTART,
    "cpus": Effect.RESTART,
    "data_disks": Effect.LIVE,
    "description": Effect.LIVE,
    "disk_bytes": Effect.LIVE,
    "disk_options": Effect.RESTART,
    "firmware": Effect.RESTART,
    "image": Effect.REPLACE,
    "install": Effect.RESTART,
    "install_files": Effect.LIVE,
    "mac": Effect.RESTART,
    "machine": Effect.RESTART,
    "max_cpus": Effect.RESTART,
    "max_memory_mib": Effect.RESTART,
    "memory_mib": Effect.RESTART,
    "nics": Effect.LIVE,
    "pool": Effect.REPLACE,
    "power": Effect.RESTART,
    "shares": Effect.RESTART,
    "tpm": Effect.RESTART,
    "unusual_disks": Effect.RESTART,
    "watchdog": Effect.RESTART,
}
"""By what a preview shows of a Guest; what its cloud-config does is up to `onCloudInitChange`."""

OFFLINE = "offline preview"
"""How everything begins that a preview says of itself for which no host was asked."""
UNWRITTEN = "nothing has been written to its root disk"
"""How a preview tells of a guest that is made anew and loses nothing with that disk."""

PENDING = "a change is pending until it restarts"
"""How a run warns of a guest that runs on as it was."""


def effect(key: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Effect:
    """What a change of one key does, which may depend on the others: within what it may grow to, a guest grows live."""
    most = {"cpus": "max_cpus", "memory_mib": "max_memory_mib"}.get(key)
    if most and old.get(most) and old.get(most) == new.get(most):
        # It does not let go of CPUs while it runs.
        return Effect.LIVE if key != "cpus" or new.get(key, 0) >= old.get(key, 0) else Effect.RESTART
    return GUEST[key]


def of_disk(old: str | None, new: str | None) -> Effect:
    """What becomes of a guest whose data disk is another one, each as domain_disks.shown tells it; none is plain.

    Another path is another disk, in the first one's place; another way of the same one is known to QEMU from its start.
    """
    places = {told.rpartition(" (")[0] if told and told.startswith("/") else "" for told in (old, new)}
    return Effect.LIVE if len(places) > 1 else Effect.RESTART
