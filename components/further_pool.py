"""A further storage pool of a lab's: another directory for root disks and data disks."""

import pulumi

from components.identity import pool_uuid
from components.options import first_child, without_order
from components.shell import Limits, limits, script


class FurtherPoolArgs(Limits):
    """What makes a further pool."""

    lab: str
    """Plain: whose it is. Change: replace."""
    name: str
    """Plain: its name in libvirt. Change: replace."""
    path: str
    """Plain: absolute directory on the host, made if absent. Change: replace, with all that is in it."""


class FurtherPool(pulumi.ComponentResource):
    """A libvirt directory pool beside the lab's own, which has the images, the seeds and the marks of disks.

    Replaces on: every argument. Source: https://libvirt.org/storage.html#directory-pool
    """

    pool_name: pulumi.Output[str]
    """The pool's name in libvirt, known at preview. What is given it goes before the pool does."""

    def __init__(self, name: str, args: FurtherPoolArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        shown = {key: args[key] for key in ("lab", "name", "path")}
        super().__init__("kvmlab:index:FurtherPool", name, shown, without_order(opts))
        made = script(
            f"{name}-pool",
            "further_pool.sh apply",
            {
                "LAB": args["lab"],
                "POOL": args["name"],
                "POOL_PATH": args["path"],
                "GUEST_POOL_UUID": pool_uuid(args["lab"], args["name"]),
                **limits(args),
            },
            first_child(self, opts, pulumi.ResourceOptions(delete_before_replace=True)),
            delete="further_pool.sh delete",
            triggers=[args["lab"], args["name"], args["path"]],
            ssh=args.get("ssh"),
        )
        # By the URN, which every preview knows: a value with the dependency.
        self.pool_name = made.urn.apply(lambda _: args["name"])
        self.register_outputs({"pool_name": self.pool_name})
