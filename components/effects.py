"""What a change of a guest does to it: one table, for what shows a preview, and for the tests of what happens."""

from enum import StrEnum


class Effect(StrEnum):
    """From least to most."""

    NOTHING = "nothing"
    LIVE = "live"
    RESTART = "restart"
    REPLACE = "replace"


GUEST = {
    "accelerator": Effect.RESTART,
    "address": Effect.RESTART,
    "autostart": Effect.LIVE,
    "balloon": Effect.RESTART,
    "boot": Effect.RESTART,
    "console": Effect.RESTART,
    "cpu": Effect.RESTART,
    "cpus": Effect.RESTART,
    "data_disks": Effect.LIVE,
    "disk_bytes": Effect.LIVE,
    "firmware": Effect.RESTART,
    "image": Effect.REPLACE,
    "mac": Effect.RESTART,
    "machine": Effect.RESTART,
    "memory_mib": Effect.RESTART,
    "nics": Effect.LIVE,
    "power": Effect.RESTART,
    "shares": Effect.RESTART,
    "tpm": Effect.RESTART,
    "watchdog": Effect.RESTART,
}
"""By what a preview shows of a Guest; what its cloud-config does is up to `onCloudInitChange`."""
