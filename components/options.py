"""Options that components give on: to themselves, and to their children."""

from copy import copy

import pulumi


def without_order(opts: pulumi.ResourceOptions | None) -> pulumi.ResourceOptions | None:
    """A component's own options: it makes nothing real, so not it but its children wait for what it depends on.

    A chain of components would else be registered one by one, each waiting for the children of the one before.
    """
    own = copy(opts)
    if own is not None:
        own.depends_on = None
    return own


def after(*before: pulumi.Resource) -> pulumi.ResourceOptions:
    """Options of what waits for others to be made."""
    return pulumi.ResourceOptions(depends_on=list(before))


def child(parent: pulumi.ComponentResource, opts: pulumi.ResourceOptions | None = None) -> pulumi.ResourceOptions:
    """Options of a child: the given ones, below its parent."""
    return pulumi.ResourceOptions.merge(pulumi.ResourceOptions(parent=parent), opts)


def first_child(
    parent: pulumi.ComponentResource, of: pulumi.ResourceOptions | None, opts: pulumi.ResourceOptions | None = None
) -> pulumi.ResourceOptions:
    """Options of a child that waits for what its component depends on.

    Args:
        parent: the component.
        of: the component's options.
        opts: the child's own.
    """
    order = pulumi.ResourceOptions(depends_on=of.depends_on if of else None)
    return child(parent, pulumi.ResourceOptions.merge(order, opts))
