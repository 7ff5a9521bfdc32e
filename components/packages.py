"""Packages that make a machine a hypervisor, or let somebody work with one, and the commands that they bring.

Pure, and without dependencies: the doctor reads it with Pythons as old as 3.9.
"""

from __future__ import annotations

from collections.abc import Collection

SERVER = {
    "apt": (
        "dnsmasq-base",
        "iptables",
        "libvirt-clients",
        "libvirt-daemon-system",
        "openssh-client",
        "ovmf",
        "qemu-system-x86",
        "qemu-utils",
        "xorriso",
        "curl",
    ),
    # What libvirt's own packaging has for this: https://libvirt.org/kbase/rpm-deployment.html
    "dnf": (
        "dnsmasq",
        "edk2-ovmf",
        "iptables-nft",
        "libvirt-client",
        "libvirt-daemon-kvm",
        "openssh-clients",
        "qemu-img",
        "qemu-kvm",
        "xorriso",
        "curl",
    ),
    "zypper": (
        "dnsmasq",
        "iptables",
        "libvirt-client",
        "libvirt-daemon-qemu",
        "openssh-clients",
        "qemu-ovmf-x86_64",
        "qemu-tools",
        "qemu-x86",
        "xorriso",
        "curl",
    ),
    "pacman": (
        "dnsmasq",
        "edk2-ovmf",
        "iptables",
        "libisoburn",
        "libvirt",
        "openssh",
        "qemu-img",
        "qemu-system-x86",
        "curl",
    ),
}
"""By package manager, what carries guests: all that libvirt and the scripts in host/ call, and UEFI firmware."""

CLIENT = {
    "apt": ("libvirt-clients", "openssh-client", "virt-manager", "virt-viewer"),
    "dnf": ("libvirt-client", "openssh-clients", "virt-manager", "virt-viewer"),
    "zypper": ("libvirt-client", "openssh-clients", "virt-manager", "virt-viewer"),
    "pacman": ("libvirt", "openssh", "virt-manager", "virt-viewer"),
}
"""By package manager, what looks at guests and manages them, here and elsewhere."""

TPM = {
    "apt": ("swtpm", "swtpm-tools"),
    "dnf": ("swtpm", "swtpm-tools"),
    "zypper": ("swtpm",),
    "pacman": ("swtpm",),
}
"""By package manager, what guests with a TPM need beside that."""

SHARES = {
    # Debian 12 and Ubuntu 22.04 have no such package: host/packages_apt.sh.
    "apt": ("virtiofsd",),
    "dnf": ("virtiofsd",),
    "zypper": ("virtiofsd",),
    "pacman": ("virtiofsd",),
}
"""By package manager, what guests with directories of the host's need."""

SERVER_COMMANDS = (
    *("curl", "dnsmasq", "iptables", "qemu-img", "qemu-system-x86_64|qemu-kvm"),
    *("ssh", "virsh", "xorriso", "libvirtd|virtqemud"),
)
"""What is called of the server set. Of two with a bar between, either will do: RHEL's QEMU is /usr/libexec/qemu-kvm."""
CLIENT_COMMANDS = ("ssh", "virsh", "virt-manager", "virt-viewer")
TPM_COMMANDS = ("swtpm", "swtpm_setup")
SHARE_COMMANDS = ("virtiofsd",)


def packages(manager: str, role: str, *, tpm: bool = False, shares: bool = False) -> tuple[str, ...]:
    """The packages of a role; none where nobody knows the distribution's names.

    Args:
        manager: a key of SERVER, or empty.
        role: `server`, `workstation` or `both`.
        tpm: whether guests have one.
        shares: whether guests have directories of the host's.
    """
    more = (*(TPM.get(manager, ()) if tpm else ()), *(SHARES.get(manager, ()) if shares else ()))
    return (*_of(role, SERVER.get(manager, ()), CLIENT.get(manager, ())), *more)


def commands(role: str, *, tpm: bool = False, shares: bool = False) -> tuple[str, ...]:
    """What there must be for a role, whoever has installed it."""
    more = (*(TPM_COMMANDS if tpm else ()), *(SHARE_COMMANDS if shares else ()))
    return (*_of(role, SERVER_COMMANDS, CLIENT_COMMANDS), *more)


def lacking(has: Collection[str]) -> list[str]:
    """Of what a server calls, that of which there is nothing."""
    wanted = [names.split("|") for names in SERVER_COMMANDS]
    return [names[0] for names in wanted if not any(name in has for name in names)]


def _of(role: str, server: tuple[str, ...], client: tuple[str, ...]) -> tuple[str, ...]:
    sets = {"server": server, "workstation": client, "both": (*server, *client)}
    return tuple(dict.fromkeys(sets[role]))
