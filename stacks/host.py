"""The lab of kind `host`: a machine becomes a hypervisor, with a bridge to its own network if asked for.

When the lab is destroyed, it stops being one.
"""

from collections.abc import Sequence

import pulumi

from components.errors import Problem
from components.host_bridge import HostBridge
from components.host_facts import HostFacts
from components.kvm_host import KvmHost
from components.machine_facts import parse
from doctor.checks import look
from doctor.report import report
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
    host = KvmHost("host", {"libvirt_down": not facts.libvirt_answers, "owned": True, **lab.host.on})
    pulumi.export("libvirt", host.uri)
    pulumi.export("doctor", host.setup.stderr.apply(_table))
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


def _table(facts: str) -> list[str]:
    """What `make doctor` says, a line each, of the machine as it was when it was made a hypervisor."""
    return report(look(parse(facts)), colour=False).splitlines()
