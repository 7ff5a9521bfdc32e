"""What a guest is built of beside its disks."""

from typing import Annotated

from pydantic import Discriminator, Field, Tag

from stacks.config.fields import DisplayPort
from stacks.config.lab import ConsoleType
from stacks.config.models.base import REDEFINE, Model, doc, word_or_mapping


class ConsoleConfig(Model):
    """A guest's screen, which a viewer shows; it listens on the host's loopback alone."""

    type: ConsoleType = Field(
        default="vnc",
        description="`vnc`; `spice`, with a clipboard, where the host's QEMU has it; or `none`.",
        json_schema_extra=doc(REDEFINE),
    )
    port: DisplayPort | None = Field(
        default=None,
        description="The TCP port, 5900 to 65535, of that guest alone; a group's members count up from it. Take one "
        "from 6000 on: below, libvirt gives ports to guests without.",
        json_schema_extra=doc(REDEFINE, "chosen at each start"),
    )


ConsoleChoice = Annotated[
    Annotated[ConsoleType, Tag("\0name")] | Annotated[ConsoleConfig, Tag("\0mapping")],
    Discriminator(word_or_mapping),
]
