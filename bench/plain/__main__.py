"""Guests as one writes them at first: Volume, CloudInitDisk and Domain a guest, by the libvirt provider alone."""

import pulumi
import pulumi_libvirt as libvirt

config = pulumi.Config()
lab = pulumi.get_stack()

network = libvirt.Network(
    "network", name=lab, mode="nat", bridge=config.require("bridge"), addresses=[config.require("cidr")]
)
pool = libvirt.Pool("pool", name=lab, type="dir", target=libvirt.PoolTargetArgs(path=config.require("directory")))
base = libvirt.Volume("base", name="base.qcow2", pool=pool.name, source=config.require("image"), format="qcow2")

for number in range(1, config.require_int("guests") + 1):
    name = f"{lab}-{number}"
    disk = libvirt.Volume(
        f"disk-{number}",
        name=f"{name}.qcow2",
        pool=pool.name,
        base_volume_id=base.id,
        size=config.require_int("disk") * 1024 * 1024,
    )
    seed = libvirt.CloudInitDisk(
        f"seed-{number}",
        name=f"{name}.iso",
        pool=pool.name,
        meta_data=f"instance-id: {name}\n",
        user_data=f"#cloud-config\nhostname: {name}\n",
    )
    libvirt.Domain(
        f"guest-{number}",
        name=name,
        type=config.require("accelerator"),
        memory=config.require_int("memory"),
        cloudinit=seed.id,
        disks=[libvirt.DomainDiskArgs(volume_id=disk.id)],
        network_interfaces=[libvirt.DomainNetworkInterfaceArgs(network_id=network.id)],
        consoles=[libvirt.DomainConsoleArgs(type="pty", target_port="0", target_type="serial")],
        # SPICE, the provider's default, is not in every QEMU.
        graphics=libvirt.DomainGraphicsArgs(type="vnc", listen_type="address", listen_address="127.0.0.1"),
    )
