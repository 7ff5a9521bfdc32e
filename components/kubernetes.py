"""A Kubernetes cluster on guests: one command a node, and one that sees whether all of it works."""

import json
from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import NotRequired, TypedDict

import pulumi
from pulumi_command import local

from components import kubernetes_config, kubernetes_pki
from components.archive import pack
from components.kubernetes_config import API_PORT, ClusterSpec, NodeSpec
from components.options import after, child, without_order
from components.shell import Limits, limits, script

BIRTH = ("version", "domain", "pod_cidr", "service_cidr", "proxy_mode")
"""Of its arguments, what a cluster cannot be changed in; the host keeps what it was made with."""


class NodeArgs(TypedDict):
    """A guest that is a node."""

    guest_id: pulumi.Input[str]
    """What its Guest's command goes by, there once the guest is ready. Change: another guest, replace."""
    name: str
    """Plain: the node's name, the guest's own. Change: replace."""
    address: str
    """Plain: IPv4 address that the node has in the cluster, of whichever NIC. Change: replace."""
    login_address: str
    """Plain: IPv4 address that it is logged in to at. Change: live."""
    host_key: str
    """Plain: public half of its SSH host key. Change: live."""
    is_control_plane: bool
    """Plain: whether it runs the API, else it is a worker. Change: replace."""
    labels: Mapping[str, str]
    """Plain: the node's own labels. Change: live."""
    taints: Sequence[str]
    """Plain: its taints, as kubectl writes them, `key=value:Effect`. Change: live."""


class KubernetesClusterArgs(Limits):
    """What makes a cluster."""

    name: str
    """Plain: its name, the lab's. Change: replace."""
    seed: NotRequired[str]
    """Plain, and a secret: what its authorities follow from; none where nobody knows it, and nothing is made. Change:
    of no avail, a cluster keeps its own."""
    login: str
    """Plain: the user to log in as, who may act as root."""
    login_key: str
    """Plain, and a secret: the private SSH key to do so with."""
    version: str
    """Plain: of Kubernetes, without a `v`; the nodes have its programs. Change: replace."""
    domain: str
    """Plain: DNS domain of the API servers' name. Change: replace."""
    pod_cidr: str
    """Plain: of pods, a part of it a node. Change: replace."""
    service_cidr: str
    """Plain: of services. Change: replace."""
    proxy_mode: str
    """Plain: kube-proxy's mode, `nftables` or `iptables`. Change: replace."""
    cert_sans: Sequence[str]
    """Plain: further names and addresses of the API server. Change: live, its certificate is made anew."""
    manifests: Mapping[str, str]
    """Plain: YAML by name, applied in the order of names: the CNI's first. Change: applied again; what goes, stays."""
    probe: str
    """Plain: YAML of what sees whether pods reach each other; empty where no CNI is ours, and nothing can be said."""
    nodes: Sequence[NodeArgs]
    """Control planes first; the first of all makes the cluster."""
    pool_path: str
    """Plain: the lab's directory on the host, in which it is kept what the cluster was made with. Change: live."""
    accelerator: str
    """Plain: the guests' domain type. Emulated CPUs are waited for longer."""
    node_seconds: int
    """Plain: how long each step may take, in seconds. Change: live."""
    at_once: NotRequired[int]
    """Plain: as a Guest's, which nodes that join take turns with."""


class KubernetesCluster(pulumi.ComponentResource):
    """A cluster by kubeadm: the first control plane begins it, all other guests join as soon as it stands.

    It is there when every node is Ready, CoreDNS serves, and on each node a pod has reached a service by name and a pod
    on another node. A node that goes is drained, taken out and reset before its guest is deleted.

    Certificate authorities follow from the seed, so that nodes know whom to trust without asking, and tokens live until
    their node has joined: docs/decisions/0032.

    Replaces on: name, version, domain, CIDRs, proxy_mode, a node's guest or address.
    Source: https://kubernetes.io/docs/reference/setup-tools/kubeadm/
    """

    kubeconfig: pulumi.Output[str]
    """Secret: what kubectl needs to be the cluster's admin; known at preview."""
    api: pulumi.Output[str]
    """URL of the API; known at preview."""

    def __init__(self, name: str, args: KubernetesClusterArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("kvmlab:index:KubernetesCluster", name, shown(args), without_order(opts))
        first, *others = args["nodes"]
        begun = self._node(name, "init", first, args)
        joined: list[local.Command] = []
        for node in others:
            # etcd learns of one member at a time.
            waits = joined if node["is_control_plane"] else []
            joined.append(self._node(name, "join", node, args, begun, waits))
        nodes = " ".join(node["name"] for node in args["nodes"])
        # There once the cluster works.
        self.ready = script(
            f"{name}-ready",
            "kubernetes.sh ready",
            {**_environment(args, first), "NODE": "cluster", "CLUSTER_NODES": nodes, **limits(args)},
            child(self, after(begun, *joined)),
            stdin=_stdin(args, "ready", first),
            triggers=[begun.id],
            ssh=args.get("ssh"),
        )
        server = f"https://{first['address']}:{API_PORT}"
        seed = args.get("seed")
        self.kubeconfig = pulumi.Output.secret(kubernetes_pki.kubeconfig(seed, args["name"], server) if seed else "")
        self.api = pulumi.Output.from_input(server)
        self.register_outputs({"kubeconfig": self.kubeconfig, "api": self.api})

    def _node(
        self,
        name: str,
        step: str,
        node: NodeArgs,
        args: KubernetesClusterArgs,
        begun: local.Command | None = None,
        waits: Sequence[local.Command] = (),
    ) -> local.Command:
        before = [begun] if begun else []
        birth = [node["address"]]
        kept: dict[str, pulumi.Input[str]] = {}
        if step == "init":
            birth += [args["name"], *(args[key] for key in BIRTH)]
            told = " ".join(f"{key}={args[key]}" for key in BIRTH)
            kept = {"CLUSTER_BIRTH": told, "POOL_PATH": args["pool_path"], "IS_FIRST": "1"}
        return script(
            f"{name}-{node['name']}",
            f"kubernetes.sh {step}",
            {
                **_environment(args, node),
                **kept,
                "NODE_LABELS": " ".join(f"{key}={value}" for key, value in sorted(node["labels"].items())),
                "NODE_TAINTS": " ".join(sorted(node["taints"])),
                **limits(args),
            },
            child(self, pulumi.ResourceOptions.merge(after(*before, *waits), _REPLACED)),
            delete="kubernetes.sh leave",
            stdin=_stdin(args, step, node),
            # A new guest is a new node, and a new control plane is another cluster.
            triggers=[node["guest_id"], *(command.id for command in before), *birth],
            ssh=args.get("ssh"),
        )


_REPLACED = pulumi.ResourceOptions(delete_before_replace=True)


def shown(args: KubernetesClusterArgs) -> dict[str, pulumi.Input[object]]:
    """What a preview shows of a cluster."""
    told: dict[str, pulumi.Input[object]] = {
        key: args[key] for key in ("version", "pod_cidr", "service_cidr", "proxy_mode", "cert_sans")
    }
    told["nodes"] = {node["name"]: _told(node) for node in args["nodes"]}
    told["manifests"] = {
        name: f"sha256:{sha256(text.encode()).hexdigest()[:12]}" for name, text in args["manifests"].items()
    }
    return told


def _told(node: NodeArgs) -> dict[str, object]:
    told: dict[str, object] = {
        "address": node["address"],
        "role": "control-plane" if node["is_control_plane"] else "worker",
    }
    return told | {key: node[key] for key in ("labels", "taints") if node[key]}


def _environment(args: KubernetesClusterArgs, node: NodeArgs) -> dict[str, pulumi.Input[str]]:
    first = args["nodes"][0]
    environment: dict[str, pulumi.Input[str]] = {
        "CLUSTER": args["name"],
        "NODE": node["name"],
        "ADDRESS": node["login_address"],
        "HOST_KEY": node["host_key"],
        "API_ADDRESS": first["login_address"],
        "API_HOST_KEY": first["host_key"],
        "ENDPOINT": endpoint(args["domain"]),
        "ENDPOINT_ADDRESSES": " ".join(one["address"] for one in args["nodes"] if one["is_control_plane"]),
        "LOGIN": args["login"],
        "ACCELERATOR": args["accelerator"],
        "NODE_ADDRESS": node["address"],
        "NODE_SECONDS": str(args["node_seconds"]),
        "SERVICE_CIDR": args["service_cidr"],
    }
    if "at_once" in args:
        environment["AT_ONCE"] = str(args["at_once"])
    return environment


def endpoint(domain: str) -> str:
    """The API servers' name in a lab's DNS domain; nodes know it by themselves."""
    return f"kubernetes-api.{domain}"


def visible(inputs: Mapping[str, object]) -> str:
    """What is visible of what nodes are sent, from the component's inputs: in its place where nobody knows the seed."""
    return f"{json.dumps(inputs, sort_keys=True)}\n"


def _stdin(args: KubernetesClusterArgs, step: str, node: NodeArgs) -> pulumi.Output[str]:
    """The login's key, and files for a node. Secret."""
    seed = args.get("seed")
    if seed is None:
        return pulumi.Output.secret(visible(shown(args)))
    files = {"probe.yaml": args["probe"]} if step == "ready" else _files(step, node, args, seed)
    told = {f"node/{name}": text for name, text in files.items() if text}
    return pulumi.Output.secret(pack({"key": args["login_key"], **told}))


def _files(step: str, node: NodeArgs, args: KubernetesClusterArgs, seed: str) -> dict[str, str]:
    cluster = ClusterSpec(
        name=args["name"],
        version=args["version"],
        endpoint=endpoint(args["domain"]),
        pod_cidr=args["pod_cidr"],
        service_cidr=args["service_cidr"],
        proxy_mode=args["proxy_mode"],
        cert_sans=args["cert_sans"],
        slow=args["accelerator"] == "qemu",
    )
    spec = NodeSpec(node["name"], node["address"], node["is_control_plane"], node["taints"])
    if step == "init":
        files = {f"manifests/{name}": text for name, text in args["manifests"].items()}
    else:
        key_hash = kubernetes_pki.authority(seed, args["name"]).key_hash
        files = {"join.yaml": kubernetes_config.join(cluster, spec, key_hash)}
    if node["is_control_plane"]:
        files["init.yaml"] = kubernetes_config.init(cluster, spec)
        files["names"] = "".join(f"{name}\n" for name in args["cert_sans"])
        files |= {f"pki/{name}": text for name, text in kubernetes_pki.files(seed, args["name"]).items()}
    serving = kubernetes_pki.serving(seed, args["name"], node["name"], node["address"])
    files |= {f"serving/serving.{kind}": text for kind, text in serving.items()}
    files |= {f"patches/{name}": text for name, text in kubernetes_config.patches(cluster).items()}
    return {**files, "slack.conf": kubernetes_config.slack(cluster)}
