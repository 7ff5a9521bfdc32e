"""The lab of kind `host`: a machine becomes a hypervisor, with a bridge to its own network if asked for.

When the lab is destroyed, it stops being one.
"""

from collections.abc import Sequence

import pulumi

from components.enums import NetworkManagerUse
from components.errors import Problem
from components.host_bridge import Bridged, HostBridge
from components.host_facts import HostFacts
from components.kvm_host import KvmHost
from components.network_manager import NetworkManager, NetworkManagerArgs
from stacks.config import Lab
from stacks.config.lab import Bridge


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
    host = KvmHost("host", {"libvirt_down": not facts.libvirt_answers, "owned": True, **lab.host.on})
    pulumi.export("libvirt", host.uri)
    last: pulumi.Resource = host.setup
    asked = lab.host.bridge
    if lab.host.network_manager != "keep":
        told: NetworkManagerArgs = {"use": NetworkManagerUse(lab.host.network_manager)}
        if asked:
            told["bridged"] = _bridged(asked)
        order = pulumi.ResourceOptions(depends_on=[last])
        last = NetworkManager("network-manager", {**told, **lab.host.on}, order).told
    if asked is None:
        return [last]
    is_kept = asked.name in facts.kept_bridges
    bridge = HostBridge(
        "bridge",
        {**_bridged(asked), "is_kept": is_kept, **lab.host.on},
        pulumi.ResourceOptions(depends_on=[last]),
    )
    pulumi.export("bridge", bridge.bridge)
    return [bridge.confirmed]


def _bridged(bridge: Bridge) -> Bridged:
    asked: Bridged = {"bridge": bridge.name, "interface": bridge.interface}
    return {**asked, "vlan": bridge.vlan} if bridge.vlan else asked
