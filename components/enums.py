"""Choices that components offer."""

from enum import StrEnum


class Firmware(StrEnum):
    """What starts a guest's operating system."""

    BIOS = "bios"
    UEFI = "uefi"
    UEFI_SECURE = "uefi-secure"


class NetworkManagerUse(StrEnum):
    """What NetworkManager is left on a hypervisor, where it is not left as it is."""

    UNMANAGED = "unmanaged"
    MASK = "mask"


class NetworkMode(StrEnum):
    """What guests on a network reach beside each other and the host."""

    NAT = "nat"
    ISOLATED = "isolated"
    ROUTED = "routed"


class NicKind(StrEnum):
    """What a further NIC is on."""

    NETWORK = "network"
    BRIDGE = "bridge"
    DIRECT = "direct"


class OnCloudInitChange(StrEnum):
    """What a guest does when its cloud-init changes."""

    REPLACE = "replace"
    RERUN = "rerun"
    IGNORE = "ignore"


class Power(StrEnum):
    """Whether a guest is to run."""

    ON = "on"
    OFF = "off"


class WaitFor(StrEnum):
    """When a guest counts as made."""

    CLOUD_INIT = "cloud-init"
    START = "start"
