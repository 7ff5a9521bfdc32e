"""Further NICs."""

from pydantic import Field

from stacks.config.fields import Address, Interface, Mac, Mtu, NetworkName, NicAddress, Switch
from stacks.config.lab import NicModel
from stacks.config.models.base import Model, doc

ANEW = "live: it is attached anew"


class NicConfig(Model):
    """A further NIC; it is on one of `network`, `bridge` and `direct`, and its name is the interface's in the guest."""

    network: NetworkName | None = Field(
        default=None,
        description="A network of the lab's, by its name in `networks`.",
        json_schema_extra=doc(ANEW, "none"),
    )
    bridge: Interface | None = Field(
        default=None,
        description="A bridge of the host's, as a lab of kind `host` makes one, of a VLAN too.",
        json_schema_extra=doc(ANEW, "none"),
    )
    direct: Interface | None = Field(
        default=None,
        description="An interface of the host's that no bridge has (macvtap); guest and host cannot talk by it.",
        json_schema_extra=doc(ANEW, "none"),
    )
    address: NicAddress | None = Field(
        default=None,
        description="Fixed address: on a network of the lab's outside its DHCP range, elsewhere with its prefix. "
        "A group's members count up from it.",
        json_schema_extra=doc(
            ANEW, "the next free one, then kept; elsewhere by DHCP, and none where nothing is served"
        ),
    )
    gateway: Address | None = Field(
        default=None,
        description="Of the default route, where `address` has a prefix.",
        json_schema_extra=doc(ANEW, "none"),
    )
    mac: Mac | None = Field(
        default=None,
        description="Its MAC address. A group's members count up from it.",
        json_schema_extra=doc(ANEW, "follows from stack, guest and name"),
    )
    model: NicModel = Field(
        default="virtio",
        description="What the guest sees; the others are for systems without virtio.",
        json_schema_extra=doc(ANEW),
    )
    mtu: Mtu | None = Field(
        default=None,
        description="The largest packet in bytes, no more than that of what it is on.",
        json_schema_extra=doc(ANEW, "that of what it is on"),
    )
    default_route: Switch = Field(
        default=False,
        description="Whether the guest's default route is by it, and not by the first NIC; one of a guest's may.",
        json_schema_extra=doc("as `onCloudInitChange` says, since it changes what the first NIC is told"),
    )
