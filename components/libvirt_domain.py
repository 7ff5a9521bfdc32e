"""The one seam to the provider's Domain: what is fixed at a guest's birth, in our words."""

from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

import pulumi
import pulumi_libvirt as libvirt

from components.shell import run_now


class DomainSpec(NamedTuple):
    """A domain as libvirt is to define it."""

    name: str
    description: str
    """Says whose it is: libvirt shows it, and a preview reads it back."""
    accelerator: str
    """Domain type: `kvm`, or `qemu` for emulation."""
    cpus: int
    memory_mib: int
    volumes: Sequence[pulumi.Input[str]]
    """Paths of volumes that their pool knows, in the order of vda, vdb."""
    network: pulumi.Input[str]
    mac: str


@cache
def _clear_unfinished() -> pulumi.ResourceHook:
    """Before the provider makes a domain, one of the same name that a killed run left behind goes.

    The provider records a domain only when it is started, and refuses to make one that exists.
    """

    def clear(args: pulumi.ResourceHookArgs) -> None:
        inputs = args.new_inputs or {}
        run_now("domain.sh clear", {"DOMAIN": inputs["name"], "OWNER": inputs["description"]})

    return pulumi.ResourceHook("clear-unfinished-domain", clear)


def domain(
    name: str, spec: DomainSpec, opts: pulumi.ResourceOptions, replace_with: Sequence[pulumi.Input[str]]
) -> libvirt.Domain:
    """Define and start a domain.

    The provider makes no change in place that a guest would notice: all of the spec replaces the domain. Its disks
    stay, so a replaced domain is a guest that restarts.

    Args:
        name: the resource's name.
        spec: the domain.
        opts: the resource's options.
        replace_with: values whose change replaces the domain too, though the provider would see none.
    """
    return libvirt.Domain(
        name,
        name=spec.name,
        description=spec.description,
        type=spec.accelerator,
        vcpu=spec.cpus,
        memory=spec.memory_mib,
        # An emulated CPU stays libvirt's default: all that QEMU can emulate is slower to emulate.
        cpu=libvirt.DomainCpuArgs(mode="host-passthrough") if spec.accelerator == "kvm" else None,
        disks=[libvirt.DomainDiskArgs(volume_id=volume) for volume in spec.volumes],
        network_interfaces=[libvirt.DomainNetworkInterfaceArgs(network_name=spec.network, mac=spec.mac.upper())],
        consoles=[libvirt.DomainConsoleArgs(type="pty", target_port="0", target_type="serial")],
        # SPICE is not in every QEMU; VNC is.
        graphics=libvirt.DomainGraphicsArgs(type="vnc", listen_type="address", listen_address="127.0.0.1"),
        qemu_agent=False,
        opts=pulumi.ResourceOptions.merge(
            opts,
            pulumi.ResourceOptions(
                # A domain's name is unique on its host.
                delete_before_replace=True,
                replacement_trigger=list(replace_with),
                # What the provider takes for updated and never sends: provider.md of the design, found in its source.
                replace_on_changes=["networkInterfaces", "disks", "cpu"],
                hooks=pulumi.ResourceHookBinding(before_create=[_clear_unfinished()]),
            ),
        ),
    )
