"""The lab of kind `guests`: an image, a pool, a network, and guests in them."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import pulumi

from components import identity, keys
from components.claim import Claim
from components.data_disk import DataDisk, DataDiskArgs, VolumeGroup
from components.effects import PENDING, UNWRITTEN
from components.errors import ConfigError, Problem
from components.further_pool import FurtherPool
from components.guest import Guest, domain_definition
from components.host_facts import HostFacts
from components.options import after
from components.pool import Pool
from components.ssh_access import SshAccess, SshGuest
from stacks import access, data_loss, drifts, images, nics, preflight, records, screens, seeds
from stacks.common import Common, limits_of, seed_of
from stacks.config import DataDisk as DataDiskSpec
from stacks.config import FurtherPool as FurtherPoolSpec
from stacks.config import GuestSpec, Host, Lab
from stacks.ground import ground
from stacks.guest_args import guest_args
from stacks.offline import offline
from stacks.secrets import stack_secrets
from stacks.seed import stack_seed
from stacks.volumes import further_pool


def problems(lab: Lab) -> list[Problem]:
    """What is wrong beyond the config: the layers that it names."""
    return [*seeds.problems(lab, stack_secrets()), *screens.problems(lab)]


class Made(NamedTuple):
    """A lab's guests, and what was used for them."""

    last: list[pulumi.Resource]
    """When all of these are there, the guests are."""
    guests: Mapping[str, Guest]
    """By name."""
    common: Common


def compose(lab: Lab, placed: Sequence[tuple[Lab, HostFacts]]) -> list[pulumi.Resource]:
    """Make the lab real.

    Args:
        lab: what is asked for.
        placed: the part of it on each host, and the host as it is now, found able to carry that.

    Returns:
        What is made last: when all of these are there, the lab is.
    """
    return make(lab, placed).last


def make(lab: Lab, placed: Sequence[tuple[Lab, HostFacts]]) -> Made:
    """The same for labs that make more of their guests."""
    away = offline()
    common = away.common(lab, placed) if away else _common(lab, placed)
    instances = _instances(lab, common)
    if lost := [
        *data_loss.problems(placed, instances),
        *data_loss.of_cluster(placed, common.addresses, common.nic_addresses),
    ]:
        if not away:
            raise ConfigError(lab.stack, lost)
        away.tell_lost(lost)
    if pulumi.runtime.is_dry_run():
        for name in data_loss.unwritten(placed, instances):
            pulumi.info(f"guest {name}: {UNWRITTEN}")
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
            "is_missing": records.is_of_elsewhere(placed, directory),
        },
    )
    last: list[pulumi.Resource] = []
    guests = dict[str, Guest]()
    pending = dict[str, pulumi.Output[bool]]()
    for part, facts in placed:
        claim, made = _on_host(part, facts, common, ssh_access)
        last += [claim.command, *(guest.ready for guest in made.values())]
        guests |= made
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
    return Made(last, guests, common)


def _common(lab: Lab, placed: Sequence[tuple[Lab, HostFacts]]) -> Common:
    seed = stack_seed()
    return Common(
        shown_key=keys.derive(seed, f"{lab.stack}/shown"),
        lab_key=keys.ssh_key(seed, f"{lab.stack}/lab"),
        host_keys={guest.name: keys.ssh_key(seed, f"{lab.stack}/{guest.name}/host") for guest in lab.guests},
        addresses=preflight.addresses(lab, placed),
        nic_addresses=nics.addresses(lab, placed),
        secrets=stack_secrets(),
    )


def _told(lab: Lab, guest: GuestSpec, common: Common) -> dict[str, object]:
    """Of its addresses, what few guests have."""
    told: dict[str, object] = {}
    if lab.network.ipv6:
        told["address6"] = identity.address6(lab.network.ipv6, identity.mac_address(lab.stack, guest.name))
    if guest.nics:
        told["nics"] = nics.outputs(lab, guest, common.nic_addresses)
    return told


def _instances(lab: Lab, common: Common) -> dict[str, str]:
    """The instance-ids of guests that another one replaces."""
    replaced = (guest for guest in lab.guests if guest.on_cloud_init_change == "replace")
    return {guest.name: seed_of(lab, guest, common).instance_id for guest in replaced}


def _reached(guest: str, host: Host, common: Common) -> SshGuest:
    reached: SshGuest = {"address": common.addresses[guest], "host_key": common.host_keys[guest].public}
    if host.ssh:
        reached["host"] = host.ssh
    return reached


def _on_host(lab: Lab, facts: HostFacts, common: Common, ssh_access: SshAccess) -> tuple[Claim, dict[str, Guest]]:
    """Make a lab's part on one host: its claim there, and its guests by name."""
    on = ground(lab, facts, common, ssh_access)
    made = dict[str, Guest]()
    for guest in lab.guests:
        data = [_data_disk(lab, guest, disk, on.stores, facts) for disk in guest.disks if not disk.path]
        args = guest_args(lab, guest, facts, common, on)
        drift = drifts.of_guest(lab, guest, facts, domain_definition(args)) if facts.looked else ()
        if drifts.tell(f"guest {guest.name}", drift):
            args["is_broken"] = True
        if f"{lab.stack}-{guest.name}" in facts.pending:
            pulumi.warn(f"guest {guest.name}: {PENDING}")
        networks = {"", *(nic.source for nic in guest.nics if nic.kind == "network")}
        before = [
            *on.stores.values(),
            *(network for key, network in on.networks.items() if key in networks),
            *data,
            *(on.bases[file.link] for file in images.boot_files(guest)),
        ]
        made[guest.name] = Guest(guest.name, args, after(*before))
    return on.claim, made


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
        **limits_of(lab.host),
    }
    if isinstance(place, FurtherPoolSpec):
        args["marks"] = lab.pool.path
        if place.group:
            args["group"] = VolumeGroup(place.group, lab.stack)
    name = f"{guest.name}.{disk.name}"
    if facts.looked and drifts.tell(f"disk {name}", drifts.of_disk(lab, guest, disk, facts)):
        args["is_broken"] = True
    return DataDisk(name, args, after(*stores.values()))


def _table(rows: Sequence[tuple[str, str, str]]) -> list[str]:
    """Columns for people, a line each: what a run ends with."""
    first, second = (max(len(row[column]) for row in rows) for column in (0, 1))
    return [f"{name:<{first}}  {address:<{second}}  {command}" for name, address, command in rows]
