"""The lab of kind `host`: machines become hypervisors or workstations, with a bridge if asked for.

When the lab is destroyed, they stop being that.
"""

from collections.abc import Sequence
from typing import Any

import pulumi

from components.enums import NetworkManagerUse
from components.errors import Problem
from components.host_bridge import Bridged, HostBridge, HostBridgeArgs
from components.host_facts import HostFacts
from components.kvm_host import KvmHost
from components.machine_facts import parse
from components.network_manager import NetworkManager, NetworkManagerArgs
from components.options import after
from components.packages import packages
from doctor.checks import look
from doctor.report import report
from stacks.config import Host, Lab
from stacks.config.lab import Bridge


def problems(_lab: Lab) -> Sequence[Problem]:
    """Nothing beyond the config."""
    return ()


def compose(_lab: Lab, placed: Sequence[tuple[Lab, HostFacts]]) -> list[pulumi.Resource]:
    """Make the lab real.

    Args:
        placed: what is asked for of each host, and the host as it is now.

    Returns:
        What is made last.
    """
    made = {part.host.name: _made(part.host, facts) for part, facts in placed}
    told = {name: outputs for name, (_, outputs) in made.items()}
    # Of one host as of itself, of several by name.
    for key in ("libvirt", "doctor", "bridge"):
        values = {name: outputs[key] for name, outputs in told.items() if key in outputs}
        if values:
            pulumi.export(key, values.get("", values))
    return [last for last, _ in made.values()]


def _made(asked: Host, facts: HostFacts) -> tuple[pulumi.Resource, dict[str, pulumi.Output[Any]]]:
    """A host: what is made last, and what is to be told of it."""
    carries_guests = asked.role != "workstation"
    host = KvmHost(
        f"host{asked.suffix}",
        {
            "packages": packages(facts.package_manager, asked.role),
            "carries_guests": carries_guests,
            "libvirt_down": carries_guests and not facts.libvirt_answers,
            "owned": True,
            **asked.on,
        },
    )
    outputs = dict[str, pulumi.Output[Any]]()
    if carries_guests:
        outputs |= {"libvirt": host.uri, "doctor": host.setup.stderr.apply(_table)}
    last: pulumi.Resource = host.setup
    if asked.network_manager != "keep":
        told: NetworkManagerArgs = {"use": NetworkManagerUse(asked.network_manager)}
        if asked.bridge:
            told["bridged"] = _bridged(asked.bridge)
        last = NetworkManager(f"network-manager{asked.suffix}", {**told, **asked.on}, after(last)).told
    if asked.bridge is None:
        return last, outputs
    is_kept = asked.bridge.name in facts.kept_bridges
    args: HostBridgeArgs = {**_bridged(asked.bridge), "is_kept": is_kept, **asked.on}
    bridge = HostBridge(f"bridge{asked.suffix}", args, after(last))
    return bridge.confirmed, {**outputs, "bridge": bridge.bridge}


def _bridged(bridge: Bridge) -> Bridged:
    asked: Bridged = {"bridge": bridge.name, "interface": bridge.interface}
    return {**asked, "vlan": bridge.vlan} if bridge.vlan else asked


def _table(facts: str) -> list[str]:
    """What `make doctor` says, a line each, of the machine as it was when it was made a hypervisor."""
    return report(look(parse(facts)), colour=False).splitlines()
