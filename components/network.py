"""A lab's own network: a bridge with NAT to the outside, DHCP, and names for its guests."""

from collections.abc import Mapping
from ipaddress import IPv4Network
from typing import TypedDict
from xml.etree import ElementTree

import pulumi

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
    bridge: str
    """Plain: the bridge's name on the host, 15 bytes at most. Change: the network is made anew, guests restart."""
    cidr: str
    """Plain: its IPv4 network; the host is the first address. Change: made anew, guests restart."""
    dhcp_start: str
    """Plain: first address of the dynamic range. Change: made anew, guests restart."""
    dhcp_end: str
    """Plain: last address of the dynamic range. Change: made anew, guests restart."""
    reservations: Mapping[str, Reservation]
    """Plain: by guest name, for a network that is made. Change: nothing, each guest sees to its own."""
    domain: str
    """Plain: DNS domain of the guests' names, answered only here. Change: made anew, guests restart."""


class Network(pulumi.ComponentResource):
    """A libvirt NAT network, started, and started again with the host; dnsmasq serves DHCP and DNS on its bridge.

    Replaces on: name. Source: https://libvirt.org/formatnetwork.html
    """

    network_name: pulumi.Output[str]
    """The network's name in libvirt, known at preview."""
    uuid: pulumi.Output[str]
    """Follows from the definition: another one is another network. Known at preview."""

    def __init__(self, name: str, args: NetworkArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        shown = {key: value for key, value in args.items() if key not in ("reservations", "libvirt_seconds", "ssh")}
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
        )
        self.network_name = pulumi.Output.from_input(args["name"])
        self.uuid = pulumi.Output.from_input(uuid)
        self.register_outputs({"network_name": self.network_name, "uuid": self.uuid})


def definition(args: NetworkArgs, uuid: str) -> str:
    """The network as libvirt reads it."""
    cidr = IPv4Network(args["cidr"])
    network = ElementTree.Element("network")
    for tag, text in (("name", args["name"]), ("uuid", uuid)):
        ElementTree.SubElement(network, tag).text = text
    ElementTree.SubElement(network, "forward", mode="nat")
    ElementTree.SubElement(network, "bridge", name=args["bridge"], stp="on", delay="0")
    ElementTree.SubElement(network, "mac", address=mac_address(args["name"], "bridge"))
    ElementTree.SubElement(network, "domain", name=args["domain"], localOnly="yes")
    ip = ElementTree.SubElement(network, "ip", address=str(cidr[1]), prefix=str(cidr.prefixlen))
    dhcp = ElementTree.SubElement(ip, "dhcp")
    ElementTree.SubElement(dhcp, "range", start=args["dhcp_start"], end=args["dhcp_end"])
    ElementTree.indent(network)
    return ElementTree.tostring(network, encoding="unicode")


def definition_uuid(args: NetworkArgs) -> str:
    """The UUID of the network that these arguments define."""
    return network_uuid(args["name"], definition(args, ""))


def reservations(args: NetworkArgs, uuid: str) -> str:
    """The rows of the guests known now, behind the UUID of the network that they are for."""
    rows = [
        f"<host mac='{each['mac']}' name='{name}' ip='{each['address']}'/>"
        for name, each in args["reservations"].items()
    ]
    return "\n".join([uuid, *rows])
