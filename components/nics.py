"""Further NICs of a guest: as arguments, as a preview shows them, and as host/nics.sh reads them."""

from collections.abc import Mapping, Sequence
from typing import NotRequired, TypedDict

from components.domain_nics import NicSpec
from components.enums import NicKind


class NicArgs(TypedDict):
    """A further NIC."""

    name: str
    """Plain: its name, which is the interface's in the guest. Change: another NIC."""
    mac: str
    """Plain: its MAC. Change: live, it is attached anew."""
    kind: NicKind
    """Plain: what it is on. Change: live, it is attached anew."""
    source: str
    """Plain: a network's name in libvirt, or a bridge or an interface of the host's. Change: live, attached anew."""
    model: str
    """Plain: what the guest sees: `virtio`, `e1000e`, `e1000` or `rtl8139`. Change: live, it is attached anew."""
    mtu: NotRequired[int]
    """Plain: of its link, in bytes; default: the network's or the bridge's. Change: live, it is attached anew."""
    reserved: NotRequired[str]
    """Plain: the IPv4 address that its network reserves for it. Change: live, it is attached anew."""
    configured: str
    """Plain: what the guest's own system gives it: an address with its prefix, `dhcp`, or `none`. Change: live, it is
    attached anew."""
    configured_mtu: NotRequired[int]
    """Plain: the MTU that it gives it; default: whatever the NIC has. Change: live, it is attached anew."""
    standing: Sequence[str]
    """Plain: what else it stands on, as its network's UUID. Change: live, it is attached anew."""
    shown: str
    """Plain: all of that in words, for people who read a preview."""


def nic_spec(nic: NicArgs) -> NicSpec:
    """It as part of a domain."""
    return NicSpec(
        name=nic["name"],
        mac=nic["mac"],
        kind=nic["kind"],
        source=nic["source"],
        model=nic["model"],
        mtu=nic.get("mtu"),
        standing=[nic.get("reserved", ""), nic["configured"], str(nic.get("configured_mtu", "")), *nic["standing"]],
    )


def shown_nics(nics: Sequence[NicArgs]) -> Mapping[str, str]:
    """For a preview, by name."""
    return {nic["name"]: nic["shown"] for nic in nics}


def environment(nics: Sequence[NicArgs]) -> str:
    """For host/nics.sh, a line each."""
    return "\n".join(
        " ".join(
            [
                nic["name"],
                nic["mac"],
                nic["source"] if "reserved" in nic else "-",
                nic.get("reserved", "-"),
                nic["configured"],
                str(nic.get("configured_mtu", "-")),
            ]
        )
        for nic in nics
    )
