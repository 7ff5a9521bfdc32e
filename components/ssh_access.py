"""How plain ssh reaches a lab's guests: a config, a known_hosts and a key in a directory of their own."""

from collections.abc import Mapping
from typing import NotRequired, TypedDict

import pulumi

from components.archive import pack
from components.options import first_child, without_order
from components.shell import script
from components.ssh import Ssh


class SshGuest(TypedDict):
    """One guest to log in to."""

    address: str
    """Plain: IPv4 address."""
    host_key: str
    """Plain: public half of its host key."""


class SshAccessArgs(TypedDict):
    """Whom to reach, and how."""

    directory: str
    """Plain: where the files go, relative to the project. Change: replace."""
    login: str
    """Plain: user to log in as."""
    guests: Mapping[str, SshGuest]
    """Plain: by the name that is typed after ssh."""
    host: NotRequired[Ssh]
    """Plain: the machine that they run on, where it is not this one; ssh goes through it."""
    private_key: pulumi.Input[str]
    """Secret: OpenSSH text of the key that the guests let in."""


class SshAccess(pulumi.ComponentResource):
    """Files `config`, `known_hosts` and `id_ed25519`, mode 0600, on the machine that runs Pulumi.

    `ssh -F <directory>/config <guest>` logs in with no prompt, since the host keys are known before the first contact.

    Replaces on: directory. Source: https://man.openbsd.org/ssh_config
    """

    config: pulumi.Output[str]
    """Path of the ssh config, relative to the project; known at preview."""

    def __init__(self, name: str, args: SshAccessArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        shown = {key: value for key, value in args.items() if key != "private_key"}
        super().__init__("kvmlab:index:SshAccess", name, shown, without_order(opts))
        directory = args["directory"]
        files = {
            "config": ssh_config(
                directory, args["login"], {n: g["address"] for n, g in args["guests"].items()}, args.get("host")
            ),
            "known_hosts": known_hosts(args["guests"], args.get("host")),
        }
        script(
            f"{name}-ssh",
            "ssh_access.sh apply",
            {"DIRECTORY": directory},
            first_child(self, opts, pulumi.ResourceOptions(delete_before_replace=True)),
            delete="ssh_access.sh delete",
            stdin=pulumi.Output.secret(args["private_key"]).apply(lambda key: pack({**files, "id_ed25519": key})),
            triggers=[directory],
            as_root=False,
        )
        self.config = pulumi.Output.from_input(f"{directory}/config")
        self.register_outputs({"config": self.config})


HOST = "kvmlab-host"
"""What a pinned host key stands under in the lab's known_hosts."""


def ssh_config(directory: str, login: str, addresses: Mapping[str, str], host: Ssh | None = None) -> str:
    """An ssh config that trusts only the lab's own known_hosts and offers only the lab's own key."""
    hosts = [f"Host {name}\n  HostName {address}\n" for name, address in addresses.items()]
    common = {
        "User": login,
        "IdentityFile": f"{directory}/id_ed25519",
        "IdentitiesOnly": "yes",
        "UserKnownHostsFile": f"{directory}/known_hosts",
        "StrictHostKeyChecking": "yes",
    }
    if host:
        # No ProxyJump, which would look the host up in this very config and not in the user's.
        pinned = f"-o HostKeyAlias={HOST} -o UserKnownHostsFile={directory}/known_hosts " if "host_key" in host else ""
        common["ProxyCommand"] = f"ssh -o StrictHostKeyChecking=yes {pinned}-W [%h]:%p -- {host['destination']}"
    return "".join([*hosts, "Host *\n", *(f"  {key} {value}\n" for key, value in common.items())])


def known_hosts(guests: Mapping[str, SshGuest], host: Ssh | None = None) -> str:
    """One line a guest, under its name and its address; and one for a host whose key is pinned."""
    lines = [f"{name},{guest['address']} {guest['host_key']}\n" for name, guest in guests.items()]
    if host and "host_key" in host:
        lines.append(f"{HOST} {host['host_key']}\n")
    return "".join(lines)
