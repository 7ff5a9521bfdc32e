"""A cluster of Kubernetes, and its nodes."""

from ipaddress import IPv4Network

from pydantic import Field

from stacks.config.fields import (
    AltName,
    CheckoutFile,
    ControlPlanes,
    Count,
    Cpus,
    Directory,
    KubernetesVersion,
    LabelValue,
    Memory,
    NetworkName,
    PodCidr,
    ServiceCidr,
    Switch,
    Taint,
)
from stacks.config.lab import BUNDLES, Cni, KubernetesSource, ProxyMode
from stacks.config.models.base import GROWS, REDEFINE, Model, doc
from stacks.config.models.guest import GroupConfig
from stacks.config.models.storage import DiskChoice
from stacks.config.scalars import MIB

VERSION = "1.35.4"
"""What is taken where a lab names none."""
NODE_DISK = 20 * 1024 * MIB
ANOTHER_CLUSTER = (
    "replace: another cluster, with nothing of what is in this one; refused, unless control planes have `allowDataLoss`"
)
OTHER_GUESTS = "replace: other guests, and so another cluster; refused, unless all nodes have `allowDataLoss`"
NODE_CHANGE = "live, the node keeps its pods"


class NodesConfig(GroupConfig):
    """Nodes of one role, `control-plane-1` or `worker-1` and so on; takes every key of a guest."""

    count: ControlPlanes = Field(
        default=1,
        description="How many, 1 to 7: an odd number, since etcd goes on while more than half of them do.",
        json_schema_extra=doc("the nodes with the highest numbers are added, or leave the cluster and are destroyed"),
    )
    cpus: Cpus = Field(
        default=2,
        description="Virtual CPUs; a control plane has at least 2.",
        json_schema_extra=doc(f"{REDEFINE}; live: more, up to `maxCpus`"),
    )
    memory: Memory = Field(
        default=2048 * MIB,
        description="RAM in whole MiB; a control plane has at least `1800MiB`.",
        json_schema_extra=doc(f"{REDEFINE}; live: up to `maxMemory`", "`2GiB`"),
    )
    disk: DiskChoice = Field(
        default=NODE_DISK,
        description="Size of the root disk, no smaller than the image's; or a mapping with more of it.",
        json_schema_extra=doc(GROWS, "`20GiB`"),
    )
    labels: dict[str, LabelValue] = Field(
        default={},
        description="Labels that each of these nodes has, by key.",
        json_schema_extra=doc(NODE_CHANGE, "none"),
    )
    taints: tuple[Taint, ...] = Field(
        default=(),
        description="Taints that each of these nodes has, as `key=value:NoSchedule`; a control plane has its own, too.",
        json_schema_extra=doc(f"{NODE_CHANGE}; but what `NoExecute` evicts", "none"),
    )


class WorkersConfig(NodesConfig):
    """The same for workers, but for how many."""

    count: Count = Field(
        default=5,
        description="How many, 0 to 200.",
        json_schema_extra=doc("the nodes with the highest numbers are added, or leave the cluster and are destroyed"),
    )


class KubernetesConfig(Model):
    """A cluster by kubeadm, of a lab of kind `kubernetes`; every key has a default."""

    version: KubernetesVersion = Field(
        default=VERSION,
        description="The version, whole and in quotes.",
        json_schema_extra=doc(ANOTHER_CLUSTER, f'`"{VERSION}"`'),
    )
    source: KubernetesSource = Field(
        default="online",
        description="Where nodes get it: `online`, from the Kubernetes project's packages and registry; or `bundle`, "
        "from what `make kubernetes-bundle` has put on the host, without a download.",
        json_schema_extra=doc(OTHER_GUESTS),
    )
    bundle: Directory | None = Field(
        default=None,
        description="The bundle's directory on the host, with source `bundle`.",
        json_schema_extra=doc(f"restart; with another image there, {OTHER_GUESTS}", f"`{BUNDLES}/<version>`"),
    )
    control_plane: NodesConfig = Field(
        default=NodesConfig.model_construct(),
        description="The nodes that run the API and etcd.",
        json_schema_extra=doc("as its keys say", "see below"),
    )
    worker: WorkersConfig = Field(
        default=WorkersConfig.model_construct(),
        description="The nodes that run all else.",
        json_schema_extra=doc("as its keys say", "see below"),
    )
    network: NetworkName | None = Field(
        default=None,
        description="The network that nodes talk to each other by, by its name in `networks`; every node has a NIC "
        "on it.",
        json_schema_extra=doc(ANOTHER_CLUSTER, "the lab's own"),
    )
    pod_cidr: PodCidr = Field(
        default=IPv4Network("10.244.0.0/16"),
        description="The network of pods, with a /24 of it for each node: a prefix from /8 to /24.",
        json_schema_extra=doc(ANOTHER_CLUSTER),
    )
    service_cidr: ServiceCidr = Field(
        default=IPv4Network("10.96.0.0/16"),
        description="The addresses of services: a prefix from /12 to /28.",
        json_schema_extra=doc(ANOTHER_CLUSTER),
    )
    cni: Cni = Field(
        default="flannel",
        description="What connects pods: `flannel`; or `none`, for one of your own among `manifests`.",
        json_schema_extra=doc("live: what the one before has put into the cluster stays"),
    )
    proxy_mode: ProxyMode = Field(
        default="nftables",
        description="How nodes carry traffic to services: `nftables` or `iptables`.",
        json_schema_extra=doc(ANOTHER_CLUSTER),
    )
    manifests: tuple[CheckoutFile, ...] = Field(
        default=(),
        description="Files of the checkout with what is to be in the cluster, applied in this order.",
        json_schema_extra=doc("live: applied again; what is taken out here stays in the cluster", "none"),
    )
    cert_sans: tuple[AltName, ...] = Field(
        default=(),
        description="Further names and addresses at which the API is called, for its certificate.",
        json_schema_extra=doc("live: the API's certificate is made anew", "none"),
    )
    metrics_server: Switch = Field(
        default=False,
        description="Whether it has metrics-server, for `kubectl top` and for autoscaling.",
        json_schema_extra=doc("live"),
    )
    local_path: Switch = Field(
        default=False,
        description="Whether it has local-path-provisioner, for volumes that are directories of a node.",
        json_schema_extra=doc("live"),
    )
