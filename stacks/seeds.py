"""The seed disks of a lab's guests: their layers, checked, and rendered with the identity of each."""

from collections.abc import Collection, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import cast

from components import cloud_config, cloud_init, cloud_secrets
from components.errors import Problem
from components.keys import SshKey
from components.network_config import FirstLink, Link
from stacks.config import GuestSpec, Lab
from stacks.secrets import unknown

LAYERS = Path(__file__).parents[1] / "cloud-init"
LOGIN = "lab"
"""The user that readiness and the lab's ssh config log in as, whatever the distribution calls its own."""


def seed(
    guest: GuestSpec,
    domain: str,
    first: FirstLink,
    links: Sequence[Link],
    host_key: SshKey,
    lab_key: str,
    secrets: Mapping[str, str],
    instance_id: str | None = None,
) -> cloud_init.Seed:
    """Render a guest's seed.

    Args:
        guest: whose seed.
        domain: the lab's DNS domain.
        first: the guest's first NIC.
        links: the others.
        host_key: the guest's own SSH key.
        lab_key: public half of the lab's SSH key, let in beside the keys of config.
        secrets: what its documents name.
        instance_id: by default it follows from all of that.
    """
    keys = [lab_key, *guest.authorized_keys]
    return cloud_init.render(
        cloud_init.SeedSpec(
            hostname=guest.name,
            fqdn=f"{guest.name}.{domain}",
            # Last, so that no layer locks out the readiness check.
            layers=[*layers(guest), _login(keys)],
            secrets=secrets,
            authorized_keys=keys,
            host_key_private=host_key.private,
            host_key_public=host_key.public,
            mac=first.mac,
            is_default=first.is_default,
            address6=first.address6,
            links=links,
            instance_id=instance_id,
        )
    )


def install_files(guest: GuestSpec, secrets: Mapping[str, str]) -> Mapping[str, str]:
    """What a guest's installer is told, with all secrets that it names."""
    seed = guest.install and guest.install.seed
    return cast("Mapping[str, str]", cloud_secrets.filled(dict(sorted(seed.files.items())), secrets)) if seed else {}


def install_shown(guest: GuestSpec, key: bytes | None) -> str | None:
    """The same for people who read a preview, as cloud_init.shown has it: names, and marks of what is in the files."""
    seed = guest.install and guest.install.seed
    return f"{seed.label}: {', '.join(cloud_init.shown([seed.files], key).splitlines())}" if seed else None


def layers(guest: GuestSpec, directory: Path = LAYERS) -> list[Mapping[str, object]]:
    """A guest's documents in their order: base, those that config names, the guest's own."""
    return [*(_layer(name, directory) for name in ("base", *guest.layers)), guest.user_data]


def names_secrets(guest: GuestSpec) -> bool:
    """Whether a guest's documents name any."""
    seed = guest.install and guest.install.seed
    documents = [*layers(guest), *([seed.files] if seed else [])]
    return any(True for document in documents for _ in cloud_secrets.names(document))


def documents(lab: Lab) -> dict[str, Mapping[str, object]]:
    """The layers that a lab uses, by name."""
    return {name: _layer(name) for name in sorted({"base", *(name for guest in lab.guests for name in guest.layers)})}


def problems(lab: Lab, secrets: Collection[str] | None) -> list[Problem]:
    """What is wrong with the layers that the lab uses, and with the secrets that it names.

    All else about its guests' own documents is part of its config's check.

    Args:
        lab: what is asked for.
        secrets: the names of those that the stack has; none where nobody can tell.
    """
    documents_by_path = {f"cloud-init/{name}.yaml": layer for name, layer in documents(lab).items()}
    wrong = [found for path, layer in documents_by_path.items() for found in cloud_init.problems(layer, path)]
    for guest in lab.guests:
        documents_by_path[f"{guest.path}.userData"] = guest.user_data
    named = [
        (cloud_config.joined(path, keys), name)
        for path, document in documents_by_path.items()
        for keys, name in cloud_secrets.names(document)
    ]
    for guest in lab.guests:
        if guest.install and guest.install.seed:
            files = cloud_secrets.names(guest.install.seed.files)
            named += [(f'{guest.path}.install.seed.files["{file}"]', name) for (file,), name in files]
    # A group's members share what is wrong with them.
    return [*wrong, *unknown(dict.fromkeys(named), lab.stack, secrets)]


@cache
def _layer(name: str, directory: Path = LAYERS) -> Mapping[str, object]:
    return cloud_init.load_layer(name, directory)


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
