"""What kubeadm is told, as it reads it; that it takes it is shown by clusters that are made."""

import json
from typing import Any

import yaml

from components import kubernetes_config as config
from components.kubernetes_config import ClusterSpec, NodeSpec

CLUSTER = ClusterSpec(
    name="lab",
    version="1.35.4",
    endpoint="kubernetes-api.lab.internal",
    pod_cidr="10.244.0.0/16",
    service_cidr="10.96.0.0/16",
    proxy_mode="nftables",
    cert_sans=(),
    slow=False,
)
FIRST = NodeSpec("control-plane-1", "10.20.7.10", is_control_plane=True)
WORKER = NodeSpec("worker-1", "10.20.7.11", is_control_plane=False)


def documents(text: str) -> dict[str, Any]:
    """Each by its kind."""
    return {document["kind"]: document for document in yaml.safe_load_all(text)}


def test_a_control_plane_is_known_by_its_address() -> None:
    """Case C33: wherever the default route is."""
    first = documents(config.init(CLUSTER, FIRST))["InitConfiguration"]
    assert first["localAPIEndpoint"] == {"advertiseAddress": "10.20.7.10", "bindPort": 6443}
    assert first["nodeRegistration"]["kubeletExtraArgs"] == [{"name": "node-ip", "value": "10.20.7.10"}]
    joined = documents(config.join(CLUSTER, FIRST, "sha256:0"))["JoinConfiguration"]
    assert joined["controlPlane"]["localAPIEndpoint"]["advertiseAddress"] == "10.20.7.10"


def test_the_cluster_is_as_asked_for() -> None:
    """Names, ranges, version and what the API server answers to."""
    made = documents(config.init(CLUSTER._replace(cert_sans=["k8s.home.arpa", "192.0.2.1"]), FIRST))
    cluster = made["ClusterConfiguration"]
    assert cluster["networking"] == {"podSubnet": "10.244.0.0/16", "serviceSubnet": "10.96.0.0/16"}
    assert cluster["kubernetesVersion"] == "v1.35.4"
    assert cluster["controlPlaneEndpoint"] == "kubernetes-api.lab.internal:6443"
    assert cluster["apiServer"]["certSANs"] == ["k8s.home.arpa", "192.0.2.1"]
    assert made["KubeProxyConfiguration"]["mode"] == "nftables"


def test_swap_that_comes_by_itself_keeps_no_node_down() -> None:
    """Case C31: and containers get none of it."""
    kubelet = documents(config.init(CLUSTER, FIRST))["KubeletConfiguration"]
    assert kubelet["failSwapOn"] is False
    assert kubelet["memorySwap"] == {"swapBehavior": "NoSwap"}
    # Left to kubeadm, which takes the real one where systemd-resolved's stub is in use.
    assert "resolvConf" not in kubelet


def test_kubelets_are_verified() -> None:
    """Both ends know the authority."""
    made = documents(config.init(CLUSTER, FIRST))
    assert made["KubeletConfiguration"]["tlsCertFile"] == "/var/lib/kubelet/pki/serving.crt"
    assert {"name": "kubelet-certificate-authority", "value": "/etc/kubernetes/pki/ca.crt"} in made[
        "ClusterConfiguration"
    ]["apiServer"]["extraArgs"]


def test_a_worker_joins_by_the_authoritys_key_and_a_token_that_is_not_there_yet() -> None:
    """No secret is in it."""
    joined = documents(config.join(CLUSTER, WORKER, "sha256:abc"))["JoinConfiguration"]
    assert joined["discovery"]["bootstrapToken"] == {
        "apiServerEndpoint": "kubernetes-api.lab.internal:6443",
        "token": config.TOKEN,
        "caCertHashes": ["sha256:abc"],
    }
    assert "controlPlane" not in joined


def test_taints_are_there_before_a_pod_can_come() -> None:
    """A control plane keeps its own beside them."""
    taints = ["dedicated=db:NoSchedule", "gpu:NoExecute"]
    joined = documents(config.join(CLUSTER, WORKER._replace(taints=taints), "sha256:0"))["JoinConfiguration"]
    wanted = [{"key": "dedicated", "value": "db", "effect": "NoSchedule"}, {"key": "gpu", "effect": "NoExecute"}]
    assert joined["nodeRegistration"]["taints"] == wanted
    first = documents(config.init(CLUSTER, FIRST._replace(taints=taints)))["InitConfiguration"]
    own = {"key": "node-role.kubernetes.io/control-plane", "effect": "NoSchedule"}
    assert first["nodeRegistration"]["taints"] == [*wanted, own]


def test_an_emulated_cpu_may_take_its_time() -> None:
    """And no other."""
    slow = CLUSTER._replace(slow=True)
    assert set(config.patches(slow)) == {
        f"{name}+strategic.yaml" for name in ("etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler")
    }
    for patch in config.patches(slow).values():
        (container,) = json.loads(patch)["spec"]["containers"]
        probes = {key for key in container if key != "name"}
        # kubeadm gives this one none of the third kind, and half a probe is no probe.
        has_ready = container["name"] != "kube-controller-manager"
        assert probes == {"livenessProbe", "startupProbe", *(["readinessProbe"] if has_ready else [])}
        assert {container[probe]["periodSeconds"] for probe in probes} == {20}
    first = documents(config.init(slow, FIRST))["InitConfiguration"]
    assert first["patches"] == {"directory": "/etc/kubernetes/patches"}
    assert first["timeouts"]["controlPlaneComponentHealthCheck"] == "15m0s"
    arguments = first["nodeRegistration"]["kubeletExtraArgs"]
    assert {"name": "housekeeping-interval", "value": "60s"} in arguments
    assert config.slack(slow) == "[Service]\nTimerSlackNSec=50ms\n"
    assert config.patches(CLUSTER) == {}
    assert config.slack(CLUSTER) == ""
    assert "timeouts" not in documents(config.init(CLUSTER, FIRST))["InitConfiguration"]
