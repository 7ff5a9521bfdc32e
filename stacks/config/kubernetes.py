"""A cluster, as far as no field can see it alone: what its nodes must be, and networks that must not overlap."""

from collections.abc import Iterator
from ipaddress import IPv4Interface, IPv4Network

from components.errors import Problem, got
from stacks.config.clusters import NODE_LAYER, PACKAGES_LAYER
from stacks.config.kubernetes_scalars import label_key
from stacks.config.lab import NODE_ROLES, VOLUME, Network, Segment
from stacks.config.members import cluster, roles
from stacks.config.models import NO_IMAGE, KubernetesConfig, NodesConfig
from stacks.config.networks import networks
from stacks.config.problems import meant
from stacks.config.raw import Place, path
from stacks.config.reading import Reading
from stacks.config.scalars import MIB

CONTROL_PLANE_CPUS = 2
CONTROL_PLANE_MEMORY = 1800 * MIB
"""A guest's kernel keeps some 80 MiB of it to itself, and kubeadm wants 1700 of what is left.

ControlPlaneNumCPU and ControlPlaneMem in
https://github.com/kubernetes/kubernetes/blob/v1.35.0/cmd/kubeadm/app/constants/constants.go
"""
NODE_PREFIX = 24
"""Of each node's part of the pods' network, as kubeadm's controller manager has it."""
KUBELETS_OWN = ("kubernetes.io/arch", "kubernetes.io/hostname", "kubernetes.io/os")
_ROOT: Place = ("kubernetes",)


def kubernetes_problems(reading: Reading, stack: str) -> Iterator[Problem]:
    """Every reason why the cluster cannot be as it is asked for."""
    lab, asked = reading.lab, cluster(reading.lab)
    if asked is None:
        return
    # A lab of kind `host` has been told of all that it may not have.
    if lab.kind == "guests" and reading.has("kind"):
        rule = "must be in a lab of kind 'kubernetes', got it in one of kind 'guests'"
        yield Problem(path(_ROOT), f"{rule}; write kind: kubernetes, or take it out")
    for role, nodes in roles(lab):
        place = (*_ROOT, role)
        yield from _node(reading, place, nodes, asked)
        yield from _labels(reading, place, nodes)
    yield from _control_plane(reading, asked.control_plane)
    yield from _source(reading, asked)
    yield from _one_host(reading, asked)
    yield from _network(reading, asked, stack)
    yield from _cidrs(reading, asked, stack)
    for key, values in (("manifests", asked.manifests), ("certSans", asked.cert_sans)):
        yield from _once((*_ROOT, key), values)


def _node(reading: Reading, place: Place, nodes: NodesConfig, asked: KubernetesConfig) -> Iterator[Problem]:
    """What a guest may be and a node may not, which has to boot an image and to be talked to."""
    if nodes.power == "off":
        yield Problem(path((*place, "power")), "must be 'on' of nodes, got 'off'; take it out")
    if nodes.wait_for == "start" and nodes.power == "on":
        rule = "must be 'cloud-init' of nodes, which join only when they are ready, got 'start'"
        yield Problem(path((*place, "waitFor")), f"{rule}; take it out")
    for key, value in (("install", nodes.install), ("boot", nodes.boot)):
        if value is not None:
            yield Problem(path((*place, key)), "must not be there of nodes, which start from an image; take it out")
    if asked.source == "online" and nodes.install is None and reading.has("image") and reading.has(*place, "image"):
        where = (*place, "image") if nodes.image else ("image",)
        if (nodes.image or reading.lab.image) == NO_IMAGE:
            yield Problem(path(where), f"must be one that nodes start from, got {NO_IMAGE!r}; name one")
    for index, layer in enumerate(nodes.layers):
        if layer in (NODE_LAYER, PACKAGES_LAYER):
            rule = f"must not name {layer!r}, which nodes have where they need it"
            yield Problem(path((*place, "layers", index)), f"{rule}, got it; take it out")


def _labels(reading: Reading, place: Place, nodes: NodesConfig) -> Iterator[Problem]:
    for key in nodes.labels:
        if rule := label_key(key):
            yield Problem(path((*place, "labels", key)), f"{rule}, got {got(key)}; write for example 'disk'")
        elif key in KUBELETS_OWN:
            rule = "must be a label of your own, since the kubelet keeps this one as it is"
            yield Problem(path((*place, "labels", key)), f"{rule}, got {got(key)}; take it out")
    if reading.has(*place, "taints"):
        # A node has one taint of a key and an effect.
        yield from _once((*place, "taints"), [f"{_key(each)}:{each.rpartition(':')[2]}" for each in nodes.taints])


def _key(taint: str) -> str:
    return taint.rpartition(":")[0].partition("=")[0]


def _once(place: Place, values: "tuple[str, ...] | list[str]") -> Iterator[Problem]:
    for index, value in enumerate(values):
        if value in values[:index]:
            yield Problem(path((*place, index)), f"must be listed once, got {got(value)} again; drop one")


def _control_plane(reading: Reading, nodes: NodesConfig) -> Iterator[Problem]:
    place: Place = (*_ROOT, "controlPlane")
    if reading.has(*place, "cpus") and nodes.cpus < CONTROL_PLANE_CPUS:
        rule = f"must be at least {CONTROL_PLANE_CPUS} of a control plane, as kubeadm demands"
        yield Problem(path((*place, "cpus")), f"{rule}, got {nodes.cpus}; raise it")
    if reading.has(*place, "memory") and nodes.memory < CONTROL_PLANE_MEMORY:
        rule = f"must be at least {CONTROL_PLANE_MEMORY // MIB}MiB of a control plane, of which kubeadm demands 1700"
        yield Problem(path((*place, "memory")), f"{rule}, got {nodes.memory // MIB}MiB; raise it")


def _source(reading: Reading, asked: KubernetesConfig) -> Iterator[Problem]:
    """A bundle has its nodes' image, and a volume that each of them is given."""
    if asked.source == "online":
        if asked.bundle and reading.has(*_ROOT, "source"):
            yield Problem(
                path((*_ROOT, "bundle")), "must go with source: bundle, got 'online'; write that, too, or take it out"
            )
        return
    for role, nodes in roles(reading.lab):
        place = (*_ROOT, role)
        if nodes.image:
            rule = "must not be there with source: bundle, which has the nodes' image"
            yield Problem(path((*place, "image")), f"{rule}; take it out")
        if VOLUME in nodes.disks:
            rule = f"must not be called {VOLUME!r}, as the bundle's volume is"
            yield Problem(path((*place, "disks", VOLUME)), f"{rule}; choose another name")


def _one_host(reading: Reading, asked: KubernetesConfig) -> Iterator[Problem]:
    """Each host has networks of its own, behind its own address."""
    first, other = asked.control_plane.host, asked.worker.host
    if first and other and first != other and {first, other} <= reading.lab.hosts.keys():
        rule = f"must be {first!r}, as the control plane's is, since the lab's networks are each host's own"
        yield Problem(path((*_ROOT, "worker", "host")), f"{rule}, got {got(other)}; write host: {first}")


def _network(reading: Reading, asked: KubernetesConfig, stack: str) -> Iterator[Problem]:
    """The network of the cluster, on which every node must have an address."""
    key = asked.network
    if key is None:
        return
    if key not in reading.lab.networks:
        if reading.has("networks"):
            rule = f"must be a name of lab.networks, got {got(key)}"
            yield Problem(path((*_ROOT, "network")), f"{rule}; {meant(key, reading.lab.networks)}")
        return
    serves_nothing = any(isinstance(each, Segment) and each.key == key for each in networks(reading, stack))
    for role, nodes in roles(reading.lab):
        if not reading.has(*_ROOT, role, "nics"):
            continue
        nic = next((name for name, nic in nodes.nics.items() if nic.network == key), None)
        if nic is None:
            rule = f"must be one that every node has a NIC on, got {got(key)}, where {NODE_ROLES[role]}-1 has none"
            todo = f"add {path((*_ROOT, role, 'nics'))}.{key}: {{network: {key}}}"
            yield Problem(path((*_ROOT, "network")), f"{rule}; {todo}")
        elif serves_nothing and nodes.nics[nic].address is None:
            rule = f"must be given with its prefix on {path(('networks', key))}, which serves none, got none"
            yield Problem(path((*_ROOT, role, "nics", nic, "address")), f"{rule}; write for example '10.1.1.11/24'")


def _cidrs(reading: Reading, asked: KubernetesConfig, stack: str) -> Iterator[Problem]:
    """A node sends what is for a pod or a service to nobody outside, so that no other network may be there."""
    inner = {"podCidr": asked.pod_cidr, "serviceCidr": asked.service_cidr}
    others = [(net.cidr, f"{net.path}.cidr") for net in networks(reading, stack) if isinstance(net, Network)]
    for role, nodes in roles(reading.lab):
        for name, nic in nodes.nics.items():
            if isinstance(nic.address, IPv4Interface):
                others.append((nic.address.network, path((*_ROOT, role, "nics", name, "address"))))
    for key, cidr in inner.items():
        if reading.has(*_ROOT, key):
            yield from _overlaps(key, cidr, others)
            others.append((cidr, path((*_ROOT, key))))
    room = 2 ** (NODE_PREFIX - asked.pod_cidr.prefixlen)
    counted = all(reading.has(*_ROOT, role, "count") for role in NODE_ROLES)
    if (count := asked.control_plane.count + asked.worker.count) > room and counted and reading.has(*_ROOT, "podCidr"):
        rule = f"must have a /{NODE_PREFIX} for each of {count} nodes, got {room} in '{asked.pod_cidr}'"
        yield Problem(path((*_ROOT, "podCidr")), f"{rule}; choose a shorter prefix")


def _overlaps(key: str, cidr: IPv4Network, others: list[tuple[IPv4Network, str]]) -> Iterator[Problem]:
    for other, where in others:
        if cidr.overlaps(other):
            rule = f"must not overlap with another network, got '{cidr}' beside '{other}' of {where}"
            yield Problem(path((*_ROOT, key)), f"{rule}; choose another")
