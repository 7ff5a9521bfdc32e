"""What guests stand on, on one host: the host itself, the lab's claim on it, images, pools and networks."""

from collections.abc import Mapping
from typing import NamedTuple

import pulumi

from components import identity
from components.claim import Claim
from components.enums import NetworkMode
from components.further_pool import FurtherPool, FurtherPoolArgs
from components.host_facts import HostFacts
from components.image import Image
from components.kvm_host import KvmHost
from components.network import Network, NetworkArgs, Reservation, definition_uuid
from components.options import after
from components.packages import packages
from components.pool import Pool, PoolArgs
from components.ssh_access import SshAccess
from stacks import config, drifts, images, nics, preflight, preflight_parts
from stacks.common import Common, limits_of
from stacks.config import Lab, Segment


class Ground(NamedTuple):
    """What is there before a guest is."""

    claim: Claim
    bases: Mapping[str, Image]
    """Images, and other files that guests start with, by link."""
    stores: Mapping[str, Pool | FurtherPool]
    """Pools, by what config calls them; the lab's own is `""`. A volume group is there already."""
    networks: Mapping[str, Network]
    """By what config calls them; the lab's own is `""`."""
    uuids: Mapping[str, str]
    """Of these."""


def ground(lab: Lab, facts: HostFacts, common: Common, ssh_access: SshAccess) -> Ground:
    """Make what a lab's guests on one host stand on.

    Args:
        lab: its part there.
        facts: the host.
        common: what is known of the whole lab.
        ssh_access: what comes before all else.
    """
    on, limits, suffix = lab.host.on, limits_of(lab.host), lab.host.suffix
    needed = packages(facts.package_manager, lab.host.role, **preflight_parts.needs(lab))
    host = KvmHost(
        f"host{suffix}", {"packages": needed, "libvirt_down": not facts.libvirt_answers, **on}, after(ssh_access)
    )
    claim = Claim(
        f"lab{suffix}",
        {"lab": lab.stack, "pool_path": lab.pool.path, "strays": preflight.strays(lab, facts), **limits},
        after(host.setup),
    )
    # Before pool and network: an image that cannot be had leaves the host as it was.
    wanted = {images.link(guest.image): images.image_args(guest.image, lab.pool) for guest in lab.guests if guest.image}
    for guest in lab.guests:
        wanted |= {file.link: images.boot_file_args(file, lab.pool) for file in images.boot_files(guest)}
    bases = {
        link: Image(f"{link.removeprefix('base-')}{suffix}", {**args, **on}, after(claim.command))
        for link, args in wanted.items()
    }
    pool_args: PoolArgs = {"name": lab.pool.name, "path": lab.pool.path, **limits}
    if facts.looked and drifts.tell("pool", drifts.of_service("pool", lab.pool.name, facts.pools, facts)):
        pool_args["is_broken"] = True
    # Groups may all be empty for now: then there is nothing to store.
    before = after(*(bases.values() or [claim.command]))
    pools = [Pool(f"pool{suffix}", pool_args, before)] if lab.guests else []
    # By what config calls them; a volume group is there already.
    stores: dict[str, Pool | FurtherPool] = {"": pools[0]} if pools else {}
    for further in lab.used_pools:
        if not further.group:
            told: FurtherPoolArgs = {"lab": lab.stack, "name": further.name, "path": further.path, **limits}
            stores[further.key] = FurtherPool(f"pool-{further.key}{suffix}", told, after(*pools))
    networks, uuids = _networks(lab, facts, common, after(claim.command, *bases.values()))
    return Ground(claim, bases, stores, networks, uuids)


def _networks(
    lab: Lab, facts: HostFacts, common: Common, order: pulumi.ResourceOptions
) -> tuple[dict[str, Network], dict[str, str]]:
    """The lab's own network and its further ones, and the UUID of each."""
    reserved: dict[str, Reservation] = {
        guest.name: {"mac": identity.mac_address(lab.stack, guest.name), "address": common.addresses[guest.name]}
        for guest in lab.guests
    }
    asked = {"": _network(lab, lab.network, reserved)}
    for further in lab.networks:
        asked[further.key] = _network(lab, further, nics.reservations(lab, further, common.nic_addresses))
    made = dict[str, Network]()
    for key, args in asked.items():
        drift = drifts.of_service("network", args["name"], facts.network_uuids, facts) if facts.looked else ()
        if drifts.tell(f"network {key}".strip(), drift):
            args["is_broken"] = True
        made[key] = Network(f"network{key and f'.{key}'}{lab.host.suffix}", args, order)
    return made, {key: definition_uuid(args) for key, args in asked.items()}


def _network(lab: Lab, network: config.Network | Segment, reservations: Mapping[str, Reservation]) -> NetworkArgs:
    args: NetworkArgs = {
        "name": network.name,
        "bridge": network.bridge,
        "reservations": reservations,
        **limits_of(lab.host),
    }
    if network.name != lab.stack:
        args["lab"] = lab.stack
    if network.mtu:
        args["mtu"] = network.mtu
    if isinstance(network, Segment):
        args["mode"] = NetworkMode.ISOLATED
        return args
    args["cidr"] = str(network.cidr)
    args["dhcp_start"], args["dhcp_end"] = str(network.dhcp_start), str(network.dhcp_end)
    args["domain"] = network.domain
    if network.mode != "nat":
        args["mode"] = NetworkMode(network.mode)
    if network.ipv6:
        args["ipv6"] = str(network.ipv6)
    return args
