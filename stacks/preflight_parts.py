"""What a host must have for the parts that few guests ask for. Pure."""

from collections.abc import Iterator

from components.errors import Problem
from components.host_facts import HostFacts
from stacks.config import Lab
from stacks.config.problems import near


def question(lab: Lab) -> dict[str, str]:
    """What host/probe.sh is to be asked for these parts: nothing of most labs, since each costs a preview some time."""
    # Whether there is KVM, the host itself will tell.
    types = {"auto": "kvm qemu", "kvm": "kvm", "tcg": "qemu"}[lab.host.accelerator]
    return {"CPU_TYPES": types if any(guest.cpu and guest.cpu.model for guest in lab.guests) else ""}


def problems(lab: Lab, facts: HostFacts, accelerator: str) -> Iterator[Problem]:
    """What keeps the host from giving guests the parts that they ask for.

    Args:
        lab: what is asked for there.
        facts: what the host is.
        accelerator: the type that its domains will have.
    """
    # A host without any is one whose libvirt is still to be installed, or did not say.
    models = facts.cpu_models.get(accelerator, frozenset())
    for guest in lab.guests:
        model = guest.cpu and guest.cpu.model
        if model and models and model not in models:
            rule = f"must be a CPU model that the host can give a domain of type {accelerator}, got {model!r}"
            close = near(model, models)
            todo = f"did you mean {close!r}?" if close else f"see virsh domcapabilities --virttype {accelerator}"
            yield Problem(f"{guest.path}.cpu", f"{rule}; {todo}")
