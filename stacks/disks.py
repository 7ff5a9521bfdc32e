"""Data disks that are no plain volume: how they are gone about, and what of the host's own is given to guests. Pure."""

from collections.abc import Iterator
from itertools import chain

from components.domain_disks import USUAL, DataVolume
from components.errors import Problem
from components.host_facts import DiskSource, HostFacts
from stacks import images
from stacks.config import DataDisk, GuestSpec, Lab
from stacks.config.lab import VOLUME
from stacks.volumes import data_file, further_pool

MISSING = DiskSource("missing")


def unusual(lab: Lab, guest: GuestSpec, facts: HostFacts) -> dict[str, DataVolume]:
    """A guest's data disks that are not plain, by name."""
    found: dict[str, DataVolume] = {}
    for disk in guest.disks:
        if disk.path:
            source = facts.sources.get(disk.path, MISSING)
            found[disk.name] = DataVolume(
                disk.name,
                disk.path,
                _format(source, _domain(lab, guest)),
                source.kind == "block",
                disk.options,
                disk.shared,
                disk.read_only,
            )
        elif disk.options != USUAL or disk.pool:
            pool = further_pool(lab, disk.pool)
            is_block = bool(pool and pool.group)
            path = f"{(pool or lab.pool).path}/{data_file(lab, guest, disk.name, disk.pool)}"
            kind = "raw" if is_block else "qcow2"
            found[disk.name] = DataVolume(disk.name, path, kind, is_block=is_block, options=disk.options)
    return found


def question(lab: Lab) -> dict[str, str]:
    """What host/probe.sh is to be asked for these; nothing for a lab that has none."""
    paths = sorted({disk.path for guest in lab.guests for disk in guest.disks if disk.path})
    return {"GUEST_PATHS": "\n".join(paths)} if paths else {}


def problems(lab: Lab, facts: HostFacts) -> Iterator[Problem]:
    """What keeps files and block devices of the host from being guests' disks."""
    seen: dict[str, tuple[str, DataDisk]] = {}
    for guest in lab.guests:
        for disk in guest.disks:
            if not disk.path or disk.path not in facts.sources:
                continue
            source = facts.sources[disk.path]
            where = f"{guest.path}.disks.{disk.name}.path"
            if images.is_bundled(lab, guest) and disk.name == VOLUME:
                where = "lab.kubernetes.bundle"
            found = chain(_fit(lab, guest, disk, source), _held(lab, guest, disk, source))
            if (problem := next(found, None)) is None and source.identity in seen:
                problem = _same(disk, *seen[source.identity])
            if problem:
                yield Problem(where, problem)
            seen.setdefault(source.identity, (guest.name, disk))


def _fit(lab: Lab, guest: GuestSpec, disk: DataDisk, source: DiskSource) -> Iterator[str]:
    """Whether it is a disk at all, and in nobody's use."""
    shown = repr(disk.path)
    if source.kind == "missing":
        todo = "`lsblk -o PATH,SIZE,MODEL` and `ls /dev/disk/by-id` list disks"
        yield f"must be on the host, got {shown}, which is not; {todo}"
    if source.kind == "other":
        yield f"must be a file or a block device, got {shown}, which is neither"
    if any(disk.path.startswith(f"{pool.path}/") for pool in (lab.pool, *lab.pools)):
        yield f"must be outside the lab's pools, of which the lab disposes, got {shown}; move it"
    if source.used:
        yield f"must be in nobody's use, got {shown}, {source.used}; put an end to that, or choose another"
    if source.claimed and not any(holder.domain == _domain(lab, guest) for holder in source.holders):
        yield f"must be in nobody's use, got {shown}, {source.claimed}; take it out there, or choose another"
    if not source.is_reached:
        rule = "must be where QEMU's user gets to"
        yield f"{rule}, got {shown}; let it through the directories above (setfacl -m u:USER:x), or move it"
    if _format(source, _domain(lab, guest)) not in ("raw", "qcow2"):
        yield _content(disk, source)
    if disk.shared and not disk.read_only and _format(source, _domain(lab, guest)) == "qcow2":
        rule = "must be raw to be shared, got qcow2, which two guests would spoil"
        yield f"{rule}; write readOnly: true in each, or convert it"


def _content(disk: DataDisk, source: DiskSource) -> str:
    if source.format == "elsewhere":
        return f"must be a whole disk by itself, got {disk.path!r}, which names another file; convert it to one"
    return f"must be qcow2 or raw, got {source.format} in {disk.path!r}; make a copy with qemu-img convert -O qcow2"


def _held(lab: Lab, guest: GuestSpec, disk: DataDisk, source: DiskSource) -> Iterator[str]:
    """Whether another domain has it now, of this lab or another: edits of two guests come in no order."""
    for holder in source.holders:
        if holder.domain != _domain(lab, guest) and not (holder.is_shared and disk.shared):
            rule = f"must be one guest's alone, got {disk.path!r}, which domain {holder.domain!r} has now"
            yield f"{rule}; take it out there, or share it there, run `make up`, and then write it here"


def _same(disk: DataDisk, other_guest: str, other: DataDisk) -> str | None:
    """Whether it is what another path has led to already."""
    if disk.shared and other.shared:
        return None
    rule = "must be one guest's alone, or shared: true in each"
    return f"{rule}, got {disk.path!r}, which is {other_guest}'s {other.path!r}; give it to one"


def _format(source: DiskSource, domain: str) -> str:
    """As the guest has it already, so that nothing that it writes makes another format of it; else by content."""
    return next((holder.format for holder in source.holders if holder.domain == domain), source.format)


def _domain(lab: Lab, guest: GuestSpec) -> str:
    return f"{lab.stack}-{guest.name}"
