"""Guests and groups of them."""

from typing import Any

from pydantic import Field

from stacks.config.fields import (
    Address,
    Count,
    Cpus,
    Duration,
    HostName,
    LayerName,
    Line,
    Memory,
    PoolName,
    PublicKey,
    Switch,
    Timeout,
)
from stacks.config.lab import Firmware, MachineType, OnCloudInitChange, Power, WaitFor
from stacks.config.models.base import BY_CLOUD_INIT, GROWS, NAMES, NO_GUEST, REDEFINE, REPLACE, Model, doc
from stacks.config.models.devices import ConsoleChoice
from stacks.config.models.image import ImageConfig
from stacks.config.models.nic import NicConfig
from stacks.config.models.parts import BalloonChoice, CpuChoice, ShareConfig, WatchdogConfig
from stacks.config.models.source import BootConfig, InstallConfig
from stacks.config.models.storage import DiskChoice, DiskConfig
from stacks.config.models.waivers import NOTHING, WaiversConfig
from stacks.config.scalars import MIB


class GuestConfig(Model):
    """A virtual machine."""

    host: HostName | None = Field(
        default=None,
        description="The machine that carries it, by its name in `hosts`; must be given where there are several.",
        json_schema_extra=doc("replace, on the other machine", "the only one"),
    )
    image: ImageConfig | None = Field(
        default=None,
        description="What the disk starts from: a name of `images/catalogue.yaml`, a mapping with `file` or `url`, "
        "or `none`, a blank disk.",
        json_schema_extra=doc(REPLACE, "the lab's `image`"),
    )
    cpus: Cpus = Field(
        default=1,
        description="Virtual CPUs, 1 to 255.",
        json_schema_extra=doc(f"{REDEFINE}; live: more, up to `maxCpus`"),
    )
    memory: Memory = Field(
        default=1024 * MIB,
        description="RAM in whole MiB, at least `128MiB`.",
        json_schema_extra=doc(f"{REDEFINE}; live: up to `maxMemory`", "`1GiB`"),
    )
    max_cpus: Cpus | None = Field(
        default=None,
        description="As many CPUs may be added while it runs: up to that, more `cpus` is live.",
        json_schema_extra=doc(REDEFINE, "`cpus`"),
    )
    max_memory: Memory | None = Field(
        default=None,
        description="As much memory may be given it while it runs: up to that, another `memory` is live.",
        json_schema_extra=doc(REDEFINE, "`memory`"),
    )
    disk: DiskChoice = Field(
        default=8 * 1024 * MIB,
        description="Size of the root disk, no smaller than the image's; or a mapping with more of it.",
        json_schema_extra=doc(GROWS, "`8GiB`"),
    )
    pool: PoolName | None = Field(
        default=None,
        description="Where the root disk is, by a name of `pools`.",
        json_schema_extra=doc(REPLACE, "the lab's `pool`"),
    )
    disks: dict[str, DiskConfig] = Field(
        default={},
        description="Further disks by name: at most 16, of at most 20 characters each. In the guest one is "
        "`/dev/disk/by-id/virtio-<name>`; it is never formatted.",
        json_schema_extra=doc("live; what is taken out is deleted, or refused", "none", propertyNames=NAMES),
    )
    firmware: Firmware = Field(
        default="bios",
        description="What starts the system: `bios`; `uefi`; or `uefi-secure`, which starts only what is signed, with "
        "the usual keys enrolled. With UEFI the image must have an EFI system partition.",
        json_schema_extra=doc(REDEFINE),
    )
    machine: MachineType | None = Field(
        default=None,
        description="The board: `q35`, of PCI Express, or `pc`, which is older and has no `uefi-secure`.",
        json_schema_extra=doc(REDEFINE, "`q35` with UEFI or a blank disk, else libvirt's choice"),
    )
    tpm: Switch = Field(
        default=False,
        description="Whether it has a TPM 2.0, which the host emulates and keeps while the guest exists.",
        json_schema_extra=doc(REDEFINE),
    )
    console: ConsoleChoice = Field(
        default="vnc",
        description="The screen: `vnc`, `spice` or `none`, or a mapping with port, address and password. Its "
        "serial console is always there.",
        json_schema_extra=doc(REDEFINE),
    )
    boot: BootConfig | None = Field(
        default=None,
        description="A kernel to start, with an initrd and a command line, in place of what is on its disks.",
        json_schema_extra=doc(REDEFINE, "none, it starts from its root disk"),
    )
    install: InstallConfig | None = Field(
        default=None,
        description="An installer to start from a CD while the root disk, which is blank, starts nothing.",
        json_schema_extra=doc(f"{REDEFINE}; beside an image of before, {REPLACE}", "none"),
    )
    power: Power = Field(
        default="on",
        description="Whether it runs: `on`; or `off`, made and never started, with its disks and its address.",
        json_schema_extra=doc("restart: to `off` it shuts down cleanly, to `on` it starts"),
    )
    cpu: CpuChoice | None = Field(
        default=None,
        description="What its CPU is: a model, or a mapping with its topology. How many, `cpus` says.",
        json_schema_extra=doc(REDEFINE, "the host's with KVM, else QEMU's choice"),
    )
    balloon: BalloonChoice = Field(
        default="virtio",
        description="What takes memory back from it: `virtio` or `none`, or a mapping.",
        json_schema_extra=doc(REDEFINE),
    )
    watchdog: WatchdogConfig | None = Field(
        default=None,
        description="A device that acts when the guest's system hangs; `{}` resets it.",
        json_schema_extra=doc(REDEFINE, "none"),
    )
    description: Line | None = Field(
        default=None,
        description="What it is for, in a line of at most 100 characters: its title in libvirt, as in virt-manager.",
        json_schema_extra=doc(NO_GUEST, "none"),
    )
    shares: dict[str, ShareConfig] = Field(
        default={},
        description="Directories of the host's by tag: at most 8, of at most 36 characters each. In the guest it is "
        "`mount -t virtiofs <tag> /mnt`.",
        json_schema_extra=doc(REDEFINE, "none", propertyNames=NAMES),
    )
    autostart: Switch = Field(
        default=False,
        description="Whether it starts when the host does; `true` or `false`.",
        json_schema_extra=doc(NO_GUEST),
    )
    address: Address | None = Field(
        default=None,
        description="Fixed address, outside the DHCP range.",
        json_schema_extra=doc(REDEFINE, "the next free one, then kept"),
    )
    nics: dict[str, NicConfig] = Field(
        default={},
        description="Further NICs by name: at most 8, of at most 15 characters each, as the interface in the guest.",
        json_schema_extra=doc(
            "live; its own system is told, but with `ignore` or `waitFor: start`",
            "none",
            propertyNames=NAMES,
        ),
    )
    layers: tuple[LayerName, ...] = Field(
        default=(),
        description="cloud-init layers by the names of the files in `cloud-init/`, merged in this order.",
        json_schema_extra=doc(BY_CLOUD_INIT, "none"),
    )
    user_data: dict[str, Any] = Field(
        default={},
        description="cloud-config of the guest's own, merged over its layers.",
        json_schema_extra=doc(BY_CLOUD_INIT, "none"),
    )
    authorized_keys: tuple[PublicKey, ...] = Field(
        default=(),
        description="OpenSSH public keys that may log in, added to the lab's.",
        json_schema_extra=doc(BY_CLOUD_INIT, "none"),
    )
    on_cloud_init_change: OnCloudInitChange = Field(
        default="rerun",
        description="What a change of layers, userData or keys does: `rerun` cloud-init at a clean restart with the "
        "same disk, `replace` the guest with a new disk, or `ignore` it: only guests made later see it.",
        json_schema_extra=doc("live; but to `replace`: replace, and to or from `ignore`: restart"),
    )
    allow_restart: Switch = Field(
        default=True,
        description="Whether a change may restart it that needs that; else it is pending, and told as such, until "
        "someone shuts it down and starts it.",
        json_schema_extra=doc(NO_GUEST),
    )
    allow_data_loss: Switch = Field(
        default=False,
        description="Whether it may be replaced although its root disk has been written to; else that is refused.",
        json_schema_extra=doc(NO_GUEST),
    )
    wait_for: WaitFor | None = Field(
        default=None,
        description="When the guest counts as made: `cloud-init`, when SSH answers and cloud-init is done, or `start`, "
        "when it is powered on, for images that have no cloud-init. With `install`, `cloud-init` waits for the system "
        "that has been installed.",
        json_schema_extra=doc(NO_GUEST, "`cloud-init`; with a blank disk, or with power `off`, `start`"),
    )
    ready_timeout: Timeout = Field(
        default=1800,
        description="How long it may take until then. Under emulation, with packages to install, it takes minutes.",
        json_schema_extra=doc(NO_GUEST, "`30m`"),
    )
    shutdown_timeout: Duration = Field(
        default=120,
        description="How long it may take to power off before it is cut off; `0s` cuts it off at once.",
        json_schema_extra=doc(NO_GUEST, "`2m`"),
    )
    waivers: WaiversConfig = Field(
        default=WaiversConfig.model_construct(),
        description="Why it may do what policy warns of or refuses, by the names of rules.",
        json_schema_extra=doc(NOTHING, "none"),
    )


class GroupConfig(GuestConfig):
    """Like guests, `<group>-1` to `<group>-<count>`; takes every key of a guest."""

    count: Count = Field(
        description="How many members, 0 to 200.",
        json_schema_extra=doc("the members with the highest numbers are added or destroyed"),
    )
    address: Address | None = Field(
        default=None,
        description="Fixed address of the first member; the others count up from it.",
        json_schema_extra=doc(REDEFINE, "the next free ones, then kept"),
    )
