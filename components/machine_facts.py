"""What host/facts.sh found out about a machine, before it is a hypervisor. Pure: a parser, and what the facts mean.

It runs before anything is installed, on Pythons as old as 3.9: standard library alone, and no `match`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple, TypeVar

Row = TypeVar("Row")


class KvmDevice(NamedTuple):
    """Who may use /dev/kvm."""

    mode: str
    """Octal, as `660`."""
    owner: str
    group: str


class Filesystem(NamedTuple):
    """A file system that disks could lie on."""

    type: str
    size_kib: int
    free_kib: int
    mount: str


class Disk(NamedTuple):
    """A disk of the machine's own."""

    name: str
    size_kib: int
    kind: str
    """`solid` or `rotating`."""


class Interface(NamedTuple):
    """A network interface other than the loopback."""

    name: str
    kind: str
    """`ethernet`, `wireless`, `bridge`, `bond`, `vlan`, or `virtual` for all else."""
    state: str
    """As the kernel calls it: `up`, `down`, `unknown` and some more."""
    mac: str
    manager: str
    """`ifupdown`, `netplan`, `systemd-networkd`, `NetworkManager`, `wicked`, or `none`."""
    master: str
    """The bridge or bond that it is a port of, or `-`."""


class Address(NamedTuple):
    """An address that others can reach."""

    interface: str
    cidr: str


class Route(NamedTuple):
    """A default route."""

    interface: str
    metric: int
    family: str
    """`inet` or `inet6`."""


class Drops(NamedTuple):
    """A base chain of the firewall that drops what no rule of its own accepts."""

    family: str
    table: str
    chain: str
    hook: str
    """`input` or `forward`."""


class Version(NamedTuple):
    """Of a program."""

    name: str
    number: str


@dataclass(frozen=True)
class MachineFacts:
    """One machine, as it is."""

    os_id: str = ""
    os_like: tuple[str, ...] = ()
    os_version: str = ""
    os_name: str = ""
    """As a user knows it: `Debian GNU/Linux 12 (bookworm)`."""
    kernel: str = ""
    machine: str = ""
    """The architecture, `x86_64`."""
    init: str = ""
    """`systemd`, or the name of whatever else is process 1."""
    root: bool = False
    """Whether the script ran as root, and so saw all."""
    user: str = ""
    """Who asked, also where sudo was between."""
    groups: frozenset[str] = frozenset()
    cpus: int = 0
    cpu_vendor: str = ""
    cpu_flags: frozenset[str] = frozenset()
    """Of `vmx` (Intel), `svm` (AMD) and `hypervisor` (this is a guest) those that it has."""
    kvm_device: KvmDevice | None = None
    kvm_modules: frozenset[str] = frozenset()
    nested: bool = False
    """Whether guests may have guests."""
    bios_says: str = ""
    """The kernel's own line on virtualization that the BIOS disables."""
    kernel_log: str = "no"
    """How much of it was seen: `whole`, `part` (its beginning is gone), `no`."""
    iommu: bool = False
    memory_kib: int = 0
    memory_available_kib: int = 0
    filesystems: tuple[Filesystem, ...] = ()
    disks: tuple[Disk, ...] = ()
    interfaces: tuple[Interface, ...] = ()
    addresses: tuple[Address, ...] = ()
    default_routes: tuple[Route, ...] = ()
    """IPv4 before IPv6, and of each the one first that is used first."""
    resolver: str = ""
    """Whose file /etc/resolv.conf is: `systemd-resolved`, `NetworkManager`, `resolvconf`, or `file` for nobody's."""
    nameservers: tuple[str, ...] = ()
    firewalls: frozenset[str] = frozenset()
    """Of `firewalld`, `ufw` and `docker` those that are at work."""
    rules_seen: bool = False
    drops: frozenset[Drops] = frozenset()
    security: frozenset[str] = frozenset()
    """Of `apparmor`, `selinux-enforcing` and `selinux-permissive` those that hold."""
    libvirt_installed: frozenset[str] = frozenset()
    """Daemons: `libvirtd` where there is one for all, `virtqemud` and others where each has its part."""
    libvirt_running: frozenset[str] = frozenset()
    libvirt_sockets: frozenset[str] = frozenset()
    """Daemons that systemd starts when somebody asks."""
    libvirt_answers: str = ""
    """`yes`, `no` with libvirt's reason, or empty where it was not asked since nothing runs."""
    firewall_backend: str = ""
    """Where libvirt writes its rules: `iptables`, `nftables`, or empty where it has no such choice (before 10.4)."""
    firmware: frozenset[str] = frozenset()
    """Descriptors of UEFI firmware, file names."""
    tools: frozenset[str] = frozenset()
    versions: dict[str, str] = field(default_factory=dict[str, str])
    """Of `qemu`, `libvirt` and `dnsmasq`."""

    @property
    def family(self) -> str:
        """The distribution that this one is a relative of, by package manager; empty for a stranger."""
        names = {self.os_id, *self.os_like}
        families = (("debian", "ubuntu"), ("fedora", "rhel", "centos"), ("suse", "opensuse"), ("arch",))
        return next((members[0] for members in families if names.intersection(members)), "")

    @property
    def in_guest(self) -> bool:
        """Whether the machine is itself a guest."""
        return "hypervisor" in self.cpu_flags

    @property
    def cpu_flag(self) -> str:
        """`vmx`, `svm`, or empty where the CPU does not show that it can virtualize."""
        return next((flag for flag in ("vmx", "svm") if flag in self.cpu_flags), "")

    @property
    def uplink(self) -> Interface | None:
        """The interface with the default route."""
        names = [route.interface for route in self.default_routes]
        return next((interface for name in names for interface in self.interfaces if interface.name == name), None)

    def filesystem_of(self, path: str) -> Filesystem | None:
        """The file system that a path lies on or would lie on."""
        above = [each for each in self.filesystems if f"{path}/".startswith(f"{each.mount.rstrip('/')}/")]
        return max(above, key=lambda each: len(each.mount), default=None)


def parse(output: str) -> MachineFacts:
    """Read what facts.sh printed; never raises, and leaves out a line that it does not know or understand."""
    rows: dict[str, list[str]] = {}
    for line in output.splitlines():
        key, _, value = line.partition(" ")
        # What a machine calls its things must not steer a terminal.
        rows.setdefault(key, []).append("".join(c if c.isprintable() else "?" for c in value))

    def text(key: str) -> str:
        return rows.get(key, [""])[0]

    def number(key: str) -> int:
        return _number(text(key), 0)

    def each(key: str, row: Callable[..., Row], words: int, numbers: tuple[int, ...] = ()) -> tuple[Row, ...]:
        """A row for each line of as many words as that; the last one may hold blanks."""
        split = [value.split(" ", words - 1) for value in rows.get(key, [])]
        return tuple(
            row(*(int(word) if place in numbers else word for place, word in enumerate(line)))
            for line in split
            if len(line) == words and all(_number(line[place], -1) >= 0 for place in numbers)
        )

    def names(key: str) -> frozenset[str]:
        return frozenset(filter(None, rows.get(key, [])))

    routes = each("default_route", Route, 3, (1,))
    devices = each("kvm_device", KvmDevice, 3)
    return MachineFacts(
        os_id=text("os_id"),
        os_like=tuple(text("os_like").split()),
        os_version=text("os_version"),
        os_name=text("os_name"),
        kernel=text("kernel"),
        machine=text("machine"),
        init=text("init"),
        root=text("root") == "yes",
        user=text("user"),
        groups=names("group"),
        cpus=number("cpus"),
        cpu_vendor=text("cpu_vendor"),
        cpu_flags=names("cpu_flag"),
        kvm_device=devices[0] if devices else None,
        kvm_modules=names("kvm_module"),
        nested="yes" in names("nested"),
        bios_says=text("bios_says"),
        kernel_log=text("kernel_log") or "no",
        iommu=text("iommu") == "yes",
        memory_kib=number("memory_kib"),
        memory_available_kib=number("memory_available_kib"),
        filesystems=each("filesystem", Filesystem, 4, (1, 2)),
        disks=each("disk", Disk, 3, (1,)),
        interfaces=each("interface", Interface, 6),
        addresses=each("address", Address, 2),
        default_routes=tuple(sorted(routes, key=lambda route: (route.family, route.metric))),
        resolver=text("resolver"),
        nameservers=tuple(rows.get("nameserver", [])),
        firewalls=names("firewall"),
        rules_seen=text("rules_seen") == "yes",
        drops=frozenset(each("drops", Drops, 4)),
        security=names("security"),
        libvirt_installed=names("libvirt_installed"),
        libvirt_running=names("libvirt_running"),
        libvirt_sockets=names("libvirt_socket"),
        libvirt_answers=text("libvirt_answers"),
        firewall_backend=text("firewall_backend"),
        firmware=names("firmware"),
        tools=names("tool"),
        versions={version.name: version.number for version in each("version", Version, 2)},
    )


def _number(word: str, otherwise: int) -> int:
    # Longer ones are no count of anything here, and Python refuses to read the longest.
    return int(word) if word.isascii() and word.isdecimal() and len(word) <= 18 else otherwise
