"""A cluster whose nodes get all that it is made of online: from a mirror, since their network leads nowhere else.

`make online-kubernetes` runs it, behind what needs no guest. One story: each test goes on from the last.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.kubernetes.mirror.images import SERVERS
from tests.acceptance.kubernetes.mirror.mirror import Mirror
from tests.acceptance.kubernetes.mirror.packages import CDN, SERVER
from tests.acceptance.kubernetes.mirror.parts import LOCAL_PATH, PINS
from tests.acceptance.kubernetes.mirror.server import Log
from tests.e2e.cluster import NODE, Cluster, eventually
from tests.e2e.lab import host

pytestmark = [pytest.mark.usefixtures("libvirt"), pytest.mark.timeout(7200)]

STACK = "acc-online"
NETWORK, GATEWAY = "10.20.64.0/24", "10.20.64.1"
VERSION = PINS["KUBERNETES_VERSION"]
NODES = ("control-plane-1", "worker-1")
CLAIM = """
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: kept}
spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Mi}}}
---
apiVersion: v1
kind: Pod
metadata: {name: writer}
spec:
  restartPolicy: Never
  volumes: [{name: kept, persistentVolumeClaim: {claimName: kept}}]
  containers:
    - name: writer
      image: registry.k8s.io/e2e-test-images/busybox:1.36.1-1
      command: [sh, -c, "echo kept >/kept/here"]
      volumeMounts: [{name: kept, mountPath: /kept}]
"""


@pytest.fixture(scope="module")
def found() -> dict[str, list[str]]:
    """The host before the lab."""
    Cluster(STACK, NETWORK, mode="isolated").sweep()
    return host()


@pytest.fixture(scope="module")
def log(found: dict[str, list[str]], mirror: Mirror) -> Iterator[Log]:
    """The mirror, served where the lab's network will have its gateway."""
    assert STACK not in found["pools"]
    with mirror.served(GATEWAY) as asked:
        yield asked


@pytest.fixture(scope="module")
def cluster(mirror: Mirror, image: Path, log: Log) -> Iterator[Cluster]:
    """One control plane and one worker, up, with all that the online source has."""
    assert not log.missed
    lab = Cluster(STACK, NETWORK, mode="isolated")
    # Emulated guests unpack a gigabyte each.
    node = {
        **NODE,
        "image": {"file": str(image), "sha512": image.with_name(f"{image.name}.sha512").read_text("ascii").split()[0]},
        "readyTimeout": "60m",
        "userData": mirror.user_data(GATEWAY),
    }
    lab.ask(
        1,
        node,
        source="online",
        controlPlane={**node, "cpus": 2, "memory": "2560MiB"},
        metricsServer=True,
        localPath=True,
    )
    lab.make("up")
    lab.make("kubeconfig")
    yield lab
    lab.remove()


def test_the_cluster_works(cluster: Cluster) -> None:
    """Ready, of the version asked for, by containerd of the system's; a second `up` would change nothing."""
    cluster.is_ready(1)
    for node in cluster.objects("nodes"):
        told = node["status"]["nodeInfo"]
        assert told["kubeletVersion"] == f"v{VERSION}"
        assert told["containerRuntimeVersion"].startswith("containerd://")
        assert "Debian" in told["osImage"]
    assert cluster.changes() == {}


def test_programs_are_of_packages(cluster: Cluster) -> None:
    """Which stay as they are when the system is upgraded."""
    for node in NODES:
        assert cluster.ssh(node, "dpkg-query -Wf '${Version}' kubelet") == f"{VERSION}-1.1"
        assert cluster.ssh(node, "apt-mark showhold").split() == ["kubeadm", "kubectl", "kubelet"]
        assert cluster.ssh(node, "dpkg -S /usr/bin/kubeadm /opt/cni/bin/bridge").splitlines() == [
            "kubeadm: /usr/bin/kubeadm",
            "kubernetes-cni: /opt/cni/bin/bridge",
        ]


def test_a_pod_keeps_its_files_on_a_node(cluster: Cluster) -> None:
    """local-path-provisioner makes the volume as soon as a pod wants it."""
    file = cluster.kubeconfig.with_suffix(".claim.yaml")
    file.write_text(CLAIM, encoding="utf-8")
    cluster.kubectl("apply", "-f", str(file))
    succeeded = "--for=jsonpath={.status.phase}=Succeeded"
    cluster.kubectl("wait", "pod/writer", succeeded, "--timeout=600s", timeout=620)
    assert cluster.kubectl("get", "pvc", "kept", "-o", "jsonpath={.status.phase}") == "Bound"
    assert cluster.ssh("worker-1", "sudo sh -c 'cat /opt/local-path-provisioner/*/here'") == "kept"
    cluster.kubectl("delete", "-f", str(file), "--timeout=300s", timeout=320)


def test_nodes_are_measured(cluster: Cluster) -> None:
    """By metrics-server, a minute after it is there."""

    def measured() -> bool:
        nodes = cluster.objects("nodes.metrics.k8s.io")
        return {node["metadata"]["name"] for node in nodes} == set(NODES)

    cluster.kubectl(
        "wait", "apiservice/v1beta1.metrics.k8s.io", "--for=condition=Available", "--timeout=600s", timeout=620
    )
    eventually(300, "metrics-server must tell of each node", measured)
    lines = cluster.kubectl("top", "nodes", "--no-headers").splitlines()
    assert sorted(line.split()[0] for line in lines) == sorted(NODES)


def test_everything_came_from_the_mirror(cluster: Cluster, mirror: Mirror, log: Log) -> None:
    """Each package and each image, and nothing was asked for that it has not; there is no way to any other server."""
    for package in mirror.packages:
        file = f"amd64/{package.name}_{package.version}_amd64.deb"
        place = f"core:/stable:/v{VERSION.rpartition('.')[0]}/deb"
        assert f"{SERVER}/{place}/{file}" in log.served
        assert f"{CDN}/repositories/isv:/kubernetes:/{place}/{file}" in log.served
    assert LOCAL_PATH in mirror.parts.images
    for name, image in mirror.parts.images.items():
        server, _, rest = name.partition("/")
        repository = rest.rpartition(":")[0]
        assert f"{SERVERS.get(server, server)}/v2/{repository}/manifests/{image['digest']}" in log.served
    assert log.missed == set()
    for node in NODES:
        assert "default" not in cluster.ssh(node, "ip route")


def test_destroy_leaves_the_host_as_found(cluster: Cluster, found: dict[str, list[str]]) -> None:
    """Nothing drains, and nobody asks the mirror."""
    said = cluster.make("destroy")
    assert "is drained" not in said
    assert host() == found
