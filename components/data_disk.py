"""A data disk: a volume of its own, which outlives the guest that has it."""

from typing import NotRequired

import pulumi

from components.domain import data_volume
from components.options import first_child, without_order
from components.shell import Limits, limits, script


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
    """Name of the pool, a Pool's output. Change: replace."""
    pool_path: str
    """Plain: directory of the pool. Change: replace."""
    is_broken: NotRequired[bool]
    """Plain: the host shows that it is gone, so it is made whole, whatever state says. Default false. Change: live."""


class DataDisk(pulumi.ComponentResource):
    """A qcow2 volume in the guest's pool, blank when it is made; never formatted, and kept when its guest is replaced.

    Replaces on: domain, disk, pool, pool_path.
    """

    volume: pulumi.Output[str]
    """The volume's name in its pool, known at preview. What is given it goes before the disk does."""

    def __init__(self, name: str, args: DataDiskArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        shown = {"domain": args["domain"], "disk": args["disk"], "disk_bytes": args["disk_bytes"]}
        super().__init__("kvmlab:index:DataDisk", name, shown, without_order(opts))
        volume = data_volume(args["domain"], args["disk"])
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
