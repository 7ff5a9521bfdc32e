"""The lab of kind `host`: a machine becomes a hypervisor, and stops being one when the lab is destroyed."""

from collections.abc import Sequence

import pulumi

from components.errors import Problem
from components.host_facts import HostFacts
from components.kvm_host import KvmHost
from stacks.config import Lab


def problems(_lab: Lab) -> Sequence[Problem]:
    """Nothing beyond the config."""
    return ()


def compose(lab: Lab, facts: HostFacts) -> list[pulumi.Resource]:
    """Make the lab real; what guests.compose makes of a host, and no guests.

    Args:
        lab: what is asked for.
        facts: the host as it is now.

    Returns:
        What is made last.
    """
    host = KvmHost("host", {"libvirt_down": not facts.libvirt_answers, "owned": True, **lab.host.on})
    pulumi.export("libvirt", host.uri)
    return [host.setup]
