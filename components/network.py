"""A network of a lab: a bridge, with a way to the outside or without, DHCP, and names for its guests."""

from collections.abc import Mapping
from ipaddress import IPv4Network, IPv6Network
from typing import NotRequired, TypedDict
from xml.etree import ElementTree

import pulumi

from components.enums import NetworkMode
from components.identity import mac_address, network_uuid
from components.options import first_child, without_order
from components.shell import Limits, limits, script


class Reservation(TypedDict):
    """The address of one guest."""

    mac: str
    """Plain: MAC of its NIC."""
    address: str
    """Plain: IPv4 address, outside the dynamic range."""


class NetworkArgs(Limits):
    """What makes a network."""

    name: str
    """Plain: its name in libvirt. Change: replace."""
    lab: NotRequired[str]
    """Plain: whose it is; default: the lab of that name. Change: the network is made anew."""
    bridge: str
    """Plain: the bridge's name on the host, 15 bytes at most. Change: the network is made anew, guests restart."""
    cidr: NotRequired[str]
    """Plain: its IPv4 network; the host is the first address. With it go dhcp_start, dhcp_end and domain; default:
    nothing is served. Change: made anew, guests restart."""
    dhcp_start: NotRequired[str]
    """Plain: first address of the dynamic range. Change: made anew, guests restart."""
    dhcp_end: NotRequired[str]
    """Plain: last address of the dynamic range. Change: made anew, guests restart."""
    reservations: Mapping[str, Reservation]
    """Plain: by guest name, for a network that is made. Change: nothing, each guest sees to its own."""
    domain: NotRequired[str]
    """Plain: DNS domain of the guests' names, answered only here. Change: made anew, guests restart."""
    mode: NotRequired[NetworkMode]
    """Plain: what is reached from there; default: `nat`. Change: made anew, guests restart."""
    mtu: NotRequired[int]
    """Plain: the largest packet in bytes; default: the kernel's. Change: made anew, guests restart."""
    ipv6: NotRequired[str]
    """Plain: an IPv6 prefix of 64 bits; the host is the first address. Default: none. Change: made anew, guests
    restart."""
    is_broken: NotRequired[bool]
    """Plain: the host shows that it is stopped or gone, so it is made whole. Default false. Change: live."""


class Network(pulumi.ComponentResource):
    """A libvirt network, started, and started again with the host; dnsmasq serves DHCP and DNS on its bridge.

    Replaces on: name. Source: https://libvirt.org/formatnetwork.html
    """

    network_name: pulumi.Output[str]
    """The network's name in libvirt, known at preview."""
    uuid: pulumi.Output[str]
    """Follows from the definition: another one is another network. Known at preview."""

    def __init__(self, name: str, args: NetworkArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        shown = {
            key: value
            for key, value in args.items()
            if key not in ("reservations", "libvirt_seconds", "is_broken", "ssh")
        }
        super().__init__("kvmlab:index:Network", name, shown, without_order(opts))
        uuid = definition_uuid(args)
        script(
            f"{name}-network",
            "network.sh apply",
            {
                "NETWORK": args["name"],
                "NETWORK_UUID": uuid,
                "RESERVATIONS": reservations(args, uuid),
                **limits(args),
            },
            # Guests come and go without the network: what it was made with is only a start. Added to a network that
            # runs, each reservation costs half a second, in which libvirt loads all of its firewall rules anew.
            first_child(
                self,
                opts,
                pulumi.ResourceOptions(delete_before_replace=True, ignore_changes=["environment.RESERVATIONS"]),
            ),
            delete="network.sh delete",
            stdin=definition(args, uuid),
            triggers=[args["name"]],
            ssh=args.get("ssh"),
            is_broken=args.get("is_broken", False),
        )
        self.network_name = pulumi.Output.from_input(args["name"])
        self.uuid = pulumi.Output.from_input(uuid)
        self.register_outputs({"network_name": self.network_name, "uuid": self.uuid})


def definition(args: NetworkArgs, uuid: str) -> str:
    """The network as libvirt reads it."""
    network = ElementTree.Element("network")
    for tag, text in (("name", args["name"]), ("uuid", uuid)):
        ElementTree.SubElement(network, tag).text = text
    _forward(network, args)
    ElementTree.SubElement(network, "bridge", name=args["bridge"], stp="on", delay="0")
    if "mtu" in args:
        ElementTree.SubElement(network, "mtu", size=str(args["mtu"]))
    ElementTree.SubElement(network, "mac", address=mac_address(args["name"], "bridge"))
    if "cidr" in args:
        _served(network, args)
    ElementTree.indent(network)
    return ElementTree.tostring(network, encoding="unicode")


def _forward(network: ElementTree.Element, args: NetworkArgs) -> None:
    """What is isolated has none: https://libvirt.org/formatnetwork.html#isolated-network-config ."""
    mode = args.get("mode", NetworkMode.NAT)
    if mode == NetworkMode.ISOLATED:
        return
    forward = ElementTree.SubElement(network, "forward", mode="route" if mode == NetworkMode.ROUTED else "nat")
    if mode == NetworkMode.NAT and "ipv6" in args:
        ElementTree.SubElement(forward, "nat", ipv6="yes")


def _served(network: ElementTree.Element, args: NetworkArgs) -> None:
    """Addresses, and names for them."""
    cidr = IPv4Network(args.get("cidr", ""))
    ElementTree.SubElement(network, "domain", name=args.get("domain", ""), localOnly="yes")
    ip = ElementTree.SubElement(network, "ip", address=str(cidr[1]), prefix=str(cidr.prefixlen))
    dhcp = ElementTree.SubElement(ip, "dhcp")
    ElementTree.SubElement(dhcp, "range", start=args.get("dhcp_start", ""), end=args.get("dhcp_end", ""))
    if "ipv6" in args:
        prefix = IPv6Network(args["ipv6"])
        # Where there is no range, dnsmasq only announces the prefix, and guests make their addresses themselves.
        ElementTree.SubElement(network, "ip", family="ipv6", address=str(prefix[1]), prefix=str(prefix.prefixlen))


def definition_uuid(args: NetworkArgs) -> str:
    """The UUID of the network that these arguments define."""
    return network_uuid(args.get("lab", args["name"]), definition(args, ""))


def reservations(args: NetworkArgs, uuid: str) -> str:
    """The rows of the guests known now, behind the UUID of the network that they are for."""
    rows = [
        f"<host mac='{each['mac']}' name='{name}' ip='{each['address']}'/>"
        for name, each in args["reservations"].items()
    ]
    return "\n".join([uuid, *rows])
