"""Choices that components offer."""

from enum import StrEnum


class OnCloudInitChange(StrEnum):
    """What a guest does when its cloud-init changes."""

    REPLACE = "replace"
    RERUN = "rerun"
    IGNORE = "ignore"


class WaitFor(StrEnum):
    """When a guest counts as made."""

    CLOUD_INIT = "cloud-init"
    START = "start"
