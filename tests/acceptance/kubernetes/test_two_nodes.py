"""The smallest lab that is a cluster: what it is made with, and who may look at it. One story, in each run of the gate.

`make e2e-kubernetes` runs it, in ten minutes without KVM. Numbers are those of the CIS Kubernetes Benchmark, v1.11.
"""

import json
import re
import socket
import ssl
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import suppress

import pytest

from tests.acceptance.kubernetes.workload import application, used
from tests.e2e.cluster import Cluster, eventually
from tests.e2e.lab import ROOT, host, run

pytestmark = [pytest.mark.usefixtures("libvirt"), pytest.mark.timeout(3600)]

STACK = "e2e-two"
ELSEWHERE = "kubernetes.home.arpa"
WORKER = {"labels": {"disk": "big"}, "taints": ["kvmlab.test/kind=slow:PreferNoSchedule"]}


@pytest.fixture(scope="module")
def found() -> dict[str, list[str]]:
    """The host before the lab."""
    Cluster(STACK, "10.20.62.0/24").sweep()
    return host()


@pytest.fixture(scope="module")
def cluster(found: dict[str, list[str]]) -> Iterator[Cluster]:
    """A lab of one control plane and one worker, up."""
    assert STACK not in found["pools"]
    lab = Cluster(STACK, "10.20.62.0/24")
    lab.ask(1, WORKER)
    lab.make("up")
    lab.make("kubeconfig")
    yield lab
    lab.remove()


def authority(cluster: Cluster) -> str:
    """The certificate of the cluster's authority, as a node has it."""
    return cluster.ssh("worker-1", "sudo cat /etc/kubernetes/pki/ca.crt")


def test_the_cluster_works(cluster: Cluster) -> None:
    """Ready, of the version asked for, each node by its own address; a second `up` would change nothing."""
    cluster.is_ready(1)
    for node in cluster.objects("nodes"):
        name, status = node["metadata"]["name"], node["status"]
        assert status["nodeInfo"]["kubeletVersion"] == "v1.35.4"
        addresses = {one["type"]: one["address"] for one in status["addresses"]}
        assert addresses == {"InternalIP": cluster.address(name), "Hostname": name}
    (worker,) = (node for node in cluster.objects("nodes") if node["metadata"]["name"] == "worker-1")
    assert worker["metadata"]["labels"]["disk"] == "big"
    assert {"key": "kvmlab.test/kind", "value": "slow", "effect": "PreferNoSchedule"} in worker["spec"]["taints"]
    assert cluster.changes() == {}


def test_an_application_is_reached_from_the_host(cluster: Cluster) -> None:
    """The tutorial's, as a part of the lab, by a port of every node; one worker has a place for one pod alone.

    With the same run, the worker loses what config tells of it no more, and keeps what somebody else has told.
    """
    cluster.kubectl("label", "node", "worker-1", "told=by-hand")
    file = ROOT / ".kvmlab" / f"{STACK}-web.yaml"
    file.write_text(application().replace("replicas: 2", "replicas: 1"), encoding="utf-8")
    cluster.ask(1, manifests=[str(file.relative_to(ROOT))], metricsServer=True, certSans=[ELSEWHERE])
    changes = cluster.changes()
    touched = {"kubernetes", "kubernetes-control-plane-1", "kubernetes-worker-1"}
    assert {name.rpartition("::")[2] for name in changes} == touched, changes
    cluster.make("up")
    (worker,) = (node for node in cluster.objects("nodes") if node["metadata"]["name"] == "worker-1")
    assert "disk" not in worker["metadata"]["labels"]
    assert worker["metadata"]["labels"]["told"] == "by-hand"
    assert "taints" not in worker["spec"]
    with used(cluster.address("worker-1")) as user:
        eventually(120, "is not served on and on", lambda: len(user.answers) > 5)
    assert not user.failures
    assert user.answers[-1].startswith("served by web-")


def services(cluster: Cluster) -> list[str]:
    """The addresses, protocols and ports that a worker's kernel knows to belong to services."""
    entries = cluster.ssh("worker-1", "sudo /usr/sbin/nft list map ip kube-proxy service-ips")
    return sorted(re.findall(r"10[.\d]+ \. \w+ \. \d+", entries))


def test_services_are_kept_by_a_proxy_that_looks_at_all(cluster: Cluster) -> None:
    """Which each does hourly, and when it starts: what it does not know again, it deletes."""
    before = services(cluster)
    assert "10.96.0.10 . udp . 53" in before
    which = ("-n", "kube-system", "-l", "k8s-app=kube-proxy", "--field-selector=spec.nodeName=worker-1")
    old = cluster.objects("pods", *which)[0]["metadata"]["name"]
    cluster.kubectl("delete", "pod", "-n", "kube-system", old)

    def has_looked() -> bool:
        pods = [pod["metadata"]["name"] for pod in cluster.objects("pods", *which)]
        # A proxy is healthy once it has written what there is.
        healthy = "curl -sf -o /dev/null http://127.0.0.1:10256/healthz && echo yes || true"
        return old not in pods and cluster.ssh("worker-1", healthy) == "yes"

    eventually(300, "kube-proxy does not come back", has_looked)
    assert services(cluster) == before


def test_the_api_is_called_by_another_name(cluster: Cluster) -> None:
    """By the certificate that the last change has made, as soon as the server has seen it."""
    trusted = ssl.create_default_context(cadata=authority(cluster))

    def is_known() -> bool:
        with (
            socket.create_connection((cluster.address("control-plane-1"), 6443), timeout=60) as connection,
            suppress(ssl.SSLCertVerificationError),
            trusted.wrap_socket(connection, server_hostname=ELSEWHERE),
        ):
            return True
        return False

    eventually(300, f"is not known as {ELSEWHERE}", is_known)
    assert cluster.changes() == {}


def test_another_cluster_is_refused(cluster: Cluster) -> None:
    """What runs on this one would be lost."""
    before = cluster.file.read_text("utf-8")
    cluster.ask(1, podCidr="10.245.0.0/16")
    refused = run("make", "up", f"STACK={STACK}")
    cluster.file.write_text(before, "utf-8")
    assert refused.returncode != 0
    assert "lab.kubernetes.podCidr: must stay '10.244.0.0/16'" in refused.stdout, refused.stdout
    assert cluster.changes() == {}


def test_nodes_are_measured(cluster: Cluster) -> None:
    """By metrics-server, which knows kubelets by the cluster's authority."""
    names = {"control-plane-1", "worker-1"}
    eventually(600, "not all are measured", lambda: {line.split()[0] for line in cluster.measured()} == names)


def test_secrets_are_where_they_must_be_alone(cluster: Cluster) -> None:
    """Neither on seed disks, nor in logs or arguments; the kubeconfig is its owner's."""
    assert cluster.kubeconfig.stat().st_mode & 0o777 == 0o600
    token = re.compile(r"[a-z0-9]{6}\.[a-z0-9]{16}")
    for node in ("control-plane-1", "worker-1"):
        log = cluster.ssh(node, "sudo cat /var/log/kvmlab-kubernetes.log /var/log/cloud-init-output.log")
        assert not token.search(log)
        seed = cluster.ssh(node, "sudo cat /var/lib/cloud/instance/user-data.txt")
        # Its own SSH host key alone, which it must know at its first boot.
        assert re.findall(r"-----BEGIN (.*)-----", seed) == ["OPENSSH PRIVATE KEY"]
        assert cluster.ssh(node, "ls /run | grep -c '^kvmlab\\.' || true") == "0"
    assert cluster.ssh("worker-1", "sudo ls /etc/kubernetes/pki") == "ca.crt"
    shown = cluster.pulumi("preview", "--diff", "--non-interactive").stdout
    assert "PRIVATE KEY" not in shown
    state = cluster.pulumi("stack", "export").stdout
    assert "PRIVATE KEY" not in state
    assert "client-key-data" not in state


OWNERS = {
    "1.1.1 1.1.2": "/etc/kubernetes/manifests/kube-apiserver.yaml",
    "1.1.3 1.1.4": "/etc/kubernetes/manifests/kube-controller-manager.yaml",
    "1.1.5 1.1.6": "/etc/kubernetes/manifests/kube-scheduler.yaml",
    "1.1.7 1.1.8": "/etc/kubernetes/manifests/etcd.yaml",
    "1.1.13 1.1.14": "/etc/kubernetes/admin.conf",
    "1.1.15 1.1.16": "/etc/kubernetes/scheduler.conf",
    "1.1.17 1.1.18": "/etc/kubernetes/controller-manager.conf",
    "4.1.5 4.1.6": "/etc/kubernetes/kubelet.conf",
    "4.1.9 4.1.10": "/var/lib/kubelet/config.yaml",
}


def test_files_of_a_control_plane_are_roots(cluster: Cluster) -> None:
    """Sections 1.1 and 4.1: 600 or less, root's; so are keys (1.1.21), while certificates may be read (1.1.20)."""
    told = cluster.ssh("control-plane-1", f"sudo stat -c '%a %U:%G %n' {' '.join(OWNERS.values())}")
    lines = [line.split(" ", 2) for line in told.splitlines()]
    assert [path for _, _, path in lines] == list(OWNERS.values())
    for mode, owner, path in lines:
        assert owner == "root:root", path
        assert not int(mode, 8) & 0o177, f"{path}: {mode}"
    keys = cluster.ssh("control-plane-1", "sudo find /etc/kubernetes/pki -name '*.key' -perm /177")
    assert keys == ""
    certificates = cluster.ssh("control-plane-1", "sudo find /etc/kubernetes/pki -name '*.crt' -perm /133")
    assert certificates == ""
    assert cluster.ssh("control-plane-1", "sudo stat -c '%a %U' /var/lib/etcd").startswith("700 ")  # 1.1.11


def test_files_of_a_worker_are_roots(cluster: Cluster) -> None:
    """Section 4.1: the same, and the authority's certificate (4.1.7, 4.1.8)."""
    files = ["/etc/kubernetes/kubelet.conf", "/var/lib/kubelet/config.yaml", "/var/lib/kubelet/pki/serving.key"]
    told = cluster.ssh("worker-1", f"sudo stat -c '%a %U:%G %n' {' '.join(files)}")
    for mode, owner, path in (line.split(" ", 2) for line in told.splitlines()):
        assert owner == "root:root", path
        assert not int(mode, 8) & 0o177, f"{path}: {mode}"


def arguments(cluster: Cluster, component: str) -> dict[str, str]:
    """Of a static pod."""
    pod = json.loads(cluster.kubectl("get", "pod", "-n", "kube-system", f"{component}-control-plane-1", "-o", "json"))
    words = pod["spec"]["containers"][0]["command"][1:]
    return dict(word.removeprefix("--").partition("=")[::2] for word in words)


def test_the_api_server_and_etcd_speak_tls_to_those_they_know(cluster: Cluster) -> None:
    """Sections 1.2 and 2."""
    server, etcd = arguments(cluster, "kube-apiserver"), arguments(cluster, "etcd")
    assert server["authorization-mode"] == "Node,RBAC"  # 1.2.6 to 1.2.8
    assert server["kubelet-certificate-authority"] == "/etc/kubernetes/pki/ca.crt"  # 1.2.5
    assert "kubelet-client-certificate" in server  # 1.2.4
    assert "NodeRestriction" in server["enable-admission-plugins"]  # 1.2.15
    assert "etcd-cafile" in server  # 1.2.29
    assert etcd["client-cert-auth"] == "true"  # 2.2
    assert etcd["peer-client-cert-auth"] == "true"  # 2.5
    assert "auto-tls" not in etcd  # 2.3
    assert etcd["trusted-ca-file"] != server["client-ca-file"]  # 2.7


def ask(url: str, authority: str) -> int:
    """The status of an answer to somebody who does not say who they are."""
    context = ssl.create_default_context(cadata=authority)
    try:
        with urllib.request.urlopen(url, timeout=30, context=context) as answer:  # noqa: S310 (https)
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code


def test_nobody_gets_in_anonymously(cluster: Cluster) -> None:
    """The API lists nothing (1.2.1), a kubelet does nothing (4.2.1); both are known by the cluster's authority."""
    trusted = authority(cluster)
    first, worker = cluster.address("control-plane-1"), cluster.address("worker-1")
    assert ask(f"https://{first}:6443/api/v1/secrets", trusted) == 403
    assert ask(f"https://{worker}:10250/pods", trusted) == 401
    reading = run("timeout", "5", "sh", "-c", f"exec 3<>/dev/tcp/{worker}/10255")
    assert reading.returncode != 0  # 4.2.4, without the port that only reads


def test_destroy_leaves_the_host_as_found(cluster: Cluster, found: dict[str, list[str]]) -> None:
    """And no pod looks for another place before."""
    said = cluster.make("destroy")
    assert "is drained" not in said
    assert host() == found
