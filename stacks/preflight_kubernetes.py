"""What a host must have for a cluster: networks that are nobody's, and a bundle that is whole. Pure."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from ipaddress import IPv4Network
from typing import NamedTuple

from components.errors import Problem, got
from components.host_facts import Bundle, HostFacts
from stacks import images
from stacks.config import Host, Kubernetes, Lab
from stacks.config.lab import BUNDLES, LOCAL, VOLUME

FILES = ("node.qcow2", "volume.img")
SOURCE = "lab.kubernetes.source"
_OPTIONS = (("metricsServer", "/metrics-server:"), ("localPath", "/local-path-provisioner:"))
"""What a cluster may have, and what the name of its image has then."""


class _Manifest(NamedTuple):
    """What bundle.json says, as far as a preview asks."""

    version: str
    architecture: str
    images: tuple[str, ...]
    sizes: Mapping[str, int]


def question(lab: Lab) -> dict[str, str]:
    """What host/probe.sh is to be asked for it; nothing for a lab that has none."""
    asked = lab.kubernetes
    if asked is None:
        return {}
    return {"GUEST_ROUTES": "yes", **({"GUEST_BUNDLE": asked.bundle} if asked.bundle else {})}


def networks(lab: Lab, facts: HostFacts) -> Iterator[Problem]:
    """What is for a pod or a service never leaves a node, so that a host that has such an address is cut off."""
    own = {network.name: network.bridge for network in (lab.network, *lab.networks)}
    bridges = {*own.values(), *facts.bridges.values()}
    taken = [
        (cidr, f"libvirt's network {name!r}")
        for name, cidrs in facts.networks.items()
        if name not in own
        for cidr in cidrs
    ]
    taken += [(each.network, f"the host's {name!r}") for name, each in facts.addresses if name not in bridges]
    for where, cidr in _cidrs(lab):
        for other, whose in taken:
            if cidr.overlaps(other):
                rule = f"must be free on the host, got {str(cidr)!r} beside {other} of {whose}"
                yield Problem(where, f"{rule}; choose another")


def warnings(lab: Lab, facts: HostFacts) -> Iterator[str]:
    """What the host has a way to and pods have not."""
    near = {each.network for _, each in facts.addresses}
    # Somebody may well have led pods' addresses to a node.
    own = {network.bridge for network in (lab.network, *lab.networks)}
    for where, cidr in _cidrs(lab):
        for interface, route in facts.routes:
            if route not in near and interface not in own and cidr.overlaps(route):
                told = f"{where}: {cidr} overlaps with {route}, to which the host has a route by {interface!r}"
                yield f"{lab.host.address}: {told}; pods will not reach what is there in {cidr}"


def _cidrs(lab: Lab) -> list[tuple[str, IPv4Network]]:
    if lab.kubernetes is None:
        return []
    return [
        ("lab.kubernetes.podCidr", lab.kubernetes.pod_cidr),
        ("lab.kubernetes.serviceCidr", lab.kubernetes.service_cidr),
    ]


def bundle(lab: Lab, facts: HostFacts) -> Iterator[Problem]:
    """What keeps nodes from being made of the bundle; that its bytes are right is looked at before they are used."""
    asked, found = lab.kubernetes, facts.bundle
    if asked is None or not asked.bundle or found is None or not lab.guests:
        return
    todo = _todo(lab.host, asked)
    if not found.manifest.strip():
        rule = f"must have a bundle on the host with 'bundle', got none in {asked.bundle!r}"
        yield Problem(SOURCE, f"{rule}; {todo}, or write source: online")
    elif (told := _read(found.manifest)) is None:
        rule = f"must have a whole bundle with 'bundle', got one in {asked.bundle!r} whose bundle.json is damaged"
        yield Problem(SOURCE, f"{rule}; take that file away, and {todo}")
    else:
        yield from _fits(asked, found, told, todo)


def _fits(asked: Kubernetes, found: Bundle, told: _Manifest, todo: str) -> Iterator[Problem]:
    if told.version != asked.version:
        rule = f"must be the bundle's {got(told.version)} with source 'bundle', got {asked.version!r}"
        yield Problem("lab.kubernetes.version", f"{rule}; write that, or {todo}")
    machine = images.ARCHITECTURES.get(found.machine, found.machine)
    if told.architecture != machine:
        rule = f"must have a bundle for this host's {machine!r}, got one for {got(told.architecture)}"
        yield Problem(SOURCE, f"{rule} in {asked.bundle!r}; {todo}")
        return
    for name, size in told.sizes.items():
        if (has := found.sizes.get(name)) != size:
            rule = f"must have {name} of {size} bytes, as its bundle.json says, got {has or 'none'}"
            yield Problem(SOURCE, f"{rule} in {asked.bundle!r}; {todo}")
    for (key, mark), is_wanted in zip(_OPTIONS, (asked.metrics_server, asked.local_path), strict=True):
        if is_wanted and not any(mark in name for name in told.images):
            rule = "must be in the bundle with source 'bundle', got one without"
            yield Problem(f"lab.kubernetes.{key}", f"{rule}; take it out, or write source: online")


def without_bundle(lab: Lab) -> Lab:
    """The lab but for what its nodes have of a bundle."""
    return replace(
        lab,
        guests=tuple(
            replace(guest, image=None, disks=tuple(disk for disk in guest.disks if disk.name != VOLUME))
            if images.is_bundled(lab, guest)
            else guest
            for guest in lab.guests
        ),
    )


def _todo(host: Host, asked: Kubernetes) -> str:
    """The command that makes it, on the host itself."""
    directory = "" if asked.bundle == f"{BUNDLES}/{asked.version}" else f" DIR={asked.bundle}"
    where = "" if host.address == LOCAL else f" on {host.address}"
    return f"run make kubernetes-bundle VERSION={asked.version}{directory}{where}"


def _read(text: str) -> _Manifest | None:
    """None where it is none."""
    try:
        told = json.loads(text)
        sizes = {name: int(told["files"][name]["bytes"]) for name in FILES}
        return _Manifest(str(told["version"]), str(told["architecture"]), tuple(map(str, told["images"])), sizes)
    except (ValueError, TypeError, KeyError):
        return None
