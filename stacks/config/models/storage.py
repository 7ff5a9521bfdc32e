"""Where disks live, and disks."""

from typing import Annotated, Self

from pydantic import Discriminator, Field, Tag, model_validator

from stacks.config.fields import AbsoluteFile, Directory, Disk, PoolName, Switch, VolumeGroup
from stacks.config.lab import Cache, Discard, DiskIo
from stacks.config.models.base import EVERYTHING, GROWS, NO_GUEST, REDEFINE, Model, doc, word_or_mapping
from stacks.config.scalars import MIB, ScalarError

MOVES = "replace: root disks there are made anew; refused while data disks are there"


class PoolConfig(Model):
    """The directory on the host where images and disks live."""

    path: Directory | None = Field(
        default=None,
        description="An absolute directory; made if absent.",
        json_schema_extra=doc(EVERYTHING, "`/var/lib/libvirt/images/<stack>`"),
    )


class FurtherPoolConfig(Model):
    """A further place for disks; images and seeds are in the lab's own pool. One of the two must be given."""

    path: Directory | None = Field(
        default=None,
        description="An absolute directory; made if absent. In libvirt, its pool is `<stack>.<name>`.",
        json_schema_extra=doc(MOVES, "none"),
    )
    volume_group: VolumeGroup | None = Field(
        default=None,
        description="A volume group of LVM's that is on the host; each disk is a plain volume in it, raw, and takes "
        "all of its size at once. All else in it stays as it is.",
        json_schema_extra=doc(MOVES, "none"),
    )

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if (self.path is None) == (self.volume_group is None):
            found = "neither" if self.path is None else "both"
            raise ScalarError(f"must have a path or a volumeGroup, got {found}; write path: /mnt/big/lab, for one")
        return self


class DiskHandling(Model):
    """How QEMU goes about a disk, in libvirt's words."""

    cache: Cache | None = Field(
        default=None,
        description="How far a write must have come before the guest hears that it is done, and whether the host's "
        "memory is in between: `none`, `directsync`, `writethrough`, `writeback`, or `unsafe`, for what may be lost.",
        json_schema_extra=doc(REDEFINE, "QEMU's choice, `writeback`; `none` with `shared`"),
    )
    io: DiskIo | None = Field(
        default=None,
        description="How requests reach the host's kernel: `threads`; `native`, with cache `none` or `directsync`; or "
        "`io_uring`, where kernel and QEMU have it.",
        json_schema_extra=doc(REDEFINE, "QEMU's choice, `threads`"),
    )


class RootDiskConfig(DiskHandling):
    """A root disk by more than its size."""

    size: Disk = Field(
        default=8 * 1024 * MIB,
        description="Its size, no smaller than the image's.",
        json_schema_extra=doc(GROWS, "`8GiB`"),
    )
    discard: Discard | None = Field(
        default=None,
        description="What the guest frees goes back to the host, `unmap`, or stays taken, `ignore`.",
        json_schema_extra=doc(REDEFINE, "QEMU's choice, `ignore`"),
    )


class DiskConfig(DiskHandling):
    """A further disk: with `size` a new one, blank at first, which stays when its guest is replaced; or with `path`."""

    size: Disk | None = Field(
        default=None, description="Size of a new one.", json_schema_extra=doc(GROWS, "none: there must be a `path`")
    )
    protect: Switch = Field(
        default=True,
        description="Whether it is refused to delete it: with the guest, with the lab, or as it is taken out here.",
        json_schema_extra=doc(NO_GUEST),
    )
    pool: PoolName | None = Field(
        default=None,
        description="Where a new one is, by a name of `pools`.",
        json_schema_extra=doc("refused, since what is on it would be lost", "the lab's `pool`"),
    )
    path: AbsoluteFile | None = Field(
        default=None,
        description="In place of `size`, what is on the host already: a block device, or a file, qcow2 or else raw. It "
        "is never formatted, resized or deleted, and must be in nobody else's use.",
        json_schema_extra=doc("live: the other one comes in its place; unmount it before", "none"),
    )
    shared: Switch = Field(
        default=False,
        description="Whether other guests may have what is at `path` too, which must all say so; it must be raw, or "
        "all must be `readOnly`.",
        json_schema_extra=doc(REDEFINE),
    )
    read_only: Switch = Field(
        default=False,
        description="Whether the guest can only read what is at `path`.",
        json_schema_extra=doc(REDEFINE),
    )
    discard: Discard | None = Field(
        default=None,
        description="What the guest frees goes back to the host, `unmap`, or stays taken, `ignore`.",
        json_schema_extra=doc(REDEFINE, "`unmap`"),
    )

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if (self.size is None) == (self.path is None):
            found = "neither" if self.size is None else "both"
            todo = "write size: 20GiB for a new disk, or the path of one that exists"
            raise ScalarError(f"must have a size or a path, got {found}; {todo}")
        return self


DiskChoice = Annotated[
    Annotated[Disk, Tag("\0name")] | Annotated[RootDiskConfig, Tag("\0mapping")], Discriminator(word_or_mapping)
]
