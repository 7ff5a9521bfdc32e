"""A cluster of the config: the nodes that it makes, what they have of a bundle, and values of Kubernetes' own."""

from collections.abc import Callable
from ipaddress import IPv4Network
from typing import Any

import pytest

from components.errors import ConfigError
from stacks.config import FileImage, Kubernetes, Lab, Node
from stacks.config.kubernetes_scalars import alt_name, checkout_file, label_key, label_value, taint, version
from stacks.config.parsing import parse
from stacks.config.scalars import MIB, ScalarError
from tests.unit.stacks.labs import IMAGES, LAYERS

GIB = 1024 * MIB


def lab(**kubernetes: Any) -> Lab:
    """A lab of that kind, with the layer that every node has."""
    return parse({"kind": "kubernetes", "kubernetes": kubernetes}, "home", LAYERS | {"kubernetes-node"}, IMAGES)


def cluster(**kubernetes: Any) -> Kubernetes:
    """The cluster of such a lab."""
    made = lab(**kubernetes).kubernetes
    assert made
    return made


def test_a_whole_cluster_in_a_line() -> None:
    """One control plane and five workers; nothing need be said of it."""
    made = parse({"kind": "kubernetes"}, "home", LAYERS, IMAGES)
    assert made == lab()
    assert made.kubernetes
    assert made.kubernetes == Kubernetes(
        version="1.35.4",
        source="online",
        bundle="",
        pod_cidr=IPv4Network("10.244.0.0/16"),
        service_cidr=IPv4Network("10.96.0.0/16"),
        cni="flannel",
        proxy_mode="nftables",
        network="",
        manifests=(),
        cert_sans=(),
        metrics_server=False,
        local_path=False,
        nodes=(
            Node("control-plane-1", "control-plane", {}, ()),
            *(Node(f"worker-{number}", "worker", {}, ()) for number in range(1, 6)),
        ),
    )
    assert [guest.name for guest in made.guests] == [node.guest for node in made.kubernetes.nodes]
    assert {(guest.cpus, guest.memory, guest.disk) for guest in made.guests} == {(2, 2 * GIB, 20 * GIB)}
    assert {guest.layers for guest in made.guests} == {("kubernetes-node", "kubernetes-packages")}
    assert {guest.wait_for for guest in made.guests} == {"cloud-init"}
    assert [(guest.path, guest.group, guest.number) for guest in made.guests[:2]] == [
        ("lab.kubernetes.controlPlane", None, 1),
        ("lab.kubernetes.worker", None, 1),
    ]


def test_other_labs_have_none() -> None:
    """Neither a cluster nor nodes, whatever their guests are called."""
    made = parse({"kind": "guests", "groups": {"worker": {"count": 2}}}, "home", LAYERS, IMAGES)
    assert made.kubernetes is None
    assert [(guest.node, guest.group, guest.layers) for guest in made.guests] == [(None, "worker", ())] * 2


def test_plain_guests_beside_it() -> None:
    """Nodes have their names in the cluster alone."""
    raw: dict[str, Any] = {"kind": "kubernetes", "guests": {"web": {}}, "groups": {"node": {"count": 1}}}
    made = parse(raw, "home", LAYERS, IMAGES)
    assert [(guest.name, guest.node) for guest in made.guests if guest.node != "worker"] == [
        ("control-plane-1", "controlPlane"),
        ("node-1", None),
        ("web", None),
    ]
    assert made.kubernetes
    assert len(made.kubernetes.nodes) == 6


def test_nodes() -> None:
    """Each in natural order, with what all of its role have; keys of groups count up."""
    worker: dict[str, Any] = {
        "count": 11,
        "address": "10.20.0.20",
        "labels": {"disk": "ssd"},
        "taints": ["gpu=yes:NoSchedule"],
    }
    made = lab(controlPlane={"count": 3, "layers": ["docker"]}, worker=worker)
    assert made.kubernetes
    assert [node.guest for node in made.kubernetes.nodes[2:6]] == [
        "control-plane-3",
        "worker-1",
        "worker-2",
        "worker-3",
    ]
    assert made.kubernetes.nodes[-1] == Node("worker-11", "worker", {"disk": "ssd"}, ("gpu=yes:NoSchedule",))
    guests = {guest.name: guest for guest in made.guests}
    assert str(guests["worker-11"].address) == "10.20.0.30"
    assert guests["control-plane-2"].layers == ("kubernetes-node", "kubernetes-packages", "docker")


@pytest.mark.parametrize(
    ("disk", "size"), [({"cache": "none"}, 20), ({"size": "30GiB"}, 30), ("40GiB", 40), ({"size": "8GiB"}, 8)]
)
def test_a_disk_by_more_than_its_size(disk: dict[str, str] | str, size: int) -> None:
    """A mapping without a size has a node's, and not a guest's."""
    assert lab(worker={"disk": disk}).guests[-1].disk == size * GIB


@pytest.mark.parametrize(
    ("asked", "directory"),
    [({}, "/var/lib/kvmlab/kubernetes/1.35.4"), ({"bundle": "/srv/k/a"}, "/srv/k/a")],
)
def test_bundle(asked: dict[str, str], directory: str) -> None:
    """All nodes start from its image, and read its volume; plain guests do neither."""
    raw: dict[str, Any] = {
        "kind": "kubernetes",
        "guests": {"web": {}},
        "kubernetes": {"source": "bundle", "worker": {"disks": {"data": {"size": "1GiB"}}}, **asked},
    }
    made = parse(raw, "home", LAYERS, IMAGES)
    assert made.kubernetes
    assert made.kubernetes.bundle == directory
    nodes = [guest for guest in made.guests if guest.node]
    assert {guest.image for guest in nodes} == {FileImage(f"{directory}/node.qcow2", None)}
    for guest in nodes:
        *others, volume = guest.disks
        assert [disk.name for disk in others] == (["data"] if guest.node == "worker" else [])
        assert (volume.name, volume.path) == ("kubernetes", f"{directory}/volume.img")
        # It is read by all at once, from the host's memory.
        assert (volume.shared, volume.read_only, volume.options.cache) == (True, True, None)
    [web] = [guest for guest in made.guests if not guest.node]
    assert not isinstance(web.image, FileImage)
    assert not web.disks


def test_the_network_of_the_cluster() -> None:
    """One that every node has a NIC on."""
    nics: dict[str, Any] = {"san": {"network": "cluster"}}
    raw: dict[str, Any] = {
        "kind": "kubernetes",
        "networks": {"cluster": {"cidr": "10.30.0.0/24"}},
        "kubernetes": {"network": "cluster", "controlPlane": {"nics": nics}, "worker": {"nics": nics}},
    }
    made = parse(raw, "home", LAYERS, IMAGES).kubernetes
    assert made
    assert made.network == "cluster"


def test_the_layer_of_nodes_is_not_named_again() -> None:
    """Every node has it."""
    with pytest.raises(ConfigError) as refused:
        lab(worker={"layers": ["docker", "kubernetes-node"]})
    assert [problem.path for problem in refused.value.problems] == ["lab.kubernetes.worker.layers[1]"]


TAKEN: list[tuple[Callable[[object], str], str, str]] = [
    (version, "1.35.4", "1.35.4"),
    (version, "v1.31.0", "1.31.0"),
    (version, "1.40.12", "1.40.12"),
    (label_value, "", ""),
    (label_value, "a.B_c-9", "a.B_c-9"),
    (taint, "gpu:NoSchedule", "gpu:NoSchedule"),
    (taint, "example.org/gpu=yes:PreferNoSchedule", "example.org/gpu=yes:PreferNoSchedule"),
    (taint, "node-role.kubernetes.io/edge=:NoExecute", "node-role.kubernetes.io/edge=:NoExecute"),
    (alt_name, "k8s", "k8s"),
    (alt_name, "*.home.arpa", "*.home.arpa"),
    (alt_name, "192.168.1.5", "192.168.1.5"),
    (alt_name, "FD00::5", "fd00::5"),
    (checkout_file, "app.yaml", "app.yaml"),
    (checkout_file, "stacks/räume/1 2.yml", "stacks/räume/1 2.yml"),
]


@pytest.mark.parametrize(("check", "value", "meant"), TAKEN)
def test_taken(check: Callable[[object], str], value: str, meant: str) -> None:
    """What Kubernetes takes."""
    assert check(value) == meant


QUOTE = 'which may have lost digits; quote it: "1.30.0"'
WHOLE = "must be a whole version, with its patch number"
EXAMPLE = 'write for example "1.35.4"'


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (1.30, f"must be text, got the number 1.3, {QUOTE}"),
        (2, f"must be text, got the number 2, {QUOTE}"),
        (True, f"must be a version of Kubernetes, got True; {EXAMPLE}"),
        ("1_31", f"must be a version of Kubernetes, got '1_31'; {EXAMPLE}"),
        ("latest", f"must be a version of Kubernetes, got 'latest'; {EXAMPLE}"),
        ("1.36.0-rc.1", f"must be a version of Kubernetes, got '1.36.0-rc.1'; {EXAMPLE}"),
        ("1.035.4", f"must be a version of Kubernetes, got '1.035.4'; {EXAMPLE}"),
        ("1.35", f"{WHOLE}, got '1.35'; {EXAMPLE}"),
        ("v1.35", f"{WHOLE}, got 'v1.35'; {EXAMPLE}"),
        ("1.30.14", f"must be 1.31.0 or newer, got '1.30.14'; {EXAMPLE}"),
        ("2.0.0", f"must be of Kubernetes 1, got '2.0.0'; {EXAMPLE}"),
    ],
)
def test_versions(value: object, message: str) -> None:
    """A version is text, and whole; none is guessed at."""
    with pytest.raises(ScalarError) as refused:
        version(value)
    assert str(refused.value) == message


@pytest.mark.parametrize(
    ("key", "is_right"),
    [
        ("disk", True),
        ("node-role.kubernetes.io/worker", True),
        ("a" * 63, True),
        ("a" * 64, False),
        ("", False),
        ("/a", False),
        ("a/b/c", False),
        ("a..b/c", False),
        (f"{'a' * 63}.{'b' * 63}.{'c' * 63}.{'d' * 61}/e", True),
        (f"{'a' * 63}.{'b' * 63}.{'c' * 63}.{'d' * 62}/e", False),
    ],
)
def test_label_keys(key: str, is_right: bool) -> None:
    """A name, and a DNS name before it."""
    assert (label_key(key) is None) == is_right
