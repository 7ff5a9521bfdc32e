"""What guests have of their lab, on whichever host they are; and their seeds, which are made of it. Pure."""

from collections.abc import Mapping
from typing import NamedTuple

from components import cloud_init, identity, keys
from components.shell import LIBVIRT_SECONDS, Limits
from stacks import nics, seeds
from stacks.config import GuestSpec, Host, Lab


class Common(NamedTuple):
    """Keys, addresses and secrets."""

    shown_key: bytes | None
    """None where the stack's seed is not known, as in an offline preview."""
    lab_key: keys.SshKey
    host_keys: Mapping[str, keys.SshKey]
    """By guest, as the addresses."""
    addresses: Mapping[str, str]
    nic_addresses: nics.Addresses
    secrets: Mapping[str, str]
    instances: Mapping[str, str] = {}
    """By guest, instance-ids that do not follow from the seed, where that is not known."""
    cloud_configs: Mapping[str, str] = {}
    """There, what people see of cloud-init."""
    marks: Mapping[str, str | None] = {}
    """There, what tells passwords of screens from others."""


def seed_of(lab: Lab, guest: GuestSpec, common: Common) -> cloud_init.Seed:
    """A guest's seed."""
    return seeds.seed(
        guest,
        lab.network.domain,
        nics.first_link(lab, guest, identity.mac_address(lab.stack, guest.name)),
        nics.links(lab, guest, common.nic_addresses),
        common.host_keys[guest.name],
        common.lab_key.public,
        common.secrets,
        common.instances.get(guest.name),
    )


def limits_of(host: Host) -> Limits:
    """What each component on a host is told of it."""
    limits: Limits = {**host.on}
    if host.timeout != LIBVIRT_SECONDS:
        limits["libvirt_seconds"] = host.timeout
    return limits
