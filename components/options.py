"""Options that components give to their children."""

import pulumi


def child(parent: pulumi.ComponentResource, opts: pulumi.ResourceOptions | None = None) -> pulumi.ResourceOptions:
    """Options of a child: the given ones, below its parent."""
    return pulumi.ResourceOptions.merge(pulumi.ResourceOptions(parent=parent), opts)
