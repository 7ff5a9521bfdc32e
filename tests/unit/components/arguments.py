"""Arguments with which each component can be made, secrets that one can tell in what they end up in."""

from collections.abc import Callable

import pulumi

from components.claim import Claim, ClaimArgs
from components.data_disk import DataDisk, DataDiskArgs
from components.domain import Graphics
from components.enums import Firmware, NetworkManagerUse, NicKind, OnCloudInitChange, WaitFor
from components.further_pool import FurtherPool, FurtherPoolArgs
from components.guest import Guest, GuestArgs
from components.host_bridge import HostBridge, HostBridgeArgs
from components.image import Image, ImageArgs
from components.kubernetes import KubernetesCluster, KubernetesClusterArgs, NodeArgs
from components.kvm_host import KvmHost, KvmHostArgs
from components.network import Network, NetworkArgs
from components.network_manager import NetworkManager, NetworkManagerArgs
from components.nics import NicArgs
from components.pool import Pool, PoolArgs
from components.ssh_access import SshAccess, SshAccessArgs

LAB_KEY = "the-lab-key-itself"
SEED = "the-seed-itself"

HOST: KvmHostArgs = {"packages": ["qemu-kvm", "libvirt"]}
BRIDGE: HostBridgeArgs = {"bridge": "br0", "interface": "default-route", "vlan": 20}
CLAIM: ClaimArgs = {"lab": "six", "pool_path": "/srv/six", "strays": []}
DATA_DISK: DataDiskArgs = {
    "domain": "six-node-1",
    "disk": "data",
    "disk_bytes": 20 * 1024**3,
    "protected": True,
    "pool": "six",
    "pool_path": "/srv/six",
}
IMAGE: ImageArgs = {
    "lab": "six",
    "pool_path": "/srv/six",
    "link": "base-debian-13-01234567",
    "url": "https://example.org/debian.qcow2",
    "digest": "sha512:00",
    "build": "debian-13",
}
FURTHER_POOL: FurtherPoolArgs = {"lab": "six", "name": "six.big", "path": "/mnt/big/six"}
POOL: PoolArgs = {"name": "six", "path": "/srv/six"}
NETWORK_MANAGER: NetworkManagerArgs = {"use": NetworkManagerUse.UNMANAGED, "bridged": BRIDGE}
NETWORK: NetworkArgs = {
    "name": "six",
    "bridge": "kl-six",
    "cidr": "10.20.6.0/24",
    "dhcp_start": "10.20.6.128",
    "dhcp_end": "10.20.6.254",
    "domain": "six.internal",
    "reservations": {"node-1": {"mac": "52:54:00:ab:cd:ef", "address": "10.20.6.5"}},
}


NICS: list[NicArgs] = [
    {
        "name": "backend",
        "mac": "52:54:00:00:00:02",
        "kind": NicKind.NETWORK,
        "source": "six-backend",
        "model": "virtio",
        "reserved": "10.30.0.5",
        "configured": "10.30.0.5/24",
        "configured_mtu": 9000,
        "standing": ["uuid"],
        "shown": "network backend at 10.30.0.5/24",
    },
    {
        "name": "lan",
        "mac": "52:54:00:00:00:03",
        "kind": NicKind.BRIDGE,
        "source": "br0",
        "model": "e1000e",
        "mtu": 1400,
        "configured": "dhcp",
        "standing": [],
        "shown": "bridge br0 by DHCP, e1000e, MTU 1400",
    },
]


def guest_args(**changes: object) -> GuestArgs:
    """A guest, with some arguments of one's own."""
    args: GuestArgs = {
        "lab": "six",
        "hostname": "node-1",
        "accelerator": "kvm",
        "cpus": 2,
        "memory_mib": 2048,
        "firmware": Firmware.BIOS,
        "graphics": Graphics("vnc", None),
        "autostart": False,
        "data_disks": [],
        "disk_bytes": 10 * 1024**3,
        "image": "base-debian-13-01234567",
        "pool": "six",
        "pool_path": "/srv/six",
        "network": "six",
        "network_uuid": "network-uuid",
        "mac": "52:54:00:ab:cd:ef",
        "address": "10.20.6.5",
        "login": "lab",
        "host_key": "ssh-ed25519 AAAAhost",
        "seed": pulumi.Output.secret(SEED),
        "cloud_config": "packages: [curl]\n",
        "instance_id": "iid-1",
        "on_cloud_init_change": OnCloudInitChange.REPLACE,
        "wait_for": WaitFor.CLOUD_INIT,
        "ready_seconds": 1800,
        "shutdown_seconds": 120,
    }
    return {**args, **changes}  # pyright: ignore[reportReturnType]


def ssh_args() -> SshAccessArgs:
    """Access to one guest."""
    return {
        "directory": ".kvmlab/ssh/six",
        "login": "lab",
        "guests": {"node-1": {"address": "10.20.6.5", "host_key": "ssh-ed25519 AAAAhost"}},
        "private_key": pulumi.Output.secret(f"{LAB_KEY}\n"),
    }


def node(name: str, address: str, *, is_control_plane: bool = False) -> NodeArgs:
    """A node of a cluster."""
    return {
        "guest_id": f"{name}-id",
        "name": name,
        "address": address,
        "login_address": address,
        "host_key": "ssh-ed25519 AAAAhost",
        "is_control_plane": is_control_plane,
        "labels": {"disk": "big"},
        "taints": ["dedicated=db:NoSchedule"],
    }


def cluster_args() -> KubernetesClusterArgs:
    """A cluster of two."""
    return {
        "name": "lab",
        "seed": SEED,
        "pool_path": "/var/lib/libvirt/images/lab",
        "login": "lab",
        "login_key": f"{LAB_KEY}\n",
        "version": "1.35.4",
        "domain": "lab.internal",
        "pod_cidr": "10.244.0.0/16",
        "service_cidr": "10.96.0.0/16",
        "proxy_mode": "nftables",
        "cert_sans": [],
        "manifests": {"10-flannel.yaml": "kind: Namespace\n"},
        "probe": "kind: Service\n",
        "nodes": [node("control-plane-1", "10.20.7.2", is_control_plane=True), node("worker-1", "10.20.7.3")],
        "accelerator": "kvm",
        "node_seconds": 1800,
    }


BUILDS: dict[type[pulumi.ComponentResource], Callable[[], pulumi.ComponentResource]] = {
    Claim: lambda: Claim("it", CLAIM),
    Guest: lambda: Guest("it", guest_args()),
    DataDisk: lambda: DataDisk("it", DATA_DISK),
    FurtherPool: lambda: FurtherPool("it", FURTHER_POOL),
    HostBridge: lambda: HostBridge("it", BRIDGE),
    Image: lambda: Image("it", IMAGE),
    KubernetesCluster: lambda: KubernetesCluster("it", cluster_args()),
    KvmHost: lambda: KvmHost("it", HOST),
    Network: lambda: Network("it", NETWORK),
    NetworkManager: lambda: NetworkManager("it", NETWORK_MANAGER),
    Pool: lambda: Pool("it", POOL),
    SshAccess: lambda: SshAccess("it", ssh_args()),
}
"""One way to make each component."""
