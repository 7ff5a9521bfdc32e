"""Disks, as far as no field can see it alone: keys that go with others, and what two guests would both write to."""

from collections.abc import Iterator

from components.errors import Problem, got, printable, shorten
from stacks.config.members import makers, members
from stacks.config.models import DiskConfig, RootDiskConfig
from stacks.config.naming import misnamed
from stacks.config.problems import meant
from stacks.config.raw import Place, path
from stacks.config.reading import Reading
from stacks.config.scalars import LABEL_MAX, is_name

DIRECT = ("none", "directsync")
"""Caches that pass over the host's memory."""


def disk_problems(reading: Reading) -> Iterator[Problem]:
    """Every disk that cannot be as it is asked for."""
    for maker, guest in makers(reading.lab):
        if isinstance(guest.disk, RootDiskConfig):
            yield from _handling((*maker, "disk"), guest.disk)
        for disk, config in guest.disks.items():
            place = (*maker, "disks", disk)
            yield from _handling(place, config)
            yield from _keys(place, config)
    yield from _in_two_guests(reading)
    yield from _pools(reading)


def _pools(reading: Reading) -> Iterator[Problem]:
    """Pools with a place and a name of their own, and those that guests name."""
    seen = {reading.lab.pool.path: "lab.pool.path"} if reading.lab.pool.path else {}
    for name, pool in reading.lab.pools.items():
        if problem := misnamed(name, reading.lab.pools):
            yield Problem(path(("pools", name)), problem)
        elif len(name) > LABEL_MAX:
            yield Problem(path(("pools", name)), f"must be at most {LABEL_MAX} characters, got {len(name)}; shorten it")
        where = path(("pools", name, "path" if pool.path else "volumeGroup"))
        place = pool.path or f"\0{pool.volume_group}"
        if place in seen:
            value = got(pool.path or pool.volume_group)
            yield Problem(where, f"must be this pool's alone, got {value}, which is {seen[place]} too; take one out")
        seen.setdefault(place, where)
    for maker, guest in makers(reading.lab):
        disks = {("disks", disk): config.pool for disk, config in guest.disks.items()}
        for place, pool in {(): guest.pool, **disks}.items():
            where = (*maker, *place, "pool")
            # One whose place is wrong is told there, and is none that a guest names by mistake.
            if pool and pool not in reading.lab.pools and reading.has(*where) and reading.has("pools", pool):
                todo = meant(pool, filter(is_name, reading.lab.pools))
                yield Problem(path(where), f"must be a name of lab.pools, got {got(pool)}; {todo}")


def _handling(place: Place, disk: RootDiskConfig | DiskConfig) -> Iterator[Problem]:
    cache = disk.cache or ("none" if isinstance(disk, DiskConfig) and disk.shared else None)
    if disk.io == "native" and cache not in DIRECT:
        rule = "'native' must go with cache 'none' or 'directsync'"
        yield Problem(path((*place, "io")), f"{rule}, got {got(cache) if cache else 'no cache'}; write cache: none")


def _keys(place: Place, disk: DiskConfig) -> Iterator[Problem]:
    # By what is set: an explicit default beside the other source is a slip, too.
    if disk.path is None:
        for key, is_set in (("shared", disk.shared), ("readOnly", disk.read_only)):
            if is_set:
                yield Problem(
                    path((*place, key)), "must go with path, got a new disk, which is one guest's; take it out"
                )
    else:
        if disk.pool is not None:
            yield Problem(path((*place, "pool")), "must go with size, got what has its place already; take it out")
        if "protect" in disk.model_fields_set:
            yield Problem(path((*place, "protect")), "must go with size, got what is never deleted anyway; take it out")
    if disk.shared and not disk.read_only and disk.cache and disk.cache not in DIRECT:
        rule = "must be 'none' or 'directsync' of a shared disk, since another guest's writes are not seen otherwise"
        yield Problem(path((*place, "cache")), f"{rule}, got {got(disk.cache)}; take it out")


def _in_two_guests(reading: Reading) -> Iterator[Problem]:
    """By the same path; what two paths lead to, only the host can tell."""
    users: dict[tuple[str | None, str], list[tuple[Place, str, DiskConfig]]] = {}
    for member in members(reading.lab):
        for disk, config in member.config.disks.items():
            place = (*member.place, "disks", disk)
            if config.path and reading.has(*place):
                users.setdefault((member.config.host, config.path), []).append((place, member.name, config))
    told: set[Place] = set()
    for each in users.values():
        alone = [user for user in each if not user[2].shared] if len(each) > 1 else []
        for user in alone[1:] or alone:
            place, _, config = user
            if place not in told:
                # A group is one line in the config: its first member that is at fault is enough.
                told.add(place)
                who = printable(shorten(next(other for other in each if other is not user)[1]))
                rule = f"must be one guest's alone, or shared: true in each, {who} has it too"
                yield Problem(path((*place, "path")), f"{rule}, got {got(config.path)}; give it to one")
