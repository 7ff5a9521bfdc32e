"""A storage pool: the directory on the big disk where a lab's images and disks live."""

from typing import NotRequired

import pulumi

from components.options import first_child, without_order
from components.shell import Limits, limits, script


class PoolArgs(Limits):
    """What makes a pool."""

    name: str
    """Plain: its name in libvirt. Change: replace."""
    path: str
    """Plain: absolute directory on the host; its image is there already. Change: replace, with all that is in it."""
    is_broken: NotRequired[bool]
    """Plain: the host shows that it is stopped or gone, so it is made whole. Default false. Change: live."""


class Pool(pulumi.ComponentResource):
    """A libvirt directory pool, started, and started again with the host.

    Replaces on: name, path. Source: https://libvirt.org/storage.html#directory-pool
    """

    pool_name: pulumi.Output[str]
    """The pool's name in libvirt, known at preview. What is given it goes before the pool does."""

    def __init__(self, name: str, args: PoolArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("kvmlab:index:Pool", name, {"name": args["name"], "path": args["path"]}, without_order(opts))
        made = script(
            f"{name}-pool",
            "pool.sh apply",
            {"POOL": args["name"], "POOL_PATH": args["path"], **limits(args)},
            first_child(self, opts, pulumi.ResourceOptions(delete_before_replace=True)),
            delete="pool.sh delete",
            triggers=[args["name"], args["path"]],
            ssh=args.get("ssh"),
            is_broken=args.get("is_broken", False),
        )
        # By the URN, which every preview knows: a value with the dependency.
        self.pool_name = made.urn.apply(lambda _: args["name"])
        self.register_outputs({"pool_name": self.pool_name})
