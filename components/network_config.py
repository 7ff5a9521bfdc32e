"""What a guest's own system is told of its NICs: cloud-init's network-config, version 2. Pure.

In all of its renderers (netplan, networkd, ifupdown, sysconfig, NetworkManager) an address without a gateway makes no
default route, so that is what a further NIC has wherever its address is known. The metric of a lease is there in all
but cloud-init's own of NetworkManager, where the first NIC to come up gets the better one.

Source: https://docs.cloud-init.io/en/latest/reference/network-config-format-v2.html
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

FIRST = "eth0"
WORSE = 2048
"""A metric worse than what any system gives a lease by itself: networkd 1024, NetworkManager 100 and up, ifupdown 0."""


@dataclass(frozen=True, kw_only=True)
class FirstLink:
    """The first NIC, on DHCP; the lab's network reserves its address."""

    mac: str
    is_default: bool = True
    """Whether the default route is by it."""
    address6: str | None = None
    """With its prefix; only of one that is not, since that takes no routes that are announced."""


@dataclass(frozen=True, kw_only=True)
class Link:
    """A further NIC."""

    name: str
    mac: str
    addresses: Sequence[str] = ()
    """With their prefixes."""
    dhcp: bool = False
    is_default: bool = False
    gateway: str | None = None
    """Of the default route, where that is by an address that is given."""
    mtu: int | None = None


def document(first: FirstLink, others: Sequence[Link]) -> dict[str, object]:
    """The network-config."""
    links: dict[str, object] = {FIRST: _first(first)}
    for number, link in enumerate(others):
        links[link.name] = _further(link, WORSE + number)
    return {"version": 2, "ethernets": links}


def _first(link: FirstLink) -> Mapping[str, object]:
    """Named, because images without netplan take an entry's ID for the name of a device and would find none.

    It is not optional, since cloud-init must not install packages before there is a network.
    """
    stanza: dict[str, object] = {
        "match": {"macaddress": link.mac},
        "set-name": FIRST,
        "dhcp4": True,
        "dhcp-identifier": "mac",
    }
    if not link.is_default:
        stanza["dhcp4-overrides"] = {"route-metric": WORSE - 1}
        if link.address6:
            stanza |= {"accept-ra": False, "addresses": [link.address6]}
    return stanza


def _further(link: Link, metric: int) -> Mapping[str, object]:
    """Optional, so that no start waits for one that is gone."""
    stanza: dict[str, object] = {
        "match": {"macaddress": link.mac},
        "set-name": link.name,
        "optional": True,
        "dhcp4": link.dhcp,
    }
    if link.mtu:
        stanza["mtu"] = link.mtu
    if link.dhcp:
        stanza["dhcp-identifier"] = "mac"
        if not link.is_default:
            stanza["dhcp4-overrides"] = {"route-metric": metric}
    if link.addresses:
        stanza |= {"addresses": [*link.addresses], "accept-ra": link.is_default}
    if link.gateway:
        # What newer ones call `default`, older ones do not know.
        stanza["routes"] = [{"to": "0.0.0.0/0", "via": link.gateway}]
    return stanza
