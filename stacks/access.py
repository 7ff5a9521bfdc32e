"""The commands that lead into a guest, as they can be pasted. Pure."""

from ipaddress import IPv4Address

from components.ssh import libvirt_uri
from stacks.config import GuestSpec, Host


def commands(lab: str, guest: GuestSpec, host: Host, ssh_config: str) -> dict[str, str]:
    """What leads into one guest.

    Args:
        lab: its name.
        guest: the guest.
        host: what carries it.
        ssh_config: the lab's, by which its guests are known.

    Returns:
        `ssh`, a login; `console`, the serial one; `viewer`, its screen, if it has one. On a host behind SSH a viewer
        that is told a port finds it at the end of the `tunnel`, unless the screen is there for others than that host;
        virt-viewer makes one of its own.
    """
    domain, uri = f"{lab}-{guest.name}", libvirt_uri(host.ssh)
    told = {"ssh": f"ssh -F {ssh_config} {guest.name}", "console": f"virsh -c {uri} console {domain}"}
    screen = guest.console
    if screen.type == "none":
        return told
    if screen.port is None:
        return {**told, "viewer": f"virt-viewer -c {uri} {domain}"}
    listen = IPv4Address(screen.listen)
    if not (listen.is_loopback or listen.is_unspecified):
        return {**told, "viewer": f"remote-viewer {screen.type}://{listen}:{screen.port}"}
    if host.ssh:
        told["tunnel"] = f"ssh -N -L {screen.port}:127.0.0.1:{screen.port} {host.ssh['destination']}"
    return {**told, "viewer": f"remote-viewer {screen.type}://127.0.0.1:{screen.port}"}
