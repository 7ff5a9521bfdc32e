"""Files that a guest starts with, beside its image or instead of one."""

from typing import Annotated

from pydantic import Discriminator, Field, Tag

from stacks.config.fields import FILE_NAME, AbsoluteFile, Cmdline, FileText, Url, VolumeLabel
from stacks.config.models.base import NO_GUEST, REDEFINE, Model, doc
from stacks.config.models.image import Digested, DigestedUrl
from stacks.config.raw import Raw


def _source_form(value: Raw) -> str:
    """Which form the user meant, so that only that form's problems are reported."""
    match value:
        case {"url": _}:
            return "\0url"
        case {"file": _}:
            return "\0file"
        case _:
            return "\0neither"


class SourceFile(Digested):
    """A file that is on the host already; it is copied into the pool."""

    file: AbsoluteFile = Field(description="Absolute path of the file on the host.", json_schema_extra=doc(REDEFINE))


class SourceUrl(DigestedUrl):
    """The same from the web, checked by its digest, one of which must be given."""

    url: Url = Field(description="Where the file is, http or https.", json_schema_extra=doc(REDEFINE))


SourceConfig = Annotated[
    Annotated[SourceFile, Tag("\0file")] | Annotated[SourceUrl, Tag("\0url")], Discriminator(_source_form)
]


class BootConfig(Model):
    """A kernel that QEMU starts, in place of what is on the guest's disks."""

    kernel: SourceConfig = Field(
        description="The kernel, a mapping with `file` or `url`.", json_schema_extra=doc(REDEFINE)
    )
    initrd: SourceConfig | None = Field(
        default=None,
        description="What the kernel starts from, a mapping with `file` or `url`.",
        json_schema_extra=doc(REDEFINE, "none"),
    )
    cmdline: Cmdline = Field(
        default="",
        description="The kernel's command line, at most 2047 characters; anybody on host and guest can read it.",
        json_schema_extra=doc(REDEFINE, "none"),
    )


class InstallSeedConfig(Model):
    """A disk with files that an installer looks for, beside that of cloud-init, whose label is `cidata`."""

    label: VolumeLabel = Field(
        description="The label by which the installer knows it, as `OEMDRV`: at most 16 letters, digits, `_` and `-`.",
        json_schema_extra=doc(NO_GUEST),
    )
    files: dict[str, FileText] = Field(
        description="Texts by the names of their files. `${secrets.NAME}` in one is a secret of the stack.",
        json_schema_extra=doc(NO_GUEST, propertyNames={"pattern": FILE_NAME}),
    )


class InstallConfig(Model):
    """An installation: a CD that starts while the guest's disk does not."""

    iso: SourceConfig = Field(
        description="The installer's CD, a mapping with `file` or `url`.", json_schema_extra=doc(REDEFINE)
    )
    seed: InstallSeedConfig | None = Field(
        default=None,
        description="What the installer is told.",
        json_schema_extra=doc(REDEFINE, "none, but for cloud-init's seed"),
    )
