"""Three control planes, on a network that has no way out: who does without whom. One story.

`make acceptance-kubernetes` runs it; on two CPUs without KVM it takes some forty minutes.
"""

import json
from collections.abc import Iterator
from contextlib import suppress
from ipaddress import IPv4Address, IPv4Network

import pytest

from tests.acceptance.kubernetes.workload import deploy, used
from tests.e2e.cluster import CONTROL_PLANE, Cluster, eventually
from tests.e2e.lab import host, run

pytestmark = [pytest.mark.usefixtures("libvirt"), pytest.mark.timeout(7200)]

STACK = "acc-planes"
INSIDE = IPv4Network("10.20.65.0/24")
NICS = {"nics": {"inside": {"network": "inside"}}}


@pytest.fixture(scope="module")
def found() -> dict[str, list[str]]:
    """The host before the lab."""
    Cluster(STACK, "10.20.64.0/24").sweep()
    return host()


def ask(cluster: Cluster, control_planes: int) -> None:
    """For so many of them, and a worker."""
    cluster.ask(1, NICS, network="inside", controlPlane={**CONTROL_PLANE, **NICS, "count": control_planes})


@pytest.fixture(scope="module")
def cluster(found: dict[str, list[str]]) -> Iterator[Cluster]:
    """A lab of three control planes and one worker, up; the default route is not by the cluster's network."""
    assert STACK not in found["pools"]
    lab = Cluster(STACK, "10.20.64.0/24")
    lab.networks = {"inside": {"cidr": str(INSIDE), "mode": "isolated"}}
    ask(lab, 3)
    lab.make("up")
    lab.make("kubeconfig")
    yield lab
    lab.remove()


def peers(cluster: Cluster) -> set[str]:
    """Where etcd's members talk to each other, as one of them tells it."""
    certificates = "/etc/kubernetes/pki/etcd"
    files = ("--cacert", "ca.crt"), ("--cert", "server.crt"), ("--key", "server.key")
    options = [word for option, file in files for word in (option, f"{certificates}/{file}")]
    words = ("exec", "-n", "kube-system", "etcd-control-plane-1", "--", "etcdctl", *options)
    members = json.loads(cluster.kubectl(*words, "member", "list", "--write-out=json"))["members"]
    return {url for member in members for url in member["peerURLs"]}


def expected(cluster: Cluster, *numbers: int) -> set[str]:
    """Of those control planes."""
    return {f"https://{cluster.address(f'control-plane-{number}')}:2380" for number in numbers}


def test_all_of_them_are_there(cluster: Cluster) -> None:
    """A second `up` would change nothing."""
    cluster.is_ready(1, 3)
    assert peers(cluster) == expected(cluster, 1, 2, 3)
    assert cluster.changes() == {}


def test_the_cluster_is_on_its_network(cluster: Cluster) -> None:
    """Case C33: nodes, etcd, kubelets' certificates and tunnels, wherever the default route is."""
    for node in cluster.objects("nodes"):
        name = node["metadata"]["name"]
        (address,) = (one["address"] for one in node["status"]["addresses"] if one["type"] == "InternalIP")
        assert IPv4Address(address) in INSIDE
        assert address == cluster.address(name)
        assert node["metadata"]["annotations"]["flannel.alpha.coreos.com/public-ip"] == address
        # The API server asks a kubelet at this address, and takes no certificate that is not for it.
        assert cluster.kubectl("get", "--raw", f"/api/v1/nodes/{name}/proxy/healthz") == "ok"
    assert all(IPv4Address(url.split("/")[2].partition(":")[0]) in INSIDE for url in peers(cluster))


def is_seen(cluster: Cluster, nodes: dict[str, str]) -> bool:
    """Whether these are its nodes; a server whose etcd chooses a leader may not say."""
    with suppress(AssertionError):
        return cluster.nodes() == nodes
    return False


def test_the_api_goes_on_without_the_first(cluster: Cluster) -> None:
    """Nodes find another one by themselves; whoever has the kubeconfig asks there."""
    deploy(cluster, replicas=1)
    with used(cluster.address("worker-1")) as user:
        assert run("virsh", "destroy", f"{STACK}-control-plane-1").returncode == 0
        second = f"https://{cluster.address('control-plane-2')}:6443"
        cluster.kubectl("config", "set-cluster", STACK, f"--server={second}")
        all_of_them = dict.fromkeys([*(f"control-plane-{number}" for number in (1, 2, 3)), "worker-1"], "True")
        without = {**all_of_them, "control-plane-1": "Unknown"}
        eventually(1200, "not gone alone", lambda: is_seen(cluster, without))
        assert run("virsh", "start", f"{STACK}-control-plane-1").returncode == 0
        eventually(1200, "not Ready again", lambda: is_seen(cluster, all_of_them))
    assert not user.failures
    cluster.make("kubeconfig")
    assert cluster.changes() == {}


def test_one_that_is_lost_is_taken_out(cluster: Cluster) -> None:
    """Of etcd, too, which would else count it for ever."""
    assert run("virsh", "destroy", f"{STACK}-control-plane-3").returncode == 0
    ask(cluster, 2)
    said = cluster.make("up")
    assert "control-plane-3: was not reset, since it does not answer" in said
    cluster.is_ready(1, 2)
    assert peers(cluster) == expected(cluster, 1, 2)
    assert cluster.changes() == {}


def test_one_that_runs_leaves(cluster: Cluster) -> None:
    """Though etcd, of two, is without the other one's word for a moment."""
    ask(cluster, 1)
    said = cluster.make("up")
    assert "was not reset" not in said
    assert "control-plane-2 has left the cluster" in said
    assert "node/control-plane-2 drained" in cluster.ssh("control-plane-1", "sudo cat /var/log/kvmlab-kubernetes.log")
    cluster.is_ready(1)
    assert peers(cluster) == expected(cluster, 1)
    assert cluster.changes() == {}


def test_destroy_leaves_the_host_as_found(cluster: Cluster, found: dict[str, list[str]]) -> None:
    """Whatever is up by then."""
    cluster.make("destroy")
    assert host() == found
