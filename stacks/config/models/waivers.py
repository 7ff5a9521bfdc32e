"""Why a lab may do what policy warns of or refuses: a reason for each rule, which a reviewer reads."""

from pydantic import Field

from stacks.config.fields import Reason
from stacks.config.models.base import Model, doc

NOTHING = "nothing, it is only told no more"


class WaiversConfig(Model):
    """Reasons by the names of rules; each lets pass what that rule finds of this guest, or with `lab` of all."""

    public_console: Reason = Field(
        alias="public-console",
        default="",
        description="A screen that listens at an address of the internet: an error; at all of the host: a warning.",
        json_schema_extra=doc(NOTHING, "none"),
    )
    unpinned_image: Reason = Field(
        alias="unpinned-image",
        default="",
        description="An image, kernel, initrd or CD without a digest: a warning.",
        json_schema_extra=doc(NOTHING, "none"),
    )
    plain_text_secret: Reason = Field(
        alias="plain-text-secret",
        default="",
        description="A private key or a token in layers, `userData` or an installer's files: an error; a password: a "
        "warning; its hash: said by `make lint-stacks` alone.",
        json_schema_extra=doc(NOTHING, "none"),
    )
    unprotected_disk: Reason = Field(
        alias="unprotected-disk",
        default="",
        description="A data disk with `protect: false`: a warning; a root disk with `allowDataLoss`: said by "
        "`make lint-stacks` alone.",
        json_schema_extra=doc(NOTHING, "none"),
    )
    no_autostart: Reason = Field(
        alias="no-autostart",
        default="",
        description="A guest with data disks and without `autostart`: a warning where others of the lab have it, else "
        "said by `make lint-stacks` alone.",
        json_schema_extra=doc(NOTHING, "none"),
    )


class LabWaiversConfig(WaiversConfig):
    """The same for all of a lab, and for its hosts."""

    even_control_planes: Reason = Field(
        alias="even-control-planes",
        default="",
        description="A cluster with an even number of control planes: a warning.",
        json_schema_extra=doc(NOTHING, "none"),
    )
    overcommit: Reason = Field(
        default="",
        description="More memory than a host has, by `overcommit`: a warning; disks that may grow to more than there "
        "is: said by `make lint-stacks` alone.",
        json_schema_extra=doc(NOTHING, "none"),
    )
