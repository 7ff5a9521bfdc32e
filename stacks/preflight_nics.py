"""Whether a host has the bridges and interfaces that guests' further NICs are to be on. Pure."""

from collections.abc import Iterator

from components.errors import Problem
from components.host_facts import HostFacts
from stacks.config import Lab, Nic


def question(lab: Lab) -> dict[str, str]:
    """What host/probe.sh is to be asked for them."""
    return {"INTERFACES": " ".join(sorted({nic.source for _, nic in _nics(lab)}))}


def problems(lab: Lab, facts: HostFacts) -> Iterator[Problem]:
    """What keeps this host from carrying them: what is the same in all members of a group is told once."""
    yield from dict.fromkeys(problem for path, nic in _nics(lab) for problem in _one(path, nic, facts))


def _nics(lab: Lab) -> Iterator[tuple[str, Nic]]:
    """Those on what is the host's own, and where config tells of each."""
    for guest in lab.guests:
        for nic in guest.nics:
            if nic.kind != "network":
                yield f"{guest.path}.nics.{nic.name}", nic


def _one(path: str, nic: Nic, facts: HostFacts) -> Iterator[Problem]:
    link = facts.links.get(nic.source)
    is_bridge = nic.kind == "bridge"
    rule = f"must be {'a bridge' if is_bridge else 'an interface'} of the host's, got {nic.source!r}"
    if link is None:
        todo = "a lab of kind 'host' makes one" if is_bridge else "`ip link` lists them"
        yield Problem(f"{path}.{nic.kind}", f"{rule}, which is not there; {todo}")
    elif is_bridge and link.kind != "bridge":
        yield Problem(f"{path}.bridge", f"{rule}, which is none; write direct: {nic.source}, or name a bridge")
    elif not is_bridge and link.master:
        rule = f"must be an interface that no bridge has, got {nic.source!r} of {link.master!r}"
        yield Problem(f"{path}.direct", f"{rule}; write bridge: {link.master}")
    elif nic.mtu and nic.mtu > link.mtu:
        rule = f"must be at most the {link.mtu} of the host's {nic.source!r}, got {nic.mtu}"
        yield Problem(f"{path}.mtu", f"{rule}; raise that first, or take it out")
