"""A data disk: a volume of its own, which outlives the guest that has it."""

from typing import NamedTuple, NotRequired

import pulumi

from components.domain import data_volume
from components.options import first_child, without_order
from components.shell import Limits, limits, script


class VolumeGroup(NamedTuple):
    """One of LVM's, of which a lab has some volumes."""

    name: str
    lab: str
    """Whose volumes they are, by their tag."""


class DataDiskArgs(Limits):
    """What makes a data disk."""

    domain: str
    """Plain: the domain that has it, `<lab>-<guest>`. Change: replace."""
    disk: str
    """Plain: its name, and its serial number in the guest. Change: replace."""
    disk_bytes: int
    """Plain: size in bytes. Change: grown live; shrinking is refused."""
    protected: bool
    """Plain: Pulumi refuses what would delete it, and so does the host when the lab goes. Change: live."""
    pool: pulumi.Input[str]
    """Name of the pool, a Pool's output; empty for a volume group. Change: replace."""
    pool_path: str
    """Plain: directory of the pool, or of the volume group's devices. Change: replace."""
    is_broken: NotRequired[bool]
    """Plain: the host shows that it is gone, so it is made whole, whatever state says. Default false. Change: live."""
    marks: NotRequired[str]
    """Plain: directory of the marks of what is protected; default: that of the pool. Change: live."""
    group: NotRequired[VolumeGroup]
    """Plain: where it is a volume of a volume group. Change: live, for the path tells it."""


class DataDisk(pulumi.ComponentResource):
    """A volume in a pool, qcow2, or in a volume group, raw.

    Blank when it is made; never formatted, and kept when its guest is replaced.

    Replaces on: domain, disk, pool, pool_path.
    """

    volume: pulumi.Output[str]
    """The volume's name in its pool, known at preview. What is given it goes before the disk does."""

    def __init__(self, name: str, args: DataDiskArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        shown = {"domain": args["domain"], "disk": args["disk"], "disk_bytes": args["disk_bytes"]}
        super().__init__("kvmlab:index:DataDisk", name, shown, without_order(opts))
        volume = data_volume(args["domain"], args["disk"])
        unusual: dict[str, str] = {}
        if "marks" in args:
            unusual["GUEST_MARKS"] = args["marks"]
        if "group" in args:
            volume = volume.removesuffix(".qcow2")
            unusual |= {"GUEST_GROUP": args["group"].name, "GUEST_LAB": args["group"].lab}
        made = script(
            f"{name}-disk",
            "disk.sh apply",
            {
                "DOMAIN": args["domain"],
                "VOLUME": volume,
                "DISK_BYTES": str(args["disk_bytes"]),
                "PROTECT": "yes" if args["protected"] else "no",
                "POOL": args["pool"],
                "POOL_PATH": args["pool_path"],
                **unusual,
                **limits(args),
            },
            first_child(self, opts, pulumi.ResourceOptions(delete_before_replace=True, protect=args["protected"])),
            delete="disk.sh delete",
            triggers=[args["domain"], args["disk"], args["pool"], args["pool_path"]],
            ssh=args.get("ssh"),
            is_broken=args.get("is_broken", False),
        )
        # By the URN, which every preview knows: a value with the dependency.
        self.volume = made.urn.apply(lambda _: volume)
        self.register_outputs({"volume": self.volume})
