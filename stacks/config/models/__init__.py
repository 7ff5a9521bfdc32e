"""What a user may write under `kvmlab:lab`: the single source of the schema, the reference and each field's check."""

from collections.abc import Sequence

from stacks.config.models.base import Model
from stacks.config.models.devices import ConsoleChoice, ConsoleConfig
from stacks.config.models.guest import GroupConfig, GuestConfig
from stacks.config.models.host import HostBridgeConfig, HostChoice, HostConfig, OvercommitConfig
from stacks.config.models.image import NO_IMAGE, Digested, ImageConfig, ImageFile, ImageUrl
from stacks.config.models.kubernetes import NODE_DISK, KubernetesConfig, NodesConfig, WorkersConfig
from stacks.config.models.lab import LabConfig
from stacks.config.models.network import DhcpConfig, FurtherNetworkConfig, NetworkConfig
from stacks.config.models.nic import NicConfig
from stacks.config.models.parts import BalloonConfig, CpuConfig, ShareConfig, TopologyConfig, WatchdogConfig
from stacks.config.models.source import (
    BootConfig,
    InstallConfig,
    InstallSeedConfig,
    SourceConfig,
    SourceFile,
    SourceUrl,
)
from stacks.config.models.storage import (
    DiskChoice,
    DiskConfig,
    DiskHandling,
    FurtherPoolConfig,
    PoolConfig,
    RootDiskConfig,
)
from stacks.config.models.waivers import LabWaiversConfig, WaiversConfig

__all__ = [
    "NODE_DISK",
    "NO_IMAGE",
    "BalloonConfig",
    "BootConfig",
    "ConsoleChoice",
    "ConsoleConfig",
    "CpuConfig",
    "DhcpConfig",
    "Digested",
    "DiskChoice",
    "DiskConfig",
    "DiskHandling",
    "FurtherNetworkConfig",
    "FurtherPoolConfig",
    "GroupConfig",
    "GuestConfig",
    "HostBridgeConfig",
    "HostChoice",
    "HostConfig",
    "ImageConfig",
    "ImageFile",
    "ImageUrl",
    "InstallConfig",
    "InstallSeedConfig",
    "KubernetesConfig",
    "LabConfig",
    "LabWaiversConfig",
    "Model",
    "NetworkConfig",
    "NicConfig",
    "NodesConfig",
    "OvercommitConfig",
    "PoolConfig",
    "RootDiskConfig",
    "ShareConfig",
    "SourceConfig",
    "SourceFile",
    "SourceUrl",
    "TopologyConfig",
    "WaiversConfig",
    "WatchdogConfig",
    "WorkersConfig",
    "model_at",
]


def model_at(where: Sequence[str | int]) -> type[Model]:
    """The model that stands at a place of the lab, as pydantic names it."""
    match where:
        case ["host", *_, "bridge"] | ["hosts", _, *_, "bridge"]:
            return HostBridgeConfig
        case ["host", *_, "overcommit"] | ["hosts", _, *_, "overcommit"]:
            return OvercommitConfig
        case ["host", *_] | ["hosts", _, *_]:
            return HostConfig
        case ["network"]:
            return NetworkConfig
        case ["networks", _]:
            return FurtherNetworkConfig
        case ["network", "dhcp"] | ["networks", _, "dhcp"]:
            return DhcpConfig
        case ["pools", _]:
            return FurtherPoolConfig
        case ["pool"]:
            return PoolConfig
        case [*_, "kernel" | "initrd" | "iso", "\0file"]:
            return SourceFile
        case [*_, "kernel" | "initrd" | "iso", "\0url"]:
            return SourceUrl
        case ["guests" | "groups" | "kubernetes", _, "boot"]:
            return BootConfig
        case ["guests" | "groups" | "kubernetes", _, "install"]:
            return InstallConfig
        case ["guests" | "groups" | "kubernetes", _, "install", "seed"]:
            return InstallSeedConfig
        case [*_, "\0file"]:
            return ImageFile
        case [*_, "\0url"]:
            return ImageUrl
        case ["guests" | "groups" | "kubernetes", _, "disks", _]:
            return DiskConfig
        case ["guests" | "groups" | "kubernetes", _, "nics", _]:
            return NicConfig
        case ["guests" | "groups" | "kubernetes", _, "disk", *_]:
            return RootDiskConfig
        case ["guests" | "groups" | "kubernetes", _, "console", *_]:
            return ConsoleConfig
        case ["guests" | "groups" | "kubernetes", _, "cpu", *_, "topology"]:
            return TopologyConfig
        case ["guests" | "groups" | "kubernetes", _, "cpu", *_]:
            return CpuConfig
        case ["guests" | "groups" | "kubernetes", _, "balloon", *_]:
            return BalloonConfig
        case ["guests" | "groups" | "kubernetes", _, "shares", _]:
            return ShareConfig
        case ["guests" | "groups" | "kubernetes", _, "watchdog", *_]:
            return WatchdogConfig
        case ["guests" | "groups" | "kubernetes", _, "waivers"]:
            return WaiversConfig
        case ["waivers"]:
            return LabWaiversConfig
        case ["guests", _]:
            return GuestConfig
        case ["groups", _]:
            return GroupConfig
        case ["kubernetes", "controlPlane"]:
            return NodesConfig
        case ["kubernetes", "worker"]:
            return WorkersConfig
        case ["kubernetes"]:
            return KubernetesConfig
        case _:
            return LabConfig
