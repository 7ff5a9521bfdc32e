"""The lab as the program uses it: frozen, every default filled in, groups expanded, free of Pulumi and pydantic."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from ipaddress import IPv4Address, IPv4Interface, IPv4Network, IPv6Network
from typing import Literal

from components.domain import LOOPBACK
from components.domain_disks import USUAL, DiskOptions
from components.domain_parts import Balloon, Cpu
from components.domain_shares import Share
from components.ssh import OnHost, Ssh

LOCAL = "local"
"""This machine, as a host's address."""
MOST_PERCENT = 10_000
"""Of anything that a host has."""

Kind = Literal["guests", "host", "kubernetes"]
Role = Literal["server", "workstation", "both"]
Accelerator = Literal["auto", "kvm", "tcg"]
NetworkManager = Literal["keep", "unmanaged", "mask"]
OnCloudInitChange = Literal["replace", "rerun", "ignore"]
WaitFor = Literal["cloud-init", "start"]
Firmware = Literal["bios", "uefi", "uefi-secure"]
MachineType = Literal["pc", "q35"]
NetworkMode = Literal["nat", "isolated", "routed"]
NicModel = Literal["virtio", "e1000e", "e1000", "rtl8139"]
NicKind = Literal["network", "bridge", "direct"]
ConsoleType = Literal["vnc", "spice", "none"]
Power = Literal["on", "off"]
BalloonType = Literal["virtio", "none"]
WatchdogAction = Literal["reset", "shutdown", "poweroff", "pause", "inject-nmi", "none"]
DiskPolicy = Literal["promised", "thin"]
Cache = Literal["none", "writeback", "writethrough", "directsync", "unsafe"]
DiskIo = Literal["threads", "native", "io_uring"]
Discard = Literal["unmap", "ignore"]
NodeKey = Literal["controlPlane", "worker"]
"""Of `lab.kubernetes`, what makes nodes."""
NodeRole = Literal["control-plane", "worker"]
NODE_ROLES: Mapping[NodeKey, NodeRole] = {"controlPlane": "control-plane", "worker": "worker"}
"""Of the nodes that each makes, whose names begin so."""
BUNDLES = "/var/lib/kvmlab/kubernetes"
"""Where a host has bundles, by version."""
VOLUME = "kubernetes"
"""The disk of a node on which a bundle's volume is."""
KubernetesSource = Literal["online", "bundle"]
Cni = Literal["flannel", "none"]
ProxyMode = Literal["nftables", "iptables"]
Rule = Literal[
    "overcommit",
    "public-console",
    "unpinned-image",
    "plain-text-secret",
    "unprotected-disk",
    "no-autostart",
    "even-control-planes",
]
"""Of policy, by the names that waivers call them."""


@dataclass(frozen=True, slots=True)
class Digest:
    """What the bytes of an image must add up to."""

    algorithm: Literal["sha512", "sha256"]
    hex: str


@dataclass(frozen=True, slots=True)
class CatalogueImage:
    """An image that the catalogue knows by name."""

    name: str


@dataclass(frozen=True, slots=True)
class FileImage:
    """An image that is a file on the host."""

    path: str
    digest: Digest | None
    disk: str = ""
    """In an archive, the file that is the disk; empty for the only one."""


@dataclass(frozen=True, slots=True)
class UrlImage:
    """An image from the web."""

    url: str
    digest: Digest
    disk: str = ""
    """As a FileImage's."""


Source = FileImage | UrlImage
"""A file, on the host or on the web."""
Image = CatalogueImage | Source


@dataclass(frozen=True, slots=True)
class Boot:
    """A kernel that is started directly."""

    kernel: Source
    initrd: Source | None
    cmdline: str


@dataclass(frozen=True, slots=True)
class InstallSeed:
    """A disk for an installer: its label, and texts by the names of files."""

    label: str
    files: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Install:
    """An installation from a CD."""

    iso: Source
    seed: InstallSeed | None


@dataclass(frozen=True, slots=True)
class Bridge:
    """A bridge over an interface of the host's, or a VLAN of it: a name, a MAC address, or `default-route`."""

    name: str
    interface: str
    vlan: int | None


@dataclass(frozen=True, slots=True)
class Overcommit:
    """How much of what a host has its guests may ask for together: memory and CPUs in percent, None is no limit."""

    memory: int = 100
    cpus: int | None = None
    disk: DiskPolicy = "promised"


@dataclass(frozen=True, slots=True)
class Host:
    """A hypervisor; the time-out, in seconds, is for each answer of libvirt's."""

    address: str
    accelerator: Accelerator
    at_once: int | None
    timeout: int
    key: str | None
    bridge: Bridge | None
    role: Role
    network_manager: NetworkManager
    name: str = ""
    """What `lab.hosts` calls it; empty for the one of `lab.host`."""
    overcommit: Overcommit = Overcommit()

    @property
    def path(self) -> str:
        """Where config tells of it."""
        return f"lab.hosts.{self.name}" if self.name else "lab.host"

    @property
    def suffix(self) -> str:
        """What the names of its resources end with: by the machine, so that config may call that as it likes.

        Without colons, which Pulumi keeps to itself.
        """
        return "" if self.address == LOCAL else f"-{self.address.replace(':', '.')}"

    @property
    def ssh(self) -> Ssh | None:
        """How it is logged in to, where it is not this machine."""
        if self.address == LOCAL:
            return None
        ssh: Ssh = {"destination": self.address}
        if self.key:
            ssh["host_key"] = self.key
        return ssh

    @property
    def on(self) -> OnHost:
        """What each component is told of it."""
        return {"ssh": self.ssh} if self.ssh else {}


@dataclass(frozen=True, slots=True)
class Network:
    """A network of the lab's; the name of its first is the stack's."""

    name: str
    cidr: IPv4Network
    gateway: IPv4Address
    dhcp_start: IPv4Address
    dhcp_end: IPv4Address
    domain: str
    bridge: str
    mode: NetworkMode = "nat"
    mtu: int | None = None
    """None is the kernel's own."""
    ipv6: IPv6Network | None = None
    key: str = ""
    """What `lab.networks` calls it; empty for the one of `lab.network`."""

    @property
    def path(self) -> str:
        """Where config tells of it."""
        return f"lab.networks.{self.key}" if self.key else "lab.network"


@dataclass(frozen=True, slots=True)
class Segment:
    """A network on which nothing is served."""

    name: str
    bridge: str
    mtu: int | None
    key: str

    @property
    def path(self) -> str:
        """Where config tells of it."""
        return f"lab.networks.{self.key}"


@dataclass(frozen=True, slots=True)
class Pool:
    """The lab's storage pool; its name is the stack's."""

    name: str
    path: str


@dataclass(frozen=True, slots=True)
class FurtherPool:
    """Another place for disks: a directory, or a volume group."""

    key: str
    """What `lab.pools` calls it."""
    name: str
    """In libvirt, of a directory."""
    path: str
    """A directory; of a volume group, that of its devices."""
    group: str
    """The volume group; empty for a directory."""

    @property
    def where(self) -> str:
        """Where config tells of it."""
        return f"lab.pools.{self.key}.{'volumeGroup' if self.group else 'path'}"


@dataclass(frozen=True, slots=True)
class Console:
    """A guest's screen; no port is one that libvirt chooses at each start."""

    type: ConsoleType
    port: int | None
    listen: str = LOOPBACK
    password: str | None = None
    """The name of a secret of the stack; none where nobody is asked for one."""


@dataclass(frozen=True, slots=True)
class DataDisk:
    """A further disk of a guest's, which outlives it; its size is in bytes, and 0 of one that is there already."""

    name: str
    size: int
    protect: bool
    options: DiskOptions = USUAL
    path: str = ""
    """Of a file or block device that is there already; empty for a volume of the lab's own."""
    shared: bool = False
    read_only: bool = False
    pool: str = ""
    """What `lab.pools` calls the pool; empty for the lab's own."""


@dataclass(frozen=True, slots=True)
class Nic:
    """A further NIC of a guest's."""

    name: str
    kind: NicKind
    source: str
    """A key of `lab.networks`, or a bridge or an interface of the host's."""
    mac: str
    model: NicModel
    mtu: int | None
    """None is that of what it is on."""
    address: IPv4Address | None
    """Only where config names one."""
    gateway: IPv4Address | None
    is_default: bool
    """Whether the default route is by it."""

    @property
    def fixed(self) -> IPv4Interface | None:
        """An address that the guest is given by nobody but its own system."""
        return self.address if isinstance(self.address, IPv4Interface) else None


@dataclass(frozen=True, slots=True)
class GuestSpec:
    """One guest; memory and disk in bytes, times in seconds, an address only where the config names one."""

    name: str
    group: str | None
    host: str
    """What `lab.hosts` calls the machine that carries it; empty for the one of `lab.host`."""
    number: int | None
    image: Image | None
    """None is a blank disk."""
    cpus: int
    memory: int
    max_cpus: int | None
    """None is as many as it has."""
    max_memory: int | None
    """None is as much as it has."""
    firmware: Firmware
    machine: MachineType | None
    """None is libvirt's choice."""
    tpm: bool
    console: Console
    cpu: Cpu | None
    """None is the host's with KVM, else libvirt's choice."""
    balloon: Balloon | None
    """None is libvirt's own."""
    watchdog: WatchdogAction | None
    description: str | None
    shares: tuple[Share, ...]
    """By tag."""
    autostart: bool
    disk: int
    disks: tuple[DataDisk, ...]
    """By name, as the guest knows them."""
    address: IPv4Address | None
    layers: tuple[str, ...]
    user_data: Mapping[str, object]
    authorized_keys: tuple[str, ...]
    on_cloud_init_change: OnCloudInitChange
    allow_restart: bool
    allow_data_loss: bool
    wait_for: WaitFor
    ready_timeout: int
    shutdown_timeout: int
    power: Power = "on"
    boot: Boot | None = None
    nics: tuple[Nic, ...] = ()
    """By name."""
    install: Install | None = None
    disk_options: DiskOptions = USUAL
    """How the root disk is gone about."""
    pool: str = ""
    """The root disk's, as `lab.pools` calls it; empty for the lab's own."""
    waivers: Mapping[Rule, str] = field(default_factory=dict[Rule, str])
    """Reasons by the rules of policy that it may break."""

    node: NodeKey | None = None
    """What of `lab.kubernetes` makes it; None of a guest that is no node."""

    @property
    def path(self) -> str:
        """Where config tells of it."""
        if self.node:
            return f"lab.kubernetes.{self.node}"
        return f"lab.groups.{self.group}" if self.group else f"lab.guests.{self.name}"


@dataclass(frozen=True, slots=True)
class Node:
    """What a cluster knows of one of its guests."""

    guest: str
    role: NodeRole
    labels: Mapping[str, str]
    taints: tuple[str, ...]
    """As kubectl takes them: `key=value:NoSchedule`."""


@dataclass(frozen=True, slots=True)
class Kubernetes:
    """A cluster of a lab's guests."""

    version: str
    """Without the `v`: `1.35.4`."""
    source: KubernetesSource
    bundle: str
    """The directory on the host; empty with source `online`."""
    pod_cidr: IPv4Network
    service_cidr: IPv4Network
    cni: Cni
    proxy_mode: ProxyMode
    network: str
    """A key of `lab.networks`; empty for the lab's own."""
    manifests: tuple[str, ...]
    """Files of the checkout, in the order in which they are applied."""
    cert_sans: tuple[str, ...]
    metrics_server: bool
    local_path: bool
    nodes: tuple[Node, ...]
    """Control planes first, each role in natural order."""


@dataclass(frozen=True, slots=True)
class Lab:
    """What one stack makes; guests in natural order, worker-10 after worker-9.

    Each host has a pool and networks of its own for its guests, as these describe them.
    """

    stack: str
    kind: Kind
    hosts: tuple[Host, ...]
    network: Network
    pool: Pool
    guests: tuple[GuestSpec, ...]
    networks: tuple[Network | Segment, ...] = ()
    """Further ones, by name."""
    pools: tuple[FurtherPool, ...] = ()
    """Further ones, by name."""
    waivers: Mapping[Rule, str] = field(default_factory=dict[Rule, str])
    """Reasons by the rules of policy that it may break."""
    kubernetes: Kubernetes | None = None
    """The cluster, of a lab of that kind."""

    @property
    def host(self) -> Host:
        """The hypervisor, of a lab that has one."""
        (host,) = self.hosts
        return host

    @property
    def used_pools(self) -> "list[FurtherPool]":
        """Further pools in which guests have disks."""
        used = {guest.pool for guest in self.guests} | {disk.pool for guest in self.guests for disk in guest.disks}
        return [pool for pool in self.pools if pool.key in used]

    def parts(self) -> "list[Lab]":
        """The lab on each of its hosts: a lab with one host, and the guests there."""
        return [
            replace(self, hosts=(host,), guests=tuple(guest for guest in self.guests if guest.host == host.name))
            for host in self.hosts
        ]
