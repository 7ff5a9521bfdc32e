"""The lab of kind `host`: a machine becomes a hypervisor or a workstation, with a bridge if asked for.

When the lab is destroyed, it stops being one.
"""

from collections.abc import Sequence

import pulumi

from components.errors import Problem
from components.host_bridge import HostBridge
from components.host_facts import HostFacts
from components.kvm_host import KvmHost
from components.packages import packages
from stacks.config import Lab


def problems(_lab: Lab) -> Sequence[Problem]:
    """Nothing beyond the config."""
    return ()


def compose(lab: Lab, facts: HostFacts) -> list[pulumi.Resource]:
    """Make the lab real.

    Args:
        lab: what is asked for.
        facts: the host as it is now.

    Returns:
        What is made last.
    """
    carries_guests = lab.host.role != "workstation"
    host = KvmHost(
        "host",
        {
            "packages": packages(facts.package_manager, lab.host.role),
            "carries_guests": carries_guests,
            "libvirt_down": carries_guests and not facts.libvirt_answers,
            "owned": True,
            **lab.host.on,
        },
    )
    if carries_guests:
        pulumi.export("libvirt", host.uri)
    if lab.host.bridge is None:
        return [host.setup]
    asked = lab.host.bridge
    is_kept = asked.name in facts.kept_bridges
    bridge = HostBridge(
        "bridge",
        {"bridge": asked.name, "interface": asked.interface, "is_kept": is_kept, **lab.host.on},
        pulumi.ResourceOptions(depends_on=[host.setup]),
    )
    pulumi.export("bridge", bridge.bridge)
    return [bridge.confirmed]
