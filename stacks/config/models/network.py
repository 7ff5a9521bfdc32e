"""Networks."""

from ipaddress import IPv4Network

from pydantic import Field

from stacks.config.fields import Address, Cidr, Domain, Interface
from stacks.config.models.base import NETWORK, Model, doc


class DhcpConfig(Model):
    """The addresses that libvirt leases to machines that are not in the config; guests of the lab never get one."""

    start: Address = Field(description="The first address.", json_schema_extra=doc(NETWORK))
    end: Address = Field(description="The last address.", json_schema_extra=doc(NETWORK))


class NetworkConfig(Model):
    """The lab's own NAT network; the first address is the host's."""

    cidr: Cidr = Field(
        default=IPv4Network("10.20.0.0/24"),
        description="The network with its prefix, /16 to /28, in private address space.",
        json_schema_extra=doc(NETWORK),
    )
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
