"""Networks."""

from ipaddress import IPv4Network

from pydantic import Field

from stacks.config.fields import Address, Cidr, Domain, Interface, Mtu, Prefix6
from stacks.config.lab import NetworkMode
from stacks.config.models.base import NETWORK, Model, doc

FURTHER = "live: a new network, to which NICs move while their guests run"
MODE = (
    "What guests on it reach: `nat`, all that the host does, behind its address; `routed`, the same with their own, "
    "for which others need a route; `isolated`, the host and each other."
)
MTU = "The largest packet, 1280 to 65521 bytes: of the bridge, and of guests' NICs on it."
IPV6 = (
    "A prefix of 64 bits within `fd00::/8`, beside the IPv4 network. The host's address is the first, and a guest's "
    "ends with its MAC (EUI-64)."
)


class DhcpConfig(Model):
    """The addresses that libvirt leases to machines that are not in the config; guests of the lab never get one."""

    start: Address = Field(description="The first address.", json_schema_extra=doc("as the network's `cidr`"))
    end: Address = Field(description="The last address.", json_schema_extra=doc("as the network's `cidr`"))


class NetworkConfig(Model):
    """The lab's own network, which each guest's first NIC is on; the first address is the host's."""

    cidr: Cidr = Field(
        default=IPv4Network("10.20.0.0/24"),
        description="The network with its prefix, /16 to /28, in private address space.",
        json_schema_extra=doc(NETWORK),
    )
    mode: NetworkMode = Field(default="nat", description=MODE, json_schema_extra=doc(NETWORK))
    mtu: Mtu | None = Field(default=None, description=MTU, json_schema_extra=doc(NETWORK, "the kernel's, 1500"))
    ipv6: Prefix6 | None = Field(default=None, description=IPV6, json_schema_extra=doc(NETWORK, "no IPv6"))
    dhcp: DhcpConfig | None = Field(
        default=None, description="The DHCP range.", json_schema_extra=doc(NETWORK, "the upper half of the network")
    )
    domain: Domain | None = Field(
        default=None, description="The DNS domain of the guests.", json_schema_extra=doc(NETWORK, "`<stack>.internal`")
    )
    bridge: Interface | None = Field(
        default=None,
        description="The bridge on the host, at most 15 characters.",
        json_schema_extra=doc(NETWORK, "`kl-<stack>`, cut with a hash when that is too long"),
    )


class FurtherNetworkConfig(Model):
    """A network beside the lab's own, for guests' further NICs."""

    cidr: Cidr | None = Field(
        default=None,
        description="As the lab's network's. Without it, which takes `mode: isolated`, it is a switch: nothing is "
        "served there, and the host has no address.",
        json_schema_extra=doc(FURTHER, "none"),
    )
    mode: NetworkMode = Field(default="nat", description=MODE, json_schema_extra=doc(FURTHER))
    mtu: Mtu | None = Field(default=None, description=MTU, json_schema_extra=doc(FURTHER, "the kernel's, 1500"))
    ipv6: Prefix6 | None = Field(default=None, description=IPV6, json_schema_extra=doc(FURTHER, "no IPv6"))
    dhcp: DhcpConfig | None = Field(
        default=None, description="The DHCP range.", json_schema_extra=doc(FURTHER, "the upper half of the network")
    )
    domain: Domain | None = Field(
        default=None,
        description="The DNS domain of the guests there.",
        json_schema_extra=doc(FURTHER, "`<name>.<stack>.internal`"),
    )
    bridge: Interface | None = Field(
        default=None,
        description="The bridge on the host, at most 15 characters.",
        json_schema_extra=doc(FURTHER, "`kl-<stack>_<name>`, cut with a hash when that is too long"),
    )
