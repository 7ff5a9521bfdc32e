"""What a guest is built of beside its disks."""

from ipaddress import IPv4Address
from typing import Annotated

from pydantic import Discriminator, Field, Tag

from components.domain import LOOPBACK
from stacks.config.fields import DisplayPort, HostAddress, SecretName
from stacks.config.lab import ConsoleType
from stacks.config.models.base import REDEFINE, Model, doc, word_or_mapping


class ConsoleConfig(Model):
    """A guest's screen, which a viewer shows; it listens on the host's loopback alone, unless it has a password."""

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
    listen: HostAddress = Field(
        default=IPv4Address(LOOPBACK),
        description="The host's IPv4 address at which it listens, `0.0.0.0` for all; any but loopback must have a "
        "password. What goes over the network is not encrypted.",
        json_schema_extra=doc(REDEFINE, f"`{LOOPBACK}`"),
    )
    password: SecretName | None = Field(
        default=None,
        description="What a viewer is asked for: a secret of the stack, as `${secrets.NAME}`; VNC takes at most 8 "
        "characters of printable ASCII, SPICE 60.",
        json_schema_extra=doc("live from one to another; to or from none: restart", "none is asked for"),
    )


ConsoleChoice = Annotated[
    Annotated[ConsoleType, Tag("\0name")] | Annotated[ConsoleConfig, Tag("\0mapping")],
    Discriminator(word_or_mapping),
]
