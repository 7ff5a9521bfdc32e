"""What somebody has done by hand to a lab on its host: told in words, and mended where that loses nothing."""

from collections.abc import Container, Iterable, Iterator

import pulumi

from components.drift import Finding, findings, wanted
from components.host_facts import HostFacts
from stacks.config import DataDisk, GuestSpec, Lab
from stacks.preflight_pools import held
from stacks.volumes import data_file, further_pool, root_file


def tell(what: str, found: Iterable[Finding]) -> bool:
    """Warn of it; whether something of it is to be mended."""
    listed = list(found)
    for finding in listed:
        pulumi.warn(f"{what}: {finding.text}")
    return any(finding.is_mended for finding in listed)


def of_service(kind: str, name: str, defined: Container[str], facts: HostFacts) -> Iterator[Finding]:
    """Of the lab's pool or network.

    Args:
        kind: `pool` or `network`.
        name: its name in libvirt.
        defined: what libvirt has of its kind.
        facts: the host.
    """
    if name in defined and f"{kind} {name}" not in facts.active:
        yield Finding("is stopped, and is started", is_mended=True)
    elif name not in defined and facts.births:
        yield Finding("is gone, and is made anew", is_mended=True)


def of_guest(lab: Lab, guest: GuestSpec, facts: HostFacts, definition: str) -> Iterator[Finding]:
    """Of a guest.

    Args:
        lab: its part of the lab.
        guest: the guest.
        facts: its host, with guests as they are.
        definition: its domain's, as config has it.
    """
    domain = f"{lab.stack}-{guest.name}"
    state = facts.states.get(domain)
    if state is None:
        if domain in facts.births:
            yield Finding("its domain is gone, and is defined with the disks that are there", is_mended=True)
        return
    if root_file(lab, guest) not in held(facts, guest.pool).disks:
        if state.is_off:
            yield Finding("its root disk is gone, and a new one is made of its image", is_mended=True)
        else:
            todo = "save what is on it from inside; it lasts until the guest stops"
            yield Finding(f"its root disk has been deleted while it runs: {todo}", is_mended=False)
            return
    yield from findings(domain, state, wanted(definition), autostart=guest.autostart, is_on=guest.power == "on")


def of_disk(lab: Lab, guest: GuestSpec, disk: DataDisk, facts: HostFacts) -> Iterator[Finding]:
    """Of a data disk of the lab's own."""
    state = facts.states.get(f"{lab.stack}-{guest.name}")
    file = data_file(lab, guest, disk.name, disk.pool)
    if state is None or file in held(facts, disk.pool).disks:
        return
    if state.is_off:
        yield Finding("is gone, and a blank one is made", is_mended=True)
    elif f"{(further_pool(lab, disk.pool) or lab.pool).path}/{file}" in state.live.disks:
        todo = "save what is on it from inside; it lasts until the guest stops"
        yield Finding(f"has been deleted while its guest runs: {todo}", is_mended=False)
