"""A guest: a virtual machine with its disks, its address, and the wait until it is of use."""

from typing import TypedDict

import pulumi

from components.enums import OnCloudInitChange
from components.identity import owner
from components.libvirt_domain import DomainSpec, domain
from components.options import child, first_child, without_order
from components.shell import script

SHOWN = ("accelerator", "address", "cloud_config", "cpus", "disk_bytes", "image", "mac", "memory_mib")
"""What a preview shows of a guest itself; the rest stands with the resource that it goes to."""
READY_SECONDS = 1800
"""How long a guest may take until cloud-init is done. Under emulation, with packages to install, it takes minutes."""
SHUTDOWN_SECONDS = 120
"""How long a guest may take to power off before it is cut off."""


class GuestArgs(TypedDict):
    """What makes a guest."""

    lab: str
    """Plain: the lab's name, first part of the domain's. Change: replace."""
    hostname: str
    """Plain: the guest's name in DNS and in itself. Change: replace."""
    accelerator: str
    """Plain: libvirt's domain type, `kvm` or `qemu`. Change: restart."""
    cpus: int
    """Plain: virtual CPUs. Change: restart, the disk stays."""
    memory_mib: int
    """Plain: memory in MiB. Change: restart, the disk stays."""
    disk_bytes: int
    """Plain: size of the root disk in bytes, at least the image's. Change: grown live; shrinking is refused."""
    image: pulumi.Input[str]
    """Link of the base image in the pool, an Image's output. Change: replace, before the image goes."""
    pool: pulumi.Input[str]
    """Name of the pool, a Pool's output. Change: replace, before the pool goes."""
    pool_path: str
    """Plain: directory of the pool. Change: replace."""
    network: str
    """Plain: name of the network. Change: restart."""
    network_uuid: str
    """Plain: another one is another network. Change: restart."""
    mac: str
    """Plain: MAC of the first NIC. Change: restart."""
    address: str
    """Plain: the IPv4 address that the network reserves for the MAC. Change: restart."""
    login: str
    """Plain: the user that readiness logs in as. Change: waited for again."""
    host_key: str
    """Plain: public half of the guest's SSH host key. Change: waited for again."""
    lab_key: pulumi.Input[str]
    """Secret: the lab's private SSH key."""
    seed: pulumi.Input[str]
    """Secret: archive of user-data, meta-data and network-config. Change: by on_cloud_init_change."""
    cloud_config: str
    """Plain: the layers as merged, for people who read a preview; the seed is what counts."""
    instance_id: str
    """Plain: cloud-init's instance-id in the seed; a new one makes cloud-init run again."""
    on_cloud_init_change: OnCloudInitChange
    """Plain: what a new instance_id does: `replace` the guest, `rerun` cloud-init at a restart, or `ignore` it."""


class Guest(pulumi.ComponentResource):
    """A domain `<lab>-<hostname>` with a root disk over a shared image, a seed disk, and a reserved address.

    It exists when SSH answers with the host key that it was given and cloud-init is done. It is shut down cleanly
    before it is replaced or destroyed.

    Replaces on: lab, hostname, image, pool, pool_path, and instance_id where on_cloud_init_change is `replace`.
    """

    address: pulumi.Output[str]
    """The guest's IPv4 address, known at preview."""
    domain_id: pulumi.Output[str]
    """The domain's UUID."""

    def __init__(self, name: str, args: GuestArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("kvmlab:index:Guest", name, {key: args[key] for key in SHOWN}, without_order(opts))
        full_name = f"{args['lab']}-{args['hostname']}"
        policy = args["on_cloud_init_change"]
        birth = [args["image"], args["pool"], args["pool_path"]]
        if policy == OnCloudInitChange.REPLACE:
            birth.append(args["instance_id"])
        keep_seed = ["stdin"] if policy == OnCloudInitChange.IGNORE else None
        shared = {
            "DOMAIN": full_name,
            "NETWORK": args["network"],
            "MAC": args["mac"],
            "ADDRESS": args["address"],
            "SHUTDOWN_SECONDS": str(SHUTDOWN_SECONDS),
        }
        disks = script(
            f"{name}-disks",
            "guest.sh apply",
            {
                **shared,
                "GUEST": args["hostname"],
                "POOL": args["pool"],
                "POOL_PATH": args["pool_path"],
                "LINK": args["image"],
                "DISK_BYTES": str(args["disk_bytes"]),
                "NETWORK_UUID": args["network_uuid"],
            },
            first_child(self, opts, pulumi.ResourceOptions(delete_before_replace=True, ignore_changes=keep_seed)),
            delete="guest.sh delete",
            stdin=args["seed"],
            triggers=birth,
        )
        machine = domain(
            name,
            DomainSpec(
                name=full_name,
                description=owner(args["lab"]),
                accelerator=args["accelerator"],
                cpus=args["cpus"],
                memory_mib=args["memory_mib"],
                volumes=[f"{args['pool_path']}/{full_name}{suffix}" for suffix in (".qcow2", "-seed.iso")],
                network=args["network"],
                mac=args["mac"],
            ),
            child(self, pulumi.ResourceOptions(depends_on=[disks])),
            # A lease is renewed once an hour; a restarted guest has its new address at once.
            replace_with=[*birth, args["network_uuid"], args["address"]],
        )
        # There once the guest is.
        self.ready = script(
            f"{name}-ready",
            "ready.sh await",
            {
                **shared,
                "DOMAIN_ID": machine.id,
                "LOGIN": args["login"],
                "HOST_KEY": args["host_key"],
                # The seed of a guest that ignores changes is of some earlier day, so no id is expected of it.
                "INSTANCE_ID": "" if policy == OnCloudInitChange.IGNORE else args["instance_id"],
                "READY_SECONDS": str(READY_SECONDS),
            },
            child(self, pulumi.ResourceOptions(delete_before_replace=True)),
            delete="ready.sh off",
            stdin=args["lab_key"],
            # With the domain it goes, and before the domain: that is when a guest is shut down.
            triggers=[machine.id],
        )
        self.domain_id = machine.id
        self.address = pulumi.Output.from_input(args["address"])
        self.register_outputs({"address": self.address, "domain_id": self.domain_id})
