"""What a root disk starts from."""

from typing import Annotated, Self

from pydantic import Discriminator, Field, Tag, model_validator

from stacks.config.fields import AbsoluteFile, CatalogueName, Member, Sha256, Sha512, Url
from stacks.config.models.base import ANOTHER_FILE, REPLACE, Model, doc
from stacks.config.raw import Raw
from stacks.config.scalars import ScalarError

NO_IMAGE = "none"
"""In a catalogue name's place: a blank disk."""


def _image_form(value: Raw) -> str:
    """Which form the user meant, so that only that form's problems are reported."""
    match value:
        case {"url": _}:
            return "\0url"
        case {"file": _}:
            return "\0file"
        case dict():
            return "\0mapping"
        case _:
            return "\0name"


class Digested(Model):
    """What a file must hold to be used; one digest, in the form that its publisher gives, of the file as it is."""

    sha512: Sha512 | None = Field(
        default=None, description="The SHA-512 in hexadecimal.", json_schema_extra=doc(ANOTHER_FILE, "none")
    )
    sha256: Sha256 | None = Field(
        default=None, description="The SHA-256 in hexadecimal.", json_schema_extra=doc(ANOTHER_FILE, "none")
    )

    @model_validator(mode="after")
    def _one_digest(self) -> Self:
        if self.sha512 and self.sha256:
            raise ScalarError("must have one digest, got both sha512 and sha256; keep sha512")
        return self


class DigestedUrl(Digested):
    """The same from the web, where there must be a digest."""

    @model_validator(mode="after")
    def _has_digest(self) -> Self:
        if not (self.sha512 or self.sha256):
            raise ScalarError(
                "must have a digest beside its url, got none; add sha512 or sha256 as its publisher gives it"
            )
        return self


class ImageSource(Digested):
    """Where in a file the disk is."""

    disk: Member | None = Field(
        default=None,
        description="In an archive, the file that is the disk, by its name as `tar -t` or `unzip -Z1` lists it; must "
        "be given where there are several.",
        json_schema_extra=doc(REPLACE, "the only one"),
    )


class ImageFile(ImageSource):
    """An image that is on the host already: qcow2, VMDK, VDI, VHD, VHDX or raw, also compressed, in a tar or a zip."""

    file: AbsoluteFile = Field(description="Absolute path of the file on the host.", json_schema_extra=doc(REPLACE))


class ImageUrl(ImageSource, DigestedUrl):
    """The same from the web, never unpacked before its digest has been checked; one of the two must be given."""

    url: Url = Field(description="Where the file is, http or https.", json_schema_extra=doc(REPLACE))


ImageConfig = Annotated[
    Annotated[CatalogueName, Tag("\0name")] | Annotated[ImageFile, Tag("\0file")] | Annotated[ImageUrl, Tag("\0url")],
    Discriminator(_image_form),
]
