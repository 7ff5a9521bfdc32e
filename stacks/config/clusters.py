"""From the config of a cluster to the cluster that it means, and to what its nodes have that other guests have not."""

from collections.abc import Mapping
from typing import cast

from stacks.config import models
from stacks.config.lab import BUNDLES, NODE_ROLES, VOLUME, DataDisk, FileImage, Kubernetes, Node, NodeKey
from stacks.config.members import cluster, members, roles

NODE_LAYER = "kubernetes-node"
"""Of cloud-init/, for every node."""
PACKAGES_LAYER = "kubernetes-packages"
"""Of cloud-init/, for nodes that get their programs from Kubernetes' own repository."""


def bundle(config: models.LabConfig) -> str:
    """The directory of the bundle that nodes are made from; empty where there is none."""
    asked = cluster(config)
    if asked is None or asked.source != "bundle":
        return ""
    return asked.bundle or f"{BUNDLES}/{asked.version}"


def node_image(config: models.LabConfig) -> FileImage | None:
    """A bundle's own; its digest is in the bundle, and looked at before the file is used."""
    directory = bundle(config)
    return FileImage(f"{directory}/node.qcow2", None) if directory else None


def node_disks(config: models.LabConfig) -> list[DataDisk]:
    """A bundle's volume; since nobody writes to it, the host's memory holds it once for all nodes."""
    directory = bundle(config)
    volume = DataDisk(VOLUME, 0, protect=True, path=f"{directory}/volume.img", shared=True, read_only=True)
    return [volume] if directory else []


def node_layers(config: models.LabConfig) -> tuple[str, ...]:
    """What comes before a node's own layers."""
    return (NODE_LAYER,) if bundle(config) else (NODE_LAYER, PACKAGES_LAYER)


def node_user_data(config: models.LabConfig, own: Mapping[str, object]) -> Mapping[str, object]:
    """A node's own document, with what the packages' layer reads."""
    asked = cluster(config)
    if asked is None or bundle(config):
        return own
    version = {"path": "/etc/kvmlab/kubernetes-version", "content": f"{asked.version}\n"}
    files = own.get("write_files", [])
    return {**own, "write_files": [version, *(cast("list[object]", files) if isinstance(files, list) else [])]}


def resolve_cluster(config: models.LabConfig) -> Kubernetes | None:
    """The cluster of a checked config, where its lab is one."""
    asked = cluster(config)
    if asked is None:
        return None
    made_by: dict[NodeKey, models.NodesConfig] = dict(roles(config))
    nodes = (
        Node(member.name, NODE_ROLES[role], dict(nodes.labels), nodes.taints)
        for role, nodes in made_by.items()
        for member in members(config)
        if member.place == ("kubernetes", role)
    )
    return Kubernetes(
        version=asked.version,
        source=asked.source,
        bundle=bundle(config),
        pod_cidr=asked.pod_cidr,
        service_cidr=asked.service_cidr,
        cni=asked.cni,
        proxy_mode=asked.proxy_mode,
        network=asked.network or "",
        manifests=asked.manifests,
        cert_sans=asked.cert_sans,
        metrics_server=asked.metrics_server,
        local_path=asked.local_path,
        nodes=tuple(nodes),
    )
