"""What host/probe.sh found out about a host. Pure: a parser, and questions that the facts answer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Interface, IPv4Network, IPv6Interface, IPv6Network
from typing import NamedTuple

from components.drift import DomainState, Seen


class LocalImage(NamedTuple):
    """An image file on the host that config names."""

    format: str
    """As host/disk_image.sh calls it, `iso`, `file` where it may be anything, or `missing`, `unknown`, or
    `unchecked` where there is no qemu-img yet."""
    virtual_size: int | None
    """Bytes that the guest would see; not known of one that is compressed or in an archive."""
    digest: str | None
    """Hex; only when a digest was asked for and the pool does not hold the image yet."""


class Running(NamedTuple):
    """What a guest that runs has of its host."""

    memory_kib: int
    cpus: int


class HostLink(NamedTuple):
    """A network interface of the host's."""

    kind: str
    """`bridge`, or `interface` for all else."""
    mtu: int
    master: str
    """The bridge or bond that has it, or empty."""


class Holder(NamedTuple):
    """A domain that has a file or block device which config names."""

    domain: str
    format: str
    is_shared: bool


class DiskSource(NamedTuple):
    """A file or block device on the host that config names as a disk."""

    kind: str
    """`file`, `block`, `other`, or `missing`."""
    identity: str = ""
    """The same for all paths that lead to it."""
    format: str = "raw"
    """By content, `qcow2` or `raw`; else what nothing but a conversion makes a disk of."""
    is_reached: bool = True
    """Whether QEMU's user gets through the directories above it; true where there is no such user yet."""
    used: str = ""
    """What of the host uses it, such as `mounted at /srv`; empty for nothing."""
    claimed: str = ""
    """Whose it says that it is, as a part of a volume group: in use or not."""
    holders: tuple[Holder, ...] = ()


class Bundle(NamedTuple):
    """What a cluster without internet is made of, as its directory is on the host."""

    machine: str
    """The host's own, as uname has it."""
    manifest: str
    """All of bundle.json; empty where there is none."""
    sizes: Mapping[str, int]
    """Of the other files that are there, in bytes."""


class Store(NamedTuple):
    """A further pool of a lab's as it is."""

    is_usable: bool
    """Whether root can write there, or whether there is such a volume group."""
    free_kib: int = 0
    total_kib: int = 0
    lab: str = ""
    """Whose marker lies in the directory."""
    extent: int = 0
    """Bytes of which volumes of a volume group have a whole number."""
    disks: Mapping[str, tuple[int, int]] = {}
    """The lab's disks there: by file or volume, what size they have and how much they have taken, in bytes."""
    strangers: frozenset[str] = frozenset()
    """Volumes with a name of this lab that are not the lab's."""


@dataclass(frozen=True)
class HostFacts:
    """One host, as it is before anything is changed."""

    cpu_flag: str = ""
    """`vmx` (Intel), `svm` (AMD), or empty: the CPU or the BIOS does not offer virtualization."""
    kvm_device: bool = False
    cpus: int = 0
    memory_kib: int = 0
    root: bool = False
    """Whether commands can run as root, directly or by sudo without a password."""
    package_manager: str = ""
    """`apt`, `dnf`, `zypper` or `pacman`; empty on a distribution that is none of their families'."""
    os_name: str = ""
    """The distribution, where it has no such manager."""
    lacks: tuple[str, ...] = ()
    """There, the commands that the lab needs and that nobody has installed."""
    libvirt: str = "absent"
    """`ok`, `absent`, or `unreachable` with libvirt's reason."""
    libvirt_process: bool = False
    pool_parent: str = ""
    """The pool's directory, or the nearest one above it that exists."""
    pool_writable: bool = False
    pool_free_kib: int = 0
    pool_total_kib: int = 0
    """Of its file system."""
    pool_lab: str = ""
    """The lab whose marker lies in the pool's directory."""
    pool_disks: dict[str, int] = field(default_factory=dict[str, int])
    """The lab's disks that exist already: file names, and sizes in bytes."""
    pool_allocated: dict[str, int] = field(default_factory=dict[str, int])
    """What they take of the pool, in bytes."""
    unfinished: frozenset[str] = frozenset()
    """Domains that a run has begun to make or to change, and has not come to the end with."""
    births: dict[str, tuple[str, str]] = field(default_factory=dict[str, tuple[str, str]])
    """What domains are made of: the image's link, and the instance-id that replaces it, or `-` where none does."""
    cluster: dict[str, str] = field(default_factory=dict[str, str])
    """What the lab's Kubernetes cluster was made with, by components.kubernetes.BIRTH; empty where there is none."""
    written: frozenset[str] = frozenset()
    """The lab's disks that are no longer as they were made, file names."""
    pending: frozenset[str] = frozenset()
    """Domains that run on as they were, although config says otherwise, since they are not to restart."""
    restarted: frozenset[str] = frozenset()
    """Domains that did, and have been started since."""
    protected: frozenset[str] = frozenset()
    """Data disks that are to stay, file names."""
    addresses: tuple[tuple[str, IPv4Interface], ...] = ()
    """Interface and address, for every IPv4 address of the host."""
    routes: tuple[tuple[str, IPv4Network], ...] = ()
    """Interface and network, for every route but the default one, if it was asked."""
    bundle: Bundle | None = None
    """The one for a cluster, if it was asked."""
    addresses6: tuple[tuple[str, IPv6Interface], ...] = ()
    """The same for IPv6, those of links aside, if it was asked."""
    links: dict[str, HostLink] = field(default_factory=dict[str, HostLink])
    """Of the interfaces that were asked for, those that are there."""
    kept_bridges: frozenset[str] = frozenset()
    """Bridges of ours over the host's own interfaces, which a login has confirmed."""
    files: dict[str, LocalImage] = field(default_factory=dict[str, LocalImage])
    stores: dict[str, Store] = field(default_factory=dict[str, Store])
    """Further pools, by what config calls them."""
    volume_groups: tuple[str, ...] = ()
    """All that the host has, if a lab has a pool in one."""
    sources: dict[str, DiskSource] = field(default_factory=dict[str, DiskSource])
    """By path, what config names as a data disk."""
    bases: dict[str, int] = field(default_factory=dict[str, int])
    """Images that the pool holds: link and virtual size in bytes."""
    firmware: frozenset[str] = frozenset()
    """`uefi`, `uefi-secure`: what the host has descriptors of, if it was asked."""
    esp: dict[str, bool] = field(default_factory=dict[str, bool])
    """By link, whether an image that is to be started by UEFI has an EFI system partition, where that can be told."""
    has_spice: bool = True
    """Whether QEMU has it; true where it was not asked, or cannot be yet."""
    cpu_models: dict[str, frozenset[str]] = field(default_factory=dict[str, frozenset[str]])
    """By type of domain, the CPU models and modes that it can have, if the host was asked."""
    no_directories: frozenset[str] = frozenset()
    """Of those that guests are to have of it, those that are none."""
    domains: dict[str, str] = field(default_factory=dict[str, str])
    """Domains with a name of this lab, and their descriptions."""
    running: dict[str, Running] = field(default_factory=dict[str, Running])
    """Domains that run, of whatever name."""
    looked: bool = False
    """Whether it was looked at what somebody may have done by hand; then the next two are known."""
    states: dict[str, DomainState] = field(default_factory=dict[str, DomainState])
    """The lab's domains as they are."""
    active: frozenset[str] = frozenset()
    """Networks and pools that are at work, as in `network six`."""
    networks: dict[str, tuple[IPv4Network, ...]] = field(default_factory=dict[str, tuple[IPv4Network, ...]])
    networks6: dict[str, tuple[IPv6Network, ...]] = field(default_factory=dict[str, tuple[IPv6Network, ...]])
    """The IPv6 prefixes of those that have some."""
    network_uuids: dict[str, str] = field(default_factory=dict[str, str])
    bridges: dict[str, str] = field(default_factory=dict[str, str])
    """Bridge of each libvirt network, by the network's name."""
    reservations: dict[str, dict[str, IPv4Address]] = field(default_factory=dict[str, dict[str, IPv4Address]])
    """Addresses held in each libvirt network, by guest name."""
    pools: dict[str, str] = field(default_factory=dict[str, str])
    """Path of each libvirt pool."""
    pool_uuids: dict[str, str] = field(default_factory=dict[str, str])
    """Of those that bear a name of a further pool of this lab."""

    @property
    def has_kvm(self) -> bool:
        """Whether KVM can work: the node alone is not enough, there are machines that have it and hang."""
        return bool(self.cpu_flag) and self.kvm_device

    @property
    def libvirt_answers(self) -> bool:
        """Whether libvirt can be asked now."""
        return self.libvirt == "ok"


def parse(output: str) -> HostFacts:
    """Read what probe.sh printed; never raises on a line that it does not know."""
    rows: dict[str, list[list[str]]] = {}
    for line in output.splitlines():
        key, _, value = line.partition(" ")
        rows.setdefault(key, []).append(value.split(" "))

    def text(key: str) -> str:
        return " ".join(rows.get(key, [[""]])[0])

    def by_name(key: str) -> list[tuple[str, str]]:
        """Rows of a name, in which libvirt permits blanks, and a value without."""
        return [(" ".join(name), value) for *name, value in rows.get(key, [])]

    networks: dict[str, tuple[IPv4Network, ...]] = {name: () for name, _ in by_name("network_uuid")}
    for name, address in by_name("network"):
        networks[name] = (*networks.get(name, ()), IPv4Interface(address).network)
    networks6: dict[str, tuple[IPv6Network, ...]] = {}
    for name, address in by_name("network6"):
        networks6[name] = (*networks6.get(name, ()), IPv6Interface(address).network)
    reservations: dict[str, dict[str, IPv4Address]] = {}
    for *network, guest, address in rows.get("reservation", []):
        reservations.setdefault(" ".join(network), {})[guest] = IPv4Address(address)
    cpu_models: dict[str, frozenset[str]] = {}
    for kind, model in rows.get("cpu_model", []):
        cpu_models[kind] = cpu_models.get(kind, frozenset()) | {model}
    # A path is absolute, so the first blank before a slash is where the name ends.
    pools = (" ".join(row).partition(" /") for row in rows.get("pool", []))
    return HostFacts(
        cpu_flag=text("cpu_flag"),
        kvm_device=text("kvm_device") == "yes",
        cpus=int(text("cpus") or 0),
        memory_kib=int(text("memory_kib") or 0),
        root=text("root") == "yes",
        package_manager=text("package_manager"),
        os_name=text("os_name"),
        lacks=tuple(row[0] for row in rows.get("lacks", [])),
        libvirt=text("libvirt") or "absent",
        libvirt_process=text("libvirt_process") == "yes",
        pool_parent=text("pool_parent"),
        pool_writable=text("pool_writable") == "yes",
        pool_free_kib=int(text("pool_free_kib") or 0),
        pool_total_kib=int(text("pool_total_kib") or 0),
        pool_lab=text("pool_lab"),
        pool_disks={disk: int(size) for disk, size in rows.get("pool_disk", [])},
        pool_allocated={
            " ".join(path).rpartition("/")[2]: int(blocks) * 512 for blocks, *path in rows.get("pool_blocks", [])
        },
        unfinished=frozenset(row[0].removesuffix(".unfinished") for row in rows.get("unfinished", [])),
        births={domain: (link, instance) for domain, link, instance in rows.get("birth", [])},
        cluster=dict(row[0].split("=", 1) for row in rows.get("cluster", [])),
        written=frozenset(row[0] for row in rows.get("written", [])),
        pending=frozenset(row[0] for row in rows.get("pending", [])),
        restarted=frozenset(row[0] for row in rows.get("restarted", [])),
        protected=frozenset(row[0].removesuffix(".protected") for row in rows.get("protected", [])),
        addresses=tuple((interface, IPv4Interface(address)) for interface, address in rows.get("address", [])),
        routes=tuple((interface, IPv4Network(network)) for interface, network in rows.get("route", [])),
        bundle=_bundle(rows),
        addresses6=tuple((interface, IPv6Interface(address)) for interface, address in rows.get("address6", [])),
        links={
            name: HostLink(kind, int(mtu), "" if master == "-" else master)
            for name, kind, mtu, master in rows.get("link", [])
        },
        kept_bridges=frozenset(row[0] for row in rows.get("kept_bridge", [])),
        files={" ".join(path): _image(kind, size, digest) for kind, size, digest, *path in rows.get("file", [])},
        stores=_stores(rows),
        volume_groups=tuple(row[0] for row in rows.get("volume_group", [])),
        sources=_sources(rows),
        bases={link: int(size) for link, size in rows.get("base", []) if size},
        firmware=frozenset(row[0] for row in rows.get("firmware", [])),
        esp={link: answer == "yes" for link, answer in rows.get("esp", [])},
        has_spice=not text("no_spice"),
        cpu_models=cpu_models,
        no_directories=frozenset(" ".join(row) for row in rows.get("no_directory", [])),
        domains={row[0]: " ".join(row[1:]) for row in rows.get("domain", [])},
        running=_running(rows.get("running", [])),
        looked=text("looked") == "yes",
        states=_states(rows),
        active=frozenset(" ".join(row) for row in rows.get("active", [])),
        networks=networks,
        networks6=networks6,
        network_uuids=dict(by_name("network_uuid")),
        bridges=dict(by_name("bridge")),
        reservations=reservations,
        pool_uuids=dict(by_name("pool_uuid")),
        pools={name: f"/{path}" for name, _, path in pools},
    )


def _running(rows: Sequence[Sequence[str]]) -> dict[str, Running]:
    """One that has ended while it was asked about has no numbers."""
    known = (row for row in rows if row[0].isdecimal() and row[1].isdecimal())
    return {" ".join(name): Running(int(memory), int(cpus)) for memory, cpus, *name in known}


def _states(rows: Mapping[str, list[list[str]]]) -> dict[str, DomainState]:
    autostart = {domain for domain, answer in rows.get("autostart", []) if answer == "yes"}
    seen: dict[tuple[str, str], dict[str, list[str]]] = {}
    for which in ("live", "stored"):
        for domain, key, *value in rows.get(which, []):
            seen.setdefault((which, domain), {}).setdefault(key, []).append(" ".join(value))
    return {
        domain: DomainState(
            " ".join(words),
            domain in autostart,
            *(_seen(seen.get((which, domain), {})) for which in ("live", "stored")),
        )
        for domain, *words in rows.get("state", [])
    }


def _seen(told: Mapping[str, list[str]]) -> Seen:
    def number(key: str) -> int:
        return int(told.get(key, ["0"])[0])

    return Seen(
        definition=told.get("definition", [""])[0],
        most_kib=number("most"),
        memory_kib=number("memory"),
        cpus=number("cpus"),
        nics=frozenset(told.get("nic", [])),
        disks=frozenset(told.get("disk", [])),
    )


def _bundle(rows: Mapping[str, list[list[str]]]) -> Bundle | None:
    """None where it was not asked."""
    if "bundle_machine" not in rows:
        return None
    [[machine, *_], *_] = rows["bundle_machine"]
    manifest = " ".join(rows.get("bundle", [[""]])[0])
    return Bundle(machine, manifest, {name: int(size) for name, size in rows.get("bundle_file", [])})


def _stores(rows: Mapping[str, list[list[str]]]) -> dict[str, Store]:
    disks: dict[str, dict[str, tuple[int, int]]] = {}
    for store, disk, size, taken in rows.get("store_disk", []):
        disks.setdefault(store, {})[disk] = int(size), int(taken)
    strangers = [(store, volume) for store, volume in rows.get("store_stranger", [])]
    return {
        name: Store(
            usable == "yes",
            int(free),
            int(total),
            lab,
            int(extent),
            disks.get(name, {}),
            frozenset(volume for store, volume in strangers if store == name),
        )
        for name, usable, free, total, extent, *labs in rows.get("store", [])
        for lab in [" ".join(labs)]
    }


def _sources(rows: Mapping[str, list[list[str]]]) -> dict[str, DiskSource]:
    """What is said of each path itself, and of what it leads to by that one's identity."""
    words: dict[str, dict[str, str]] = {
        key: {identity: " ".join(text) for identity, *text in rows.get(key, [])} for key in ("used", "claimed")
    }
    holders: dict[str, tuple[Holder, ...]] = {}
    for identity, kind, shared, *domain in rows.get("holder", []):
        held = Holder(" ".join(domain), kind, shared == "yes")
        holders[identity] = (*holders.get(identity, ()), held)
    return {
        " ".join(path): DiskSource(
            kind,
            identity,
            content,
            reached == "yes",
            words["used"].get(identity, ""),
            words["claimed"].get(identity, ""),
            holders.get(identity, ()),
        )
        for kind, identity, content, reached, *path in rows.get("source", [])
    }


def _image(kind: str, size: str, digest: str) -> LocalImage:
    return LocalImage(kind, int(size) if size.isdecimal() else None, None if digest == "-" else digest)
