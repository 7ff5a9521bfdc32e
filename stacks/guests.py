"""The lab of kind `guests`: an image, a pool, a network, and guests in them."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import pulumi

from components import cloud_init, identity, keys
from components.claim import Claim
from components.data_disk import DataDisk, DataDiskArgs, VolumeGroup
from components.domain import Graphics
from components.domain_boot import DirectBoot, Install
from components.domain_disks import USUAL, RootPlace
from components.effects import PENDING
from components.enums import Firmware, NetworkMode, OnCloudInitChange, Power, WaitFor
from components.errors import ConfigError, Problem
from components.further_pool import FurtherPool, FurtherPoolArgs
from components.guest import Guest, GuestArgs, domain_definition
from components.host_facts import HostFacts
from components.image import Image
from components.kvm_host import KvmHost
from components.network import Network, NetworkArgs, Reservation, definition_uuid
from components.options import after
from components.packages import packages
from components.pool import Pool, PoolArgs
from components.shell import LIBVIRT_SECONDS, Limits
from components.ssh_access import SshAccess, SshGuest
from stacks import access, config, data_loss, disks, drifts, images, nics, preflight, preflight_parts, screens, seeds
from stacks.config import DataDisk as DataDiskSpec
from stacks.config import FurtherPool as FurtherPoolSpec
from stacks.config import GuestSpec, Host, Lab, Segment
from stacks.secrets import stack_secrets
from stacks.seed import stack_seed
from stacks.volumes import further_pool


def problems(lab: Lab) -> list[Problem]:
    """What is wrong beyond the config: the layers that it names."""
    return [*seeds.problems(lab), *screens.problems(lab)]


def compose(lab: Lab, placed: Sequence[tuple[Lab, HostFacts]]) -> list[pulumi.Resource]:
    """Make the lab real.

    Args:
        lab: what is asked for.
        placed: the part of it on each host, and the host as it is now, found able to carry that.

    Returns:
        What is made last: when all of these are there, the lab is.
    """
    seed = stack_seed()
    common = Common(
        shown_key=keys.derive(seed, f"{lab.stack}/shown"),
        lab_key=keys.ssh_key(seed, f"{lab.stack}/lab"),
        host_keys={guest.name: keys.ssh_key(seed, f"{lab.stack}/{guest.name}/host") for guest in lab.guests},
        addresses=preflight.addresses(lab, placed),
        nic_addresses=nics.addresses(lab, placed),
        secrets=stack_secrets(),
    )
    if lost := data_loss.problems(placed, _instances(lab, common)):
        raise ConfigError(lab.stack, lost)
    directory = f".kvmlab/ssh/{lab.stack}"
    # First of all, since it carries a secret: with a wrong passphrase the run ends here, before a host is touched.
    ssh_access = SshAccess(
        "access",
        {
            "directory": directory,
            "login": seeds.LOGIN,
            "guests": {
                guest.name: _reached(guest.name, part.host, common) for part, _ in placed for guest in part.guests
            },
            "private_key": pulumi.Output.secret(common.lab_key.private),
        },
    )
    last: list[pulumi.Resource] = []
    pending = dict[str, pulumi.Output[bool]]()
    for part, facts in placed:
        claim, made = _on_host(part, facts, common, ssh_access)
        last += [claim.command, *(guest.ready for guest in made.values())]
        # A guest that may restart is what config says when it is made.
        pending |= {
            guest.name: made[guest.name].is_pending(restarted=f"{lab.stack}-{guest.name}" in facts.restarted)
            for guest in part.guests
            if not guest.allow_restart
        }

    addresses = common.addresses
    ways = {
        guest.name: access.commands(lab.stack, guest, part.host, f"{directory}/config")
        for part, _ in placed
        for guest in part.guests
    }
    told = {guest.name: _told(lab, guest, common) for guest in lab.guests}
    for name, waits in pending.items():
        told[name]["pending"] = waits
    pulumi.export("guests", {name: {"address": addresses[name], **told[name], **ways[name]} for name in addresses})
    rows = [(name, address, ways[name]["ssh"]) for name, address in addresses.items()]
    pulumi.export("table", _table([("guest", "address", "log in with"), *rows]))
    return last


class Common(NamedTuple):
    """What guests have of their lab, on whichever host they are."""

    shown_key: bytes
    lab_key: keys.SshKey
    host_keys: Mapping[str, keys.SshKey]
    """By guest, as the addresses."""
    addresses: Mapping[str, str]
    nic_addresses: nics.Addresses
    secrets: Mapping[str, str]


def _told(lab: Lab, guest: GuestSpec, common: Common) -> dict[str, object]:
    """Of its addresses, what few guests have."""
    told: dict[str, object] = {}
    if lab.network.ipv6:
        told["address6"] = identity.address6(lab.network.ipv6, identity.mac_address(lab.stack, guest.name))
    if guest.nics:
        told["nics"] = nics.outputs(lab, guest, common.nic_addresses)
    return told


def _seed(lab: Lab, guest: GuestSpec, common: Common) -> cloud_init.Seed:
    return seeds.seed(
        guest,
        lab.network.domain,
        nics.first_link(lab, guest, identity.mac_address(lab.stack, guest.name)),
        nics.links(lab, guest, common.nic_addresses),
        common.host_keys[guest.name],
        common.lab_key.public,
        common.secrets,
    )


def _instances(lab: Lab, common: Common) -> dict[str, str]:
    """The instance-ids of guests that another one replaces."""
    replaced = (guest for guest in lab.guests if guest.on_cloud_init_change == "replace")
    return {guest.name: _seed(lab, guest, common).instance_id for guest in replaced}


def _reached(guest: str, host: Host, common: Common) -> SshGuest:
    reached: SshGuest = {"address": common.addresses[guest], "host_key": common.host_keys[guest].public}
    if host.ssh:
        reached["host"] = host.ssh
    return reached


def _on_host(lab: Lab, facts: HostFacts, common: Common, ssh_access: SshAccess) -> tuple[Claim, dict[str, Guest]]:
    """Make a lab's part on one host: its claim there, and its guests by name."""
    accelerator = preflight.accelerator(lab, facts)
    on, limits, suffix = lab.host.on, _limits(lab.host), lab.host.suffix
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
    macs = {guest.name: identity.mac_address(lab.stack, guest.name) for guest in lab.guests}
    reserved: dict[str, Reservation] = {name: {"mac": macs[name], "address": common.addresses[name]} for name in macs}
    network_args = _network(lab, lab.network, reserved)
    network_uuid = definition_uuid(network_args)
    drift = drifts.of_service("network", lab.network.name, facts.network_uuids, facts) if facts.looked else ()
    if drifts.tell("network", drift):
        network_args["is_broken"] = True
    network = Network(f"network{suffix}", network_args, after(claim.command, *bases.values()))
    further, uuids = dict[str, Network](), dict[str, str]()
    for other in lab.networks:
        other_args = _network(lab, other, nics.reservations(lab, other, common.nic_addresses))
        drift = drifts.of_service("network", other_args["name"], facts.network_uuids, facts) if facts.looked else ()
        if drifts.tell(f"network {other.key}", drift):
            other_args["is_broken"] = True
        uuids[other.key] = definition_uuid(other_args)
        after_claim = after(claim.command, *bases.values())
        further[other.key] = Network(f"network.{other.key}{suffix}", other_args, after_claim)
    made = dict[str, Guest]()
    for guest in lab.guests:
        mac, host_key = macs[guest.name], common.host_keys[guest.name]
        install = seeds.install_files(guest, common.secrets)
        seed_disk = _seed(lab, guest, common)
        password = screens.password(guest, common.secrets)
        data = [_data_disk(lab, guest, disk, stores, facts) for disk in guest.disks if not disk.path]
        args: GuestArgs = {
            "lab": lab.stack,
            "hostname": guest.name,
            "accelerator": accelerator,
            "cpus": guest.cpus,
            "memory_mib": guest.memory // preflight.MIB,
            "firmware": Firmware(guest.firmware),
            "autostart": guest.autostart,
            "disk_bytes": guest.disk,
            "data_disks": [disk.name for disk in guest.disks],
            "pool": pools[0].pool_name,
            "pool_path": lab.pool.path,
            "network": lab.network.name,
            "network_uuid": network_uuid,
            "mac": mac,
            "address": common.addresses[guest.name],
            "login": seeds.LOGIN,
            "host_key": host_key.public,
            "seed": pulumi.Output.secret(cloud_init.archive(seed_disk, common.lab_key.private, password, install)),
            "cloud_config": cloud_init.shown(seeds.layers(guest), common.shown_key),
            "instance_id": seed_disk.instance_id,
            "on_cloud_init_change": OnCloudInitChange(guest.on_cloud_init_change),
            "wait_for": WaitFor(guest.wait_for),
            "ready_seconds": guest.ready_timeout,
            "shutdown_seconds": guest.shutdown_timeout,
            "is_broken": preflight.is_broken(lab, guest, facts),
            **limits,
        }
        if guest.image:
            args["image"] = bases[images.link(guest.image)].link
        files = {file.kind: file.link for file in images.boot_files(guest)}
        if guest.boot:
            args["boot"] = DirectBoot(files["kernel"], files.get("initrd"), guest.boot.cmdline)
        if guest.install:
            args["install"] = Install(files["iso"], guest.install.seed and guest.install.seed.label)
        if files_shown := seeds.install_shown(guest, common.shown_key):
            args["install_files"] = files_shown
        if guest.power == "off":
            args["power"] = Power.OFF
        if guest.nics:
            args["nics"] = nics.nic_args(lab, guest, common.nic_addresses, uuids)
        if root := further_pool(lab, guest.pool):
            args["root"] = RootPlace(root.key, "" if root.group else root.name, root.path, root.group)
        if guest.disk_options != USUAL:
            args["disk_options"] = guest.disk_options
        if unusual := disks.unusual(lab, guest, facts):
            args["unusual_disks"] = unusual
        if guest.tpm:
            args["tpm"] = True
        if guest.max_cpus:
            args["max_cpus"] = guest.max_cpus
        if guest.max_memory:
            args["max_memory_mib"] = guest.max_memory // preflight.MIB
        if not guest.allow_restart:
            args["allow_restart"] = False
        if guest.machine:
            args["machine"] = guest.machine
        if guest.console.type != "none":
            screen = guest.console
            mark = screens.mark(common.shown_key, password)
            args["graphics"] = Graphics(screen.type, screen.port, screen.listen, mark)
        if guest.cpu:
            args["cpu"] = guest.cpu
        if guest.balloon:
            args["balloon"] = guest.balloon
        if guest.watchdog:
            args["watchdog"] = guest.watchdog
        if guest.description:
            args["description"] = guest.description
        if guest.shares:
            args["shares"] = guest.shares
        if lab.host.at_once is not None:
            args["at_once"] = lab.host.at_once
        drift = drifts.of_guest(lab, guest, facts, domain_definition(args)) if facts.looked else ()
        if drifts.tell(f"guest {guest.name}", drift):
            args["is_broken"] = True
        if f"{lab.stack}-{guest.name}" in facts.pending:
            pulumi.warn(f"guest {guest.name}: {PENDING}")
        on = {nic.source for nic in guest.nics if nic.kind == "network"}
        others = [other for key, other in further.items() if key in on]
        before = [*stores.values(), network, *others, *data, *(bases[link] for link in files.values())]
        made[guest.name] = Guest(guest.name, args, after(*before))
    return claim, made


def _data_disk(
    lab: Lab, guest: GuestSpec, disk: DataDiskSpec, stores: Mapping[str, Pool | FurtherPool], facts: HostFacts
) -> DataDisk:
    place = further_pool(lab, disk.pool) or lab.pool
    store = stores.get(disk.pool)
    args: DataDiskArgs = {
        "domain": f"{lab.stack}-{guest.name}",
        "disk": disk.name,
        "disk_bytes": disk.size,
        "protected": disk.protect,
        "pool": store.pool_name if store else "",
        "pool_path": place.path,
        **_limits(lab.host),
    }
    if isinstance(place, FurtherPoolSpec):
        args["marks"] = lab.pool.path
        if place.group:
            args["group"] = VolumeGroup(place.group, lab.stack)
    name = f"{guest.name}.{disk.name}"
    if facts.looked and drifts.tell(f"disk {name}", drifts.of_disk(lab, guest, disk, facts)):
        args["is_broken"] = True
    return DataDisk(name, args, after(*stores.values()))


def _limits(host: Host) -> Limits:
    limits: Limits = {**host.on}
    if host.timeout != LIBVIRT_SECONDS:
        limits["libvirt_seconds"] = host.timeout
    return limits


def _network(lab: Lab, network: config.Network | Segment, reservations: Mapping[str, Reservation]) -> NetworkArgs:
    args: NetworkArgs = {
        "name": network.name,
        "bridge": network.bridge,
        "reservations": reservations,
        **_limits(lab.host),
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


def _table(rows: Sequence[tuple[str, str, str]]) -> list[str]:
    """Columns for people, a line each: what a run ends with."""
    first, second = (max(len(row[column]) for row in rows) for column in (0, 1))
    return [f"{name:<{first}}  {address:<{second}}  {command}" for name, address, command in rows]
