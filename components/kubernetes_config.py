"""What kubeadm is told: its own configuration, by the cluster's. Pure.

https://kubernetes.io/docs/reference/config-api/kubeadm-config.v1beta4/
"""

import json
from collections.abc import Mapping, Sequence
from typing import NamedTuple

TOKEN = "@TOKEN@"  # noqa: S105 (where one goes)
"""Stands in a JoinConfiguration for the token, which is made when a node joins and goes no way but SSH's stdin."""
API_PORT = 6443
SERVING = "/var/lib/kubelet/pki/serving"
"""Certificate and key, by suffix, of each kubelet's own server."""
_KUBEADM = "kubeadm.k8s.io/v1beta4"
_CRI = "unix:///run/containerd/containerd.sock"

Document = Mapping[str, object]


class ClusterSpec(NamedTuple):
    """A cluster, as far as kubeadm is concerned."""

    name: str
    version: str
    """Without a `v`."""
    endpoint: str
    """DNS name of the API servers, which every node resolves by itself."""
    pod_cidr: str
    service_cidr: str
    proxy_mode: str
    cert_sans: Sequence[str]
    slow: bool
    """Whether CPUs are emulated: then everything may take its time before it counts as failed."""


class NodeSpec(NamedTuple):
    """One of its nodes."""

    name: str
    address: str
    """What it is known by in the cluster, whatever other NICs it has."""
    is_control_plane: bool
    taints: Sequence[str] = ()
    """As kubectl writes them."""


def init(cluster: ClusterSpec, node: NodeSpec) -> str:
    """What the first control plane is made with.

    Args:
        cluster: the cluster.
        node: that control plane.
    """
    first: Document = {
        **_head("InitConfiguration"),
        # kubeadm makes one in any case; nobody uses it, so it ends at once.
        "bootstrapTokens": [{"ttl": "1m0s"}],
        "localAPIEndpoint": _listens(node),
        **_common(cluster, node),
    }
    return _documents(first, _cluster(cluster), _kubelet(cluster), _proxy(cluster))


def join(cluster: ClusterSpec, node: NodeSpec, key_hash: str) -> str:
    """What any other node joins with, TOKEN in place of the token.

    Args:
        cluster: the cluster.
        node: the node.
        key_hash: of the authority that the API server must have its certificate from.
    """
    bootstrap = {
        "apiServerEndpoint": f"{cluster.endpoint}:{API_PORT}",
        "token": TOKEN,
        "caCertHashes": [key_hash],
    }
    document: Document = {
        **_head("JoinConfiguration"),
        "discovery": {"bootstrapToken": bootstrap},
        **_common(cluster, node),
    }
    if node.is_control_plane:
        document = {**document, "controlPlane": {"localAPIEndpoint": _listens(node)}}
    return _documents(document)


def patches(cluster: ClusterSpec) -> dict[str, str]:
    """Files for kubeadm's directory of patches: where CPUs are emulated, a busy server is not a dead one.

    Args:
        cluster: the cluster.
    """
    if not cluster.slow:
        return {}
    patient = {"timeoutSeconds": 60, "periodSeconds": 20}
    probe = {**patient, "failureThreshold": 30}
    probes = {"livenessProbe": probe, "startupProbe": probe}
    # By default each second, most of them by a TLS session of its own. A controller manager is not asked.
    ready = {**probes, "readinessProbe": patient}
    asked = {"etcd": ready, "kube-apiserver": ready, "kube-controller-manager": probes, "kube-scheduler": ready}
    return {
        f"{name}+strategic.yaml": _text({"spec": {"containers": [{"name": name, **wanted}]}})
        for name, wanted in asked.items()
    }


def slack(cluster: ClusterSpec) -> str:
    """A drop-in for units of a node's: where CPUs are emulated, who sleeps is woken a little later. Else empty.

    A Go program sleeps for microseconds, again and again, and an emulated timer costs more than what it wakes.

    Args:
        cluster: the cluster.
    """
    return "[Service]\nTimerSlackNSec=50ms\n" if cluster.slow else ""


def _head(kind: str) -> Document:
    return {"apiVersion": _KUBEADM, "kind": kind}


def _listens(node: NodeSpec) -> Document:
    return {"advertiseAddress": node.address, "bindPort": API_PORT}


def _common(cluster: ClusterSpec, node: NodeSpec) -> Document:
    # Else the node has the address of the default route's NIC: kubernetes/kubernetes#33618
    kubelet = {"node-ip": node.address}
    if cluster.slow:
        # To read what each container uses is a fifth of what an emulated kubelet does, with the default of 10 s.
        kubelet["housekeeping-interval"] = "60s"
    registration: dict[str, object] = {
        "name": node.name,
        "criSocket": _CRI,
        "imagePullPolicy": "IfNotPresent",
        "kubeletExtraArgs": _arguments(kubelet),
    }
    if node.taints:
        taints = [_taint(taint) for taint in node.taints]
        if node.is_control_plane:
            taints.append({"key": "node-role.kubernetes.io/control-plane", "effect": "NoSchedule"})
        registration["taints"] = taints
    common: dict[str, object] = {"nodeRegistration": registration}
    if cluster.slow:
        common["patches"] = {"directory": "/etc/kubernetes/patches"}
        common["timeouts"] = {
            "controlPlaneComponentHealthCheck": "15m0s",
            "discovery": "15m0s",
            "etcdAPICall": "5m0s",
            "kubeletHealthCheck": "10m0s",
            "kubernetesAPICall": "5m0s",
            "tlsBootstrap": "10m0s",
        }
    return common


def _taint(text: str) -> Document:
    """As the API has it, of kubectl's `key=value:Effect` or `key:Effect`."""
    pair, _, effect = text.rpartition(":")
    key, _, value = pair.partition("=")
    return {"key": key, **({"value": value} if value else {}), "effect": effect}


def _arguments(asked: Mapping[str, str]) -> list[Document]:
    return [{"name": name, "value": value} for name, value in asked.items()]


def _cluster(cluster: ClusterSpec) -> Document:
    etcd: dict[str, object] = {}
    manager: dict[str, object] = {}
    scheduler: dict[str, object] = {}
    if cluster.slow:
        etcd["extraArgs"] = _arguments({"election-timeout": "10000", "heartbeat-interval": "1000"})
        lease = {
            "leader-elect-lease-duration": "120s",
            "leader-elect-renew-deadline": "100s",
            "leader-elect-retry-period": "20s",
        }
        manager["extraArgs"] = scheduler["extraArgs"] = _arguments(lease)
    server: dict[str, object] = {
        # Without it, the API server takes any certificate for a kubelet's. CIS 1.2.5
        "extraArgs": _arguments({"kubelet-certificate-authority": "/etc/kubernetes/pki/ca.crt"})
    }
    if cluster.cert_sans:
        server["certSANs"] = list(cluster.cert_sans)
    document: dict[str, object] = {
        **_head("ClusterConfiguration"),
        "clusterName": cluster.name,
        "kubernetesVersion": f"v{cluster.version}",
        "controlPlaneEndpoint": f"{cluster.endpoint}:{API_PORT}",
        # An emulated CPU takes minutes to find primes for RSA.
        "encryptionAlgorithm": "ECDSA-P256",
        "networking": {"podSubnet": cluster.pod_cidr, "serviceSubnet": cluster.service_cidr},
        "apiServer": server,
    }
    if etcd:
        document["etcd"] = {"local": etcd}
    if manager:
        document |= {"controllerManager": manager, "scheduler": scheduler}
    return document


def _kubelet(cluster: ClusterSpec) -> Document:
    document: dict[str, object] = {
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "cgroupDriver": "systemd",
        # Some systems make compressed swap at each start, by no line in fstab: containers get none of it.
        "failSwapOn": False,
        "memorySwap": {"swapBehavior": "NoSwap"},
        "tlsCertFile": f"{SERVING}.crt",
        "tlsPrivateKeyFile": f"{SERVING}.key",
    }
    if cluster.slow:
        document |= {"nodeStatusUpdateFrequency": "20s", "runtimeRequestTimeout": "10m0s"}
    return document


def _proxy(cluster: ClusterSpec) -> Document:
    return {
        "apiVersion": "kubeproxy.config.k8s.io/v1alpha1",
        "kind": "KubeProxyConfiguration",
        "mode": cluster.proxy_mode,
    }


def _documents(*documents: Document) -> str:
    return "---\n".join(_text(document) for document in documents)


def _text(document: Document) -> str:
    """As JSON, which is YAML too, and in which Kubernetes takes no name for a truth value, as it does `n` and `y`."""
    return f"{json.dumps(document, indent=2)}\n"
