"""The seed disks of a lab's guests: their layers, checked, and rendered with the identity of each."""

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

from components import cloud_init
from components.errors import Problem
from components.keys import SshKey
from stacks.config import GuestSpec, Lab

LAYERS = Path(__file__).parents[1] / "cloud-init"
LOGIN = "lab"
"""The user that readiness and the lab's ssh config log in as, whatever the distribution calls its own."""


def seed(guest: GuestSpec, domain: str, mac: str, host_key: SshKey, lab_key: str) -> cloud_init.Seed:
    """Render a guest's seed.

    Args:
        guest: whose seed.
        domain: the lab's DNS domain.
        mac: the guest's first NIC.
        host_key: the guest's own SSH key.
        lab_key: public half of the lab's SSH key, let in beside the keys of config.
    """
    keys = [lab_key, *guest.authorized_keys]
    return cloud_init.render(
        cloud_init.SeedSpec(
            hostname=guest.name,
            fqdn=f"{guest.name}.{domain}",
            # Last, so that no layer locks out the readiness check.
            layers=[*layers(guest), _login(keys)],
            authorized_keys=keys,
            host_key_private=host_key.private,
            host_key_public=host_key.public,
            mac=mac,
        )
    )


def layers(guest: GuestSpec) -> list[Mapping[str, object]]:
    """A guest's documents in their order: base, those that config names, the guest's own."""
    return [*(_layer(name) for name in ("base", *guest.layers)), guest.user_data]


def problems(lab: Lab) -> list[Problem]:
    """What is wrong with the layers that the lab uses; its guests' own documents are part of its config's check."""
    used = {"base", *(name for guest in lab.guests for name in guest.layers)}
    return [
        problem for name in sorted(used) for problem in cloud_init.problems(_layer(name), f"cloud-init/{name}.yaml")
    ]


@cache
def _layer(name: str) -> Mapping[str, object]:
    return cloud_init.load_layer(name, LAYERS)


def _login(keys: Sequence[str]) -> Mapping[str, object]:
    user = {
        "name": LOGIN,
        "gecos": "kvmlab",
        "shell": "/bin/bash",
        "sudo": "ALL=(ALL) NOPASSWD:ALL",
        "lock_passwd": True,
        "ssh_authorized_keys": list(keys),
    }
    return {"users": [user]}
