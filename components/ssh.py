"""A machine behind SSH: what host/over_ssh.sh needs to run a script there. Loads no provider SDK."""

from collections.abc import Iterable
from typing import NotRequired, TypedDict

OVER_SSH = "over_ssh.sh"
UNREACHED = 69
"""Its exit status where the machine cannot be reached: sysexits' EX_UNAVAILABLE."""


class Ssh(TypedDict):
    """How a machine is logged in to."""

    destination: str
    """Plain: what the command ssh takes; its user, port, key, agent and jump hosts are the ssh config's matter.
    Change: replace."""
    host_key: NotRequired[str]
    """Plain: its public host key, `<type> <base64>`; default: as known_hosts has it. Change: live."""
    silence_seconds: NotRequired[int]
    """Plain: how long a machine may not answer before the login is given up; default: 15. Change: live."""


class OnHost(TypedDict):
    """What components have in common that make something real on a host."""

    ssh: NotRequired[Ssh]
    """Plain: the host, where it is not this machine."""


def libvirt_uri(ssh: Ssh | None) -> str:
    """How libvirt is reached, here or there.

    Source: https://libvirt.org/uri.html
    """
    if ssh is None:
        return "qemu:///system"
    user, at, host = ssh["destination"].rpartition("@")
    return f"qemu+ssh://{user}{at}{f'[{host}]' if ':' in host else host}/system"


def over_ssh(ssh: Ssh, settings: Iterable[str]) -> dict[str, str]:
    """What host/over_ssh.sh reads itself.

    Args:
        ssh: the machine.
        settings: names of the variables that the script reads there.
    """
    key = {"SSH_HOST_KEY": ssh["host_key"]} if "host_key" in ssh else {}
    silence = {"SSH_SILENCE": str(ssh["silence_seconds"])} if "silence_seconds" in ssh else {}
    return {"SETTINGS": " ".join(sorted(settings)), "SSH_DESTINATION": ssh["destination"], **key, **silence}
