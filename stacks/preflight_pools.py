"""Whether a host has what further pools of a lab need, and disks that stay in theirs. Pure."""

from collections.abc import Iterator

from components.errors import Problem
from components.host_facts import HostFacts, Store
from components.identity import pool_uuid
from stacks.config import FurtherPool, Lab
from stacks.config.problems import meant
from stacks.volumes import Volume, data_file, volumes

MIB = 1024**2
NOWHERE = Store(is_usable=False)


def question(lab: Lab) -> dict[str, str]:
    """What host/probe.sh is to be asked for them: also for those in which disks are no more, which tells moves."""
    pools = [f"{pool.key} {f'group {pool.group}' if pool.group else f'dir {pool.path}'}" for pool in lab.pools]
    return {"GUEST_POOLS": "\n".join(pools)} if pools else {}


def held(facts: HostFacts, pool: str) -> Store:
    """A pool of the lab as it is: a further one, or its own."""
    if pool:
        return facts.stores.get(pool, NOWHERE)
    disks = {file: (size, facts.pool_allocated.get(file, 0)) for file, size in facts.pool_disks.items()}
    return Store(facts.pool_writable, facts.pool_free_kib, facts.pool_total_kib, facts.pool_lab, 0, disks)


def problems(lab: Lab, facts: HostFacts) -> Iterator[Problem]:
    """Everything that keeps further pools from being used."""
    for pool in lab.used_pools:
        if pool.key in facts.stores:
            found = _group(pool, facts) if pool.group else _directory(lab, pool, facts)
            yield from (Problem(pool.where, problem) for problem in found)
    for guest in lab.guests:
        for volume in volumes(lab, guest):
            yield from _volume(volume, held(facts, volume.pool))
        for disk in guest.disks:
            for other in ("", *(pool.key for pool in lab.pools)):
                file = data_file(lab, guest, disk.name, other)
                if not disk.path and other != disk.pool and file in held(facts, other).disks:
                    where = f"{guest.path}.disks.{disk.name}.pool"
                    yield Problem(where, _moved(other, disk.pool))


def _moved(other: str, pool: str) -> str:
    has, asked = (repr(key) if key else "the lab's own" for key in (other, pool))
    todo = f"write pool: {other}" if other else "take it out"
    rule = f"must be the pool that it is in, {has}, got {asked}, where it would be blank"
    return f"{rule}; {todo}, or give the new one another name, copy, and then let the old one go"


def _directory(lab: Lab, pool: FurtherPool, facts: HostFacts) -> Iterator[str]:
    store = facts.stores[pool.key]
    shown = repr(pool.path)
    if not store.is_usable:
        yield f"must be a directory that root can write, got {shown}; choose another"
    if store.lab not in ("", lab.stack):
        yield f"must be this lab's alone, got {shown} of lab {store.lab!r}; choose another"
    if pool.path == lab.pool.path:
        yield f"must be another one than the lab's own pool, got {shown}; choose another"
    for name, other in facts.pools.items():
        if name == pool.name and facts.pool_uuids.get(name, "") != pool_uuid(lab.stack, pool.name):
            yield f"the host has another pool {name!r}, at {other!r}; choose another name, or remove that pool"
        elif name != pool.name and other == pool.path:
            yield f"must be this lab's alone, got {shown} of pool {name!r}; choose another"


def _group(pool: FurtherPool, facts: HostFacts) -> Iterator[str]:
    store = facts.stores[pool.key]
    if not store.is_usable:
        todo = (
            meant(pool.group, facts.volume_groups) if facts.volume_groups else "`vgcreate` makes one, of package lvm2"
        )
        yield f"must be a volume group of the host, got {pool.group!r}; {todo}"


def _volume(volume: Volume, store: Store) -> Iterator[Problem]:
    if volume.file in store.strangers:
        rule = f"the volume group has another volume {volume.file!r}, which is not this lab's"
        yield Problem(volume.path, f"{rule}; rename the guest or the disk, or remove that volume")
    if store.extent and volume.size % store.extent:
        least = -(-volume.size // store.extent) * store.extent
        rule = f"must be a multiple of the volume group's extents of {store.extent // 1024}KiB"
        yield Problem(volume.path, f"{rule}, got {volume.size} bytes; write {-(-least // MIB)}MiB")
