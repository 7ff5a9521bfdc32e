"""The seed of a guest: what cloud-init reads at its first boot, rendered from layers.

Pure: the same spec always makes the same bytes, so a preview shows what a guest will get.
Source: https://docs.cloud-init.io/en/latest/reference/datasources/nocloud.html
"""

import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import cast

import yaml

from components.archive import pack
from components.cloud_config import problems
from components.cloud_config_keys import Keys, Value, is_open
from components.cloud_layers import layer_names, load_layer, merge
from components.cloud_secrets import filled, is_name
from components.network_config import FirstLink, Link, document

__all__ = ["Seed", "SeedSpec", "archive", "layer_names", "load_layer", "merge", "problems", "render", "shown"]


@dataclass(frozen=True, kw_only=True)
class SeedSpec:
    """What makes one guest's seed."""

    hostname: str
    """The guest's short name."""
    fqdn: str
    """The same with the lab's domain."""
    layers: Sequence[Mapping[str, object]] = field(repr=False)
    """Checked documents in their order: base, role, group, guest."""
    secrets: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    """What the layers name, by name."""
    authorized_keys: Sequence[str]
    """Who may log in as the image's own user: the lab's public key and those of its users."""
    host_key_private: str = field(repr=False)
    """The guest's ed25519 host key, OpenSSH text."""
    host_key_public: str
    """Its public half, one line."""
    mac: str
    """The first NIC's address, by which the guest's network-config finds it."""
    is_default: bool = True
    """Whether the default route is by the first NIC."""
    address6: str | None = None
    """Its IPv6 address with the prefix, if it is to have one and no routes with it."""
    links: Sequence[Link] = ()
    """Further NICs; they make no other instance, since they come and go while the guest runs."""
    instance_id: str | None = None
    """By default the content's own hash, so that changed content is a new instance to cloud-init."""


@dataclass(frozen=True, kw_only=True)
class Seed:
    """The three files of a NoCloud seed disk. The user data holds a private key."""

    user_data: str = field(repr=False)
    meta_data: str
    network_config: str
    instance_id: str


def render(spec: SeedSpec) -> Seed:
    """Make a guest's seed: the layers, between what every guest starts from and what makes it this guest."""
    merged = merge(
        {"users": ["default"], "ssh_authorized_keys": list(dict.fromkeys(spec.authorized_keys))},
        *(filled(layer, spec.secrets) for layer in spec.layers),
        {
            "hostname": spec.hostname,
            "fqdn": spec.fqdn,
            # Given keys are all the keys: cloud-init then generates none of its own, whatever ssh_genkeytypes says.
            "ssh_deletekeys": True,
            "ssh_keys": {"ed25519_private": spec.host_key_private, "ed25519_public": spec.host_key_public},
        },
    )
    user_data = f"#cloud-config\n{_yaml(merged)}"
    first = FirstLink(mac=spec.mac, is_default=spec.is_default, address6=spec.address6)
    lasting, network_config = (_yaml(document(first, links)) for links in ((), spec.links))
    # The private key in the content keeps the hash from being a way to guess a password in it.
    content = "\0".join([spec.hostname, user_data, lasting])
    instance_id = spec.instance_id or f"iid-{hashlib.sha256(content.encode()).hexdigest()[:16]}"
    meta_data = _yaml({"instance-id": instance_id, "local-hostname": spec.hostname})
    return Seed(user_data=user_data, meta_data=meta_data, network_config=network_config, instance_id=instance_id)


def archive(seed: Seed, lab_key: str, password: str | None = None, install: Mapping[str, str] | None = None) -> str:
    """Pack a seed for a host script's stdin, with what must go nowhere else: one text for the same seed.

    Args:
        seed: the guest's.
        lab_key: what readiness logs in with.
        password: that of the guest's screen, if it has one.
        install: files for an installer, by name, each ending as lines do.
    """
    files = {"user-data": seed.user_data, "meta-data": seed.meta_data, "network-config": seed.network_config}
    files |= {f"install/{name}": text for name, text in (install or {}).items()}
    return pack({**files, "key": lab_key, **({"password": f"{password}\n"} if password else {})})


HIDDEN = "[hidden]"
"""What stands for something hidden where there is no key to make a mark with."""


def shown(layers: Sequence[Mapping[str, object]], key: bytes | None, authorized_keys: Sequence[str] = ()) -> str:
    """The merged layers for people who read a preview: without the keys that the seed adds, and without any secret.

    Args:
        layers: the guest's documents.
        key: a secret; with it what is hidden gets a mark that changes with it, and by which nobody can guess it.
        authorized_keys: public keys that config lets in, which anyone may see.
    """

    def hidden(value: Value, keys: Keys) -> str:
        if key is None:
            return HIDDEN
        # With the keys, so that equal marks do not tell that a password is somebody's token, too.
        text = json.dumps([value, *(name for name in keys if isinstance(name, str))])
        return f"[hidden {hmac.digest(key, text.encode(), 'sha256')[:4].hex()}]"

    def visible(value: Value, keys: Keys) -> Value:
        match value:
            case dict():
                return {name: visible(below, (*keys, name)) for name, below in value.items()}
            # A command in words is one thing.
            case list() if is_open(keys) or not (keys and isinstance(keys[-1], int)):
                return [visible(below, (*keys, position)) for position, below in enumerate(value)]
            case bool() | None:
                return value
            case _:
                return value if is_open(keys) or is_name(value) else hidden(value, keys)

    document = dict(cast("Mapping[str, object]", visible(cast("Value", merge(*layers)), ())))
    if authorized_keys:
        more = document.get("ssh_authorized_keys")
        document["ssh_authorized_keys"] = [*authorized_keys, *(more if isinstance(more, list) else ())]
    return _yaml(document)


class _Dumper(yaml.CSafeDumper):
    """YAML for people: no anchors, and text of several lines as a block."""

    def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002 (PyYAML's signature)
        return True


def _text(_: yaml.CSafeDumper, text: str) -> yaml.ScalarNode:
    return yaml.ScalarNode("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Dumper.add_representer(str, _text)


def _yaml(document: Mapping[str, object]) -> str:
    """Sorted, so that the order in which someone wrote their keys is not a new instance."""
    return yaml.dump(document, Dumper=_Dumper, sort_keys=True, allow_unicode=True, width=2**31 - 1)
