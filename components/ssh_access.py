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
    host: NotRequired[Ssh]
    """Plain: the machine that it runs on, where it is not this one; ssh goes through it."""


class SshAccessArgs(TypedDict):
    """Whom to reach, and how."""

    directory: str
    """Plain: where the files go, relative to the project. Change: replace."""
    login: str
    """Plain: user to log in as."""
    guests: Mapping[str, SshGuest]
    """Plain: by the name that is typed after ssh."""
    private_key: pulumi.Input[str]
    """Secret: OpenSSH text of the key that the guests let in."""
    is_missing: NotRequired[bool]
    """Plain: the files are to be written although nothing has changed. Default false."""


class SshAccess(pulumi.ComponentResource):
    """Files `config`, `known_hosts` and `id_ed25519`, mode 0600, on the machine that runs Pulumi.

    `ssh -F <directory>/config <guest>` logs in with no prompt, since the host keys are known before the first contact.

    Replaces on: directory. Source: https://man.openbsd.org/ssh_config
    """

    config: pulumi.Output[str]
    """Path of the ssh config, relative to the project; known at preview."""

    def __init__(self, name: str, args: SshAccessArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        shown = {key: value for key, value in args.items() if key not in ("private_key", "is_missing")}
        super().__init__("kvmlab:index:SshAccess", name, shown, without_order(opts))
        directory = args["directory"]
        script(
            f"{name}-ssh",
            "ssh_access.sh apply",
            {"DIRECTORY": directory},
            first_child(self, opts, pulumi.ResourceOptions(delete_before_replace=True)),
            delete="ssh_access.sh delete",
            stdin=pulumi.Output.secret(args["private_key"]).apply(
                lambda key: files(directory, args["login"], args["guests"], key)
            ),
            triggers=[directory],
            as_root=False,
            is_broken=args.get("is_missing", False),
        )
        self.config = pulumi.Output.from_input(f"{directory}/config")
        self.register_outputs({"config": self.config})


def files(directory: str, login: str, guests: Mapping[str, SshGuest], private_key: str) -> str:
    """All of them, packed for the script that writes them."""
    config = ssh_config(directory, login, guests)
    return pack({"config": config, "known_hosts": known_hosts(guests), "id_ed25519": private_key})


HOST = "kvmlab-host-"
"""What a pinned host key stands under in the lab's known_hosts, with the machine behind it."""


def ssh_config(directory: str, login: str, guests: Mapping[str, SshGuest]) -> str:
    """An ssh config that trusts only the lab's own known_hosts and offers only the lab's own key."""
    common = {
        "User": login,
        "IdentityFile": f"{directory}/id_ed25519",
        "IdentitiesOnly": "yes",
        "UserKnownHostsFile": f"{directory}/known_hosts",
        "StrictHostKeyChecking": "yes",
    }
    entries = {name: {"HostName": guest["address"], **_way(guest, directory)} for name, guest in guests.items()}
    return "".join(_entry(name, settings) for name, settings in [*entries.items(), ("*", common)])


def known_hosts(guests: Mapping[str, SshGuest]) -> str:
    """One line a guest, under its name and its address; and one for each machine whose key is pinned."""
    lines = [f"{name},{guest['address']} {guest['host_key']}\n" for name, guest in guests.items()]
    hosts = (guest["host"] for guest in guests.values() if "host" in guest)
    pinned = {host["destination"]: host["host_key"] for host in hosts if "host_key" in host}
    return "".join([*lines, *(f"{HOST}{destination} {key}\n" for destination, key in pinned.items())])


def _way(guest: SshGuest, directory: str) -> dict[str, str]:
    if "host" not in guest:
        return {}
    destination = guest["host"]["destination"]
    pinned = f"-o HostKeyAlias={HOST}{destination} -o UserKnownHostsFile={directory}/known_hosts "
    # No ProxyJump, which would look the host up in this very config and not in the user's.
    key = pinned if "host_key" in guest["host"] else ""
    return {"ProxyCommand": f"ssh -o StrictHostKeyChecking=yes {key}-W [%h]:%p -- {destination}"}


def _entry(name: str, settings: Mapping[str, str]) -> str:
    return "".join([f"Host {name}\n", *(f"  {key} {value}\n" for key, value in settings.items())])
