"""The lab of kind `kubernetes`: guests as ever, and a cluster of those that are its nodes."""

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import pulumi

from components.errors import Problem
from components.host_facts import HostFacts
from components.kubernetes import KubernetesCluster, KubernetesClusterArgs, NodeArgs, endpoint
from stacks import guests, manifests, nics, preflight, seeds
from stacks.common import limits_of
from stacks.config import Lab
from stacks.config.lab import Kubernetes, Node
from stacks.offline import offline
from stacks.seed import stack_seed

ROOT = Path(__file__).parents[1]
MANIFESTS = ROOT / "bundle" / "manifests"
_ONLINE = re.compile(r"^ *# online\b.*?^ *# end\n", re.MULTILINE | re.DOTALL)
"""In a manifest, what a bundle's nodes have without it, and could not pull."""
PROBE_IMAGES = {"bundle": "kvmlab/probe:1", "online": "registry.k8s.io/e2e-test-images/busybox:1.36.1-1"}


def problems(lab: Lab) -> list[Problem]:
    """What is wrong beyond the config."""
    return [*guests.problems(lab), *manifests.problems(lab)]


def compose(lab: Lab, placed: Sequence[tuple[Lab, HostFacts]]) -> list[pulumi.Resource]:
    """Make the lab real.

    Args:
        lab: what is asked for.
        placed: the part of it on each host, and the host as it is now, found able to carry that.

    Returns:
        What is made last: when all of these are there, the lab is.
    """
    made = guests.make(lab, placed)
    if lab.kubernetes is None:
        raise TypeError(lab.kind)
    spec = lab.kubernetes
    names = {node.guest for node in spec.nodes}
    # Config has seen to it that all nodes are on one host.
    part, facts = next(both for both in placed if any(guest.name in names for guest in both[0].guests))
    accelerator = preflight.accelerator(part, facts)
    args: KubernetesClusterArgs = {
        "name": lab.stack,
        "login": seeds.LOGIN,
        "login_key": made.common.lab_key.private,
        "version": spec.version,
        "domain": lab.network.domain,
        "pod_cidr": str(spec.pod_cidr),
        "service_cidr": str(spec.service_cidr),
        "proxy_mode": spec.proxy_mode,
        "cert_sans": spec.cert_sans,
        "manifests": applied(spec, lab.network.domain, slow=accelerator == "qemu"),
        "probe": probe(spec),
        "nodes": [_node(lab, spec.network, node, made) for node in spec.nodes],
        "pool_path": lab.pool.path,
        "accelerator": accelerator,
        "node_seconds": max(guest.ready_timeout for guest in lab.guests if guest.name in names),
        **limits_of(part.host),
    }
    if not offline():
        args["seed"] = stack_seed()
    if part.host.at_once is not None:
        args["at_once"] = part.host.at_once
    cluster = KubernetesCluster("kubernetes", args)
    pulumi.export("kubeconfig", cluster.kubeconfig)
    pulumi.export("api", cluster.api)
    pulumi.export("nodes", {node["name"]: _told(node) for node in args["nodes"]})
    return [*made.last, cluster.ready]


def applied(spec: Kubernetes, domain: str, *, slow: bool) -> dict[str, str]:
    """What is applied, by names that sort as it is: the CNI's first, the user's own last."""
    ours = {"10-flannel.yaml": spec.cni == "flannel", "20-metrics-server.yaml": spec.metrics_server}
    ours["30-local-path.yaml"] = spec.local_path
    values = {
        "API_HOST": endpoint(domain),
        "POD_CIDR": str(spec.pod_cidr),
        "NFTABLES": "true" if spec.proxy_mode == "nftables" else "false",
        # An emulated kubelet takes longer for an answer than a server of metrics waits by itself.
        "METRIC_RESOLUTION": "60s" if slow else "15s",
        "KUBELET_REQUEST_TIMEOUT": "40s" if slow else "10s",
    }
    found = {name: _filled(name.partition("-")[2], spec, values) for name, wanted in ours.items() if wanted}
    for number, file in enumerate(spec.manifests):
        text = (ROOT / file).read_text(encoding="utf-8")
        found[f"{50 + number}-{Path(file).name}"] = text if text.endswith("\n") else f"{text}\n"
    return found


def probe(spec: Kubernetes) -> str:
    """What sees whether pods reach each other; nothing where the user brings the CNI."""
    if spec.cni == "none":
        return ""
    names = [node.guest for node in spec.nodes]
    values = {"PROBE_IMAGE": PROBE_IMAGES[spec.source], "NAMES": json.dumps(names), "COUNT": str(len(names))}
    return _filled("probe.yaml", spec, values)


def _filled(file: str, spec: Kubernetes, values: Mapping[str, str]) -> str:
    text = (MANIFESTS / file).read_text(encoding="utf-8")
    if spec.bundle:
        text = _ONLINE.sub("", text)
    for name, value in values.items():
        text = text.replace(f"@{name}@", value)
    return text


def _node(lab: Lab, network: str, node: Node, made: guests.Made) -> NodeArgs:
    common, name = made.common, node.guest
    guest = next(guest for guest in lab.guests if guest.name == name)
    return {
        "guest_id": made.guests[name].ready.id,
        "name": name,
        "address": nics.address_on(network, guest, common.addresses, common.nic_addresses),
        "login_address": common.addresses[name],
        "host_key": common.host_keys[name].public,
        "is_control_plane": node.role == "control-plane",
        "labels": node.labels,
        "taints": node.taints,
    }


def _told(node: NodeArgs) -> dict[str, str]:
    return {"address": node["address"], "role": "control-plane" if node["is_control_plane"] else "worker"}
