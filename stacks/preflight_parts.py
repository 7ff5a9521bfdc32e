"""What a host must have for the parts that few guests ask for. Pure."""

from collections.abc import Iterator
from ipaddress import IPv4Address
from pathlib import PurePosixPath
from typing import TypedDict

from components.errors import Problem
from components.host_facts import HostFacts
from stacks.config import GuestSpec, Lab
from stacks.config.problems import near


class Needs(TypedDict):
    """What guests need of a host beside what all need."""

    tpm: bool
    shares: bool


def needs(lab: Lab) -> Needs:
    """What the lab's guests need there."""
    return {"tpm": any(guest.tpm for guest in lab.guests), "shares": any(guest.shares for guest in lab.guests)}


def question(lab: Lab) -> dict[str, str]:
    """What host/probe.sh is to be asked for these parts: nothing of most labs, since each costs a preview some time."""
    # Whether there is KVM, the host itself will tell.
    types = {"auto": "kvm qemu", "kvm": "kvm", "tcg": "qemu"}[lab.host.accelerator]
    shared = {share.path for guest in lab.guests for share in guest.shares}
    return {
        "CPU_TYPES": types if any(guest.cpu and guest.cpu.model for guest in lab.guests) else "",
        "GUEST_SHARES": "\n".join(sorted(shared)),
    }


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
        yield from _shares(lab, guest, facts)
        yield from _listen(lab, guest, facts)


def _listen(lab: Lab, guest: GuestSpec, facts: HostFacts) -> Iterator[Problem]:
    listen = IPv4Address(guest.console.listen)
    # The lab's own network is made before its guests.
    own = {lab.network.gateway, *(interface.ip for _, interface in facts.addresses)}
    if not (listen.is_loopback or listen.is_unspecified) and listen not in own:
        rule = f"must be an IPv4 address of the host, got {str(listen)!r}"
        yield Problem(f"{guest.path}.console.listen", f"{rule}; see ip address, or write '0.0.0.0' for all of them")


def _shares(lab: Lab, guest: GuestSpec, facts: HostFacts) -> Iterator[Problem]:
    pool = PurePosixPath(lab.pool.path)
    for share in guest.shares:
        where, path = f"{guest.path}.shares.{share.tag}.path", PurePosixPath(share.path)
        if path.is_relative_to(pool) or pool.is_relative_to(path):
            # Root in a guest would write the disks of all.
            rule = f"must be apart from the pool, which is {str(pool)!r}, got {share.path!r}"
            yield Problem(where, f"{rule}; choose another directory, or another pool")
        elif share.path in facts.no_directories:
            rule = f"must be a directory on the host, got {share.path!r}, which is none"
            yield Problem(where, f"{rule}; make it there, a lab neither makes nor deletes it")
