"""Machines: what carries a lab."""

from typing import Annotated

from pydantic import Discriminator, Field, Tag

from stacks.config.fields import AtOnce, HostKey, Interface, Machine, Percent, Port, Timeout, Vlan
from stacks.config.lab import LOCAL, Accelerator, DiskPolicy, NetworkManager, Role
from stacks.config.models.base import BRIDGE, EVERYTHING, NO_GUEST, REDEFINE, Model, doc, word_or_mapping


class HostBridgeConfig(Model):
    """A bridge over an interface of the host's own; its addresses become the bridge's."""

    name: Interface = Field(
        default="br0", description="The bridge, at most 15 characters.", json_schema_extra=doc(BRIDGE)
    )
    interface: Port = Field(
        default="default-route",
        description="The interface: its name, its MAC address, or `default-route`, the one that has it.",
        json_schema_extra=doc(BRIDGE),
    )
    vlan: Vlan | None = Field(
        default=None,
        description="The tag of a network on it, 1 to 4094: the bridge carries that one for guests, and the interface "
        "keeps its addresses.",
        json_schema_extra=doc(BRIDGE, "none, the untagged network and its addresses"),
    )


class OvercommitConfig(Model):
    """How much of what the machine has all guests may ask for together; more is refused before anything is changed."""

    memory: Percent = Field(
        default=100,
        description="Their memory, of the machine's: `150%` lets them have half as much again, `80%` leaves a fifth to "
        "the machine itself.",
        json_schema_extra=doc(NO_GUEST, "`100%`"),
    )
    cpus: Percent | None = Field(
        default=None,
        description="Their virtual CPUs, of the machine's: `400%` is four on each.",
        json_schema_extra=doc(NO_GUEST, "no limit"),
    )
    disk: DiskPolicy = Field(
        default="promised",
        description="Disks take only the room that is written to. `promised`: a new one must find room in its pool for "
        "all that it may grow to; `thin`: it need not.",
        json_schema_extra=doc(NO_GUEST),
    )


class HostConfig(Model):
    """The machine that carries the lab."""

    address: Machine = Field(
        default=LOCAL,
        description="The machine: `local` is this one; else what `ssh` takes, as a name of your ssh config.",
        json_schema_extra=doc(EVERYTHING, "this machine; in `hosts`, the name there"),
    )
    host_key: HostKey | None = Field(
        default=None,
        description="The public SSH host key of a machine that is not this one.",
        json_schema_extra=doc(NO_GUEST, "as your `known_hosts` has it"),
    )
    accelerator: Accelerator = Field(
        default="auto",
        description="What runs the guests: `kvm`, `tcg` (slow emulation), or `auto`, KVM where the host offers it.",
        json_schema_extra=doc(REDEFINE),
    )
    at_once: AtOnce | None = Field(
        default=None,
        description="How many guests boot or shut down at the same time, and half of how many nodes join a cluster; "
        "the others wait for their turn.",
        json_schema_extra=doc(NO_GUEST, "one a CPU of the host, two with KVM"),
    )
    timeout: Timeout = Field(
        default=120,
        description="How long libvirt may take for an answer before the run ends with an error.",
        json_schema_extra=doc(NO_GUEST, "`2m`"),
    )
    overcommit: OvercommitConfig = Field(
        default=OvercommitConfig.model_construct(),
        description="How much guests may ask for together, of what the machine has.",
        json_schema_extra=doc(NO_GUEST, "see below"),
    )
    role: Role = Field(
        default="server",
        description="What is installed: `server`, what carries guests; `workstation`, what manages guests elsewhere "
        "(virsh, virt-manager, virt-viewer, ssh), in a lab of kind `host`; or `both`.",
        json_schema_extra=doc("live; what was installed before stays"),
    )
    bridge: HostBridgeConfig | None = Field(
        default=None,
        description="A bridge to the host's own network; in a lab of kind `host`.",
        json_schema_extra=doc("made or taken away, and the host keeps its addresses", "none"),
    )
    network_manager: NetworkManager = Field(
        default="keep",
        description="What becomes of NetworkManager, in a lab of kind `host`: `keep`; `unmanaged`: it leaves labs' "
        "devices alone, and the bridge, which another must manage then; or `mask`: it is stopped and never started.",
        json_schema_extra=doc("live; undone with the lab"),
    )


HostChoice = Annotated[
    Annotated[Machine, Tag("\0name")] | Annotated[HostConfig, Tag("\0mapping")], Discriminator(word_or_mapping)
]
