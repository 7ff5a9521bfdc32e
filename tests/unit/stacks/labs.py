"""Labs and hosts that tests start from."""

from collections.abc import Mapping, Sequence
from ipaddress import IPv4Address, IPv4Interface, IPv4Network, IPv6Interface, IPv6Network
from typing import Any

from components.host_facts import Bundle, DiskSource, Holder, HostFacts, HostLink, LocalImage, Running, Store
from components.identity import network_uuid, pool_uuid
from stacks.config import Lab
from stacks.config.parsing import parse

LAYERS = frozenset({"base", "console", "docker"})
IMAGES = frozenset({"debian-13"})

ABLE = HostFacts(
    cpu_flag="vmx",
    kvm_device=True,
    cpus=8,
    memory_kib=16 * 1024**2,
    root=True,
    package_manager="apt",
    libvirt="ok",
    libvirt_process=True,
    pool_parent="/var/lib/libvirt/images",
    pool_writable=True,
    pool_free_kib=100 * 1024**2,
    pool_total_kib=400 * 1024**2,
    addresses=(("lo", IPv4Interface("127.0.0.1/8")), ("eth0", IPv4Interface("192.0.2.2/24"))),
)
"""A host that can carry a small lab, with nothing on it yet."""


def lab(raw: dict[str, Any], stack: str = "quickstart") -> Lab:
    """A lab from what stands under `kvmlab:lab`."""
    return parse(raw, stack, LAYERS, IMAGES)


def host(changes: dict[str, Any], stack: str = "quickstart") -> HostFacts:
    """An able host but for facts as case files write them; the UUID `ours` is one of the lab's own."""
    return HostFacts(**vars(ABLE) | {name: _fact(name, value, stack) for name, value in changes.items()})


def _fact(name: str, value: Any, stack: str) -> Any:
    match name:
        case "addresses":
            return tuple((interface, IPv4Interface(address)) for interface, address in value)
        case "routes":
            return tuple((interface, IPv4Network(network)) for interface, network in value)
        case "bundle":
            return Bundle(value.get("machine", "x86_64"), value.get("manifest", ""), value.get("sizes", {}))
        case "addresses6":
            return tuple((interface, IPv6Interface(address)) for interface, address in value)
        case "links":
            return {interface: HostLink(*link) for interface, link in value.items()}
        case "networks6":
            return {network: tuple(map(IPv6Network, prefixes)) for network, prefixes in value.items()}
        case "networks":
            return {network: tuple(map(IPv4Network, cidrs)) for network, cidrs in value.items()}
        case "pool_uuids":
            return {pool: pool_uuid(stack, pool) if uuid == "ours" else uuid for pool, uuid in value.items()}
        case "network_uuids":
            return {network: network_uuid(stack, "") if uuid == "ours" else uuid for network, uuid in value.items()}
        case "reservations":
            return {network: {guest: IPv4Address(a) for guest, a in held.items()} for network, held in value.items()}
        case "births":
            return {domain: (link, instance) for domain, (link, instance) in value.items()}
        case "files":
            return {path: LocalImage(*image) for path, image in value.items()}
        case "cpu_models":
            return {kind: frozenset(models) for kind, models in value.items()}
        case "running":
            return {domain: Running(*has) for domain, has in value.items()}
        case "stores":
            return {pool: _store(**store) for pool, store in value.items()}
        case "sources":
            return {path: _source(**source) for path, source in value.items()}
        case (
            "unfinished"
            | "kept_bridges"
            | "firmware"
            | "protected"
            | "no_directories"
            | "written"
            | "pending"
            | "restarted"
            | "active"
        ):
            return frozenset(value)
        case _:
            return value


def _store(**told: Any) -> Store:
    disks: Mapping[str, Sequence[int]] = told.pop("disks", {})
    held = {name: (size, taken) for name, (size, taken) in disks.items()}
    return Store(told.pop("is_usable", True), disks=held, strangers=frozenset(told.pop("strangers", ())), **told)


def _source(holders: Sequence[Sequence[Any]] = (), **source: Any) -> DiskSource:
    return DiskSource(**source, holders=tuple(Holder(*holder) for holder in holders))
