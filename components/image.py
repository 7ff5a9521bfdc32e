"""A base image on the host, or another file that guests start with: fetched once, checked, kept by content, shared."""

from typing import NotRequired

import pulumi

from components.options import first_child, without_order
from components.shell import script
from components.ssh import OnHost


class ImageArgs(OnHost):
    """Where an image comes from: a URL or a file."""

    lab: str
    """Plain: whose directory it is. Change: replace."""
    pool_path: str
    """Plain: directory of the pool that will hold the image, made if absent. Change: replace."""
    link: str
    """Plain: the name under which guests find it, of its own. Change: replace."""
    url: NotRequired[str]
    """Plain: where it is published."""
    digest: NotRequired[str]
    """Plain: `sha512:<hex>` or `sha256:<hex>` of the published file; required with a URL."""
    build: NotRequired[str]
    """Plain: what images/build makes where the URL cannot be reached."""
    file: NotRequired[str]
    """Plain: absolute path of a file on the host; copied."""
    kind: NotRequired[str]
    """Plain: `iso`, `kernel` or `initrd` for what is kept as it is; default: an image, the disk in which is kept."""
    disk: NotRequired[str]
    """Plain: the file's name where it is in an archive with several disks."""


class Image(pulumi.ComponentResource):
    """A qcow2 file named by its digest in the pool's directory, and a link onto it that guests use.

    It comes before pool and guests: an image that is not what was pinned is kept aside, and nothing else happens.

    The disk is found by content, whatever it is wrapped in: compressed, in a tar, in a zip.

    Replaces on: every argument. Errors: unreachable, digest mismatch, no disk or several, a disk that names files.
    Source: https://www.qemu.org/docs/master/system/images.html
    """

    link: pulumi.Output[str]
    """File name in the pool's directory, known at preview. What is given it goes before the image does."""

    def __init__(self, name: str, args: ImageArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        shown = {key: value for key, value in args.items() if key != "ssh"}
        super().__init__("kvmlab:index:Image", name, shown, without_order(opts))
        environment = {"LAB": args["lab"], "POOL_PATH": args["pool_path"], "LINK": args["link"]}
        for key in ("url", "digest", "build", "file"):
            if value := args.get(key):
                environment[key.upper()] = value
        # A user's own environment comes through to scripts, and may well have a DISK.
        for key in ("disk", "kind"):
            if value := args.get(key):
                environment[f"IMAGE_{key.upper()}"] = value
        fetched = script(
            f"{name}-image",
            "image.sh apply",
            environment,
            first_child(self, opts, pulumi.ResourceOptions(delete_before_replace=True)),
            delete="image.sh delete",
            triggers=[args["pool_path"], args["link"]],
            ssh=args.get("ssh"),
        )
        # By the URN, which every preview knows: a value with the dependency.
        self.link = fetched.urn.apply(lambda _: args["link"])
        self.register_outputs({"link": self.link})
