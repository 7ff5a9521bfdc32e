"""Where disks live, and disks."""

from pydantic import Field

from stacks.config.fields import Directory, Disk, Switch
from stacks.config.models.base import EVERYTHING, GROWS, NO_GUEST, Model, doc


class PoolConfig(Model):
    """The directory on the host where images and disks live."""

    path: Directory | None = Field(
        default=None,
        description="An absolute directory; made if absent.",
        json_schema_extra=doc(EVERYTHING, "`/var/lib/libvirt/images/<stack>`"),
    )


class DiskConfig(Model):
    """A further disk, blank at first, which stays when its guest is replaced."""

    size: Disk = Field(description="Its size.", json_schema_extra=doc(GROWS))
    protect: Switch = Field(
        default=True,
        description="Whether it is refused to delete it: with the guest, with the lab, or as it is taken out here.",
        json_schema_extra=doc(NO_GUEST),
    )
