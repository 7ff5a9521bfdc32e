"""Parts of a guest that few ask for."""

from typing import Annotated

from pydantic import Discriminator, Field, Tag

from stacks.config.fields import CpuModel, Cpus, Directory, Switch
from stacks.config.lab import BalloonType, WatchdogAction
from stacks.config.models.base import REDEFINE, Model, doc, word_or_mapping


class TopologyConfig(Model):
    """How CPUs are laid out; sockets, cores and threads multiplied must be `cpus`."""

    sockets: Cpus = Field(default=1, description="How many sockets.", json_schema_extra=doc(REDEFINE))
    cores: Cpus = Field(default=1, description="Cores of each socket.", json_schema_extra=doc(REDEFINE))
    threads: Cpus = Field(default=1, description="Threads of each core.", json_schema_extra=doc(REDEFINE))


class CpuConfig(Model):
    """What a guest's CPU is."""

    model: CpuModel | None = Field(
        default=None,
        description="`host-passthrough`, the host's own; `host-model`, the nearest that libvirt knows a name for; "
        "`maximum`, all that can be had there; or a name that `virsh domcapabilities` lists as usable.",
        json_schema_extra=doc(REDEFINE, "the host's with KVM, else QEMU's choice"),
    )
    topology: TopologyConfig | None = Field(
        default=None,
        description="How its CPUs are laid out.",
        json_schema_extra=doc(REDEFINE, "a socket each"),
    )


class BalloonConfig(Model):
    """What takes memory back from a guest."""

    type: BalloonType = Field(default="virtio", description="`virtio` or `none`.", json_schema_extra=doc(REDEFINE))
    free_page_reporting: Switch = Field(
        default=False,
        description="Whether the host gets back at once what the guest frees.",
        json_schema_extra=doc(REDEFINE),
    )
    autodeflate: Switch = Field(
        default=False,
        description="Whether a guest that is about to run out of memory gets back what was taken.",
        json_schema_extra=doc(REDEFINE),
    )


class WatchdogConfig(Model):
    """A device, i6300esb, that acts when a guest's system has stopped feeding it."""

    action: WatchdogAction = Field(
        default="reset",
        description="What is done then: `reset`, `shutdown`, `poweroff`, `pause`, `inject-nmi`, or `none`.",
        json_schema_extra=doc(REDEFINE),
    )


class ShareConfig(Model):
    """A directory of the host's that the guest may mount, by virtiofs, to read and to write."""

    path: Directory = Field(
        description="An absolute directory on the host, apart from the pool; it must be there, and stays as it is.",
        json_schema_extra=doc(REDEFINE),
    )


CpuChoice = Annotated[
    Annotated[CpuModel, Tag("\0name")] | Annotated[CpuConfig, Tag("\0mapping")], Discriminator(word_or_mapping)
]
BalloonChoice = Annotated[
    Annotated[BalloonType, Tag("\0name")] | Annotated[BalloonConfig, Tag("\0mapping")], Discriminator(word_or_mapping)
]
