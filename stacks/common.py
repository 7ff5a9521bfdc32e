"""What guests have of their lab, on whichever host they are; and their seeds, which are made of it. Pure."""

from collections.abc import Mapping
from typing import NamedTuple

from components import cloud_init, identity, keys
from components.shell import LIBVIRT_SECONDS, Limits
from stacks import nics, seeds
from stacks.config import GuestSpec, Host, Lab


class Common(NamedTuple):
    """Keys, addresses and secrets."""

    shown_key: bytes
    lab_key: keys.SshKey
    host_keys: Mapping[str, keys.SshKey]
    """By guest, as the addresses."""
    addresses: Mapping[str, str]
    nic_addresses: nics.Addresses
    secrets: Mapping[str, str]


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
    )


def limits_of(host: Host) -> Limits:
    """What each component on a host is told of it."""
    limits: Limits = {**host.on}
    if host.timeout != LIBVIRT_SECONDS:
        limits["libvirt_seconds"] = host.timeout
    return limits
