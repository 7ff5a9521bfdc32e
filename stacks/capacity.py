"""What a lab's guests ask for together, and what their hosts have: memory, CPUs, and room for disks. Pure."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from components.amounts import about, in_bytes
from components.host_facts import HostFacts, Running
from components.identity import owner
from stacks.config import FurtherPool, Lab
from stacks.preflight_pools import held
from stacks.volumes import Volume, volumes

_KIB = 1024


@dataclass(frozen=True)
class Resource:
    """What the guests of a host share; memory and room in bytes."""

    name: str
    """`memory`, `cpus`, or `pool`."""
    promised: Mapping[str, int]
    """What config promises to guests, by where it does; a group's members together."""
    allocated: int
    """What they have of it now."""
    others: int
    """What has been taken by what is not this lab's: of memory and CPUs, by guests that run."""
    total: int
    limit: int | None
    """The most that config lets all promises be together; None is no limit."""
    policy: str
    """Why: as `lab.host.overcommit` has it."""

    @property
    def sum(self) -> int:
        """All that is promised."""
        return sum(self.promised.values())

    @property
    def shown(self) -> str:
        """Its name as people have it."""
        return "CPUs" if self.name == "cpus" else self.name

    def show(self, *amounts: int) -> list[str]:
        """Amounts of it for people, as exactly as it takes to tell them from each other."""
        for way in (str,) if self.name == "cpus" else (about, _in_mib, in_bytes):
            texts = [way(amount) for amount in amounts]
            if len({*texts}) == len({*amounts}):
                return texts
        raise AssertionError  # each way ends with one that tells all


@dataclass(frozen=True)
class Room(Resource):
    """Of a pool: disks are thin, so that what they are promised is taken when they write it."""

    key: str
    """Where config tells of the pool."""
    path: str
    free: int
    new: Mapping[str, int]
    """What is promised to disks that are not there yet."""
    growth: int
    """What all disks together have been promised and have not taken yet."""
    is_usable: bool
    """Whether it is there, or can be made."""
    is_thin: bool
    """Whether disks may be promised more than there is."""


def memory(lab: Lab, facts: HostFacts) -> Resource:
    """The host's RAM."""
    own, others = _running(lab, facts)
    percent, total = lab.host.overcommit.memory, facts.memory_kib * _KIB
    return Resource(
        name="memory",
        promised=_by_path((guest.path, guest.memory) for guest in lab.guests if guest.power == "on"),
        allocated=sum(guest.memory_kib for guest in own) * _KIB,
        others=sum(guest.memory_kib for guest in others) * _KIB,
        total=total,
        limit=total * percent // 100,
        policy=f"{percent}%",
    )


def cpus(lab: Lab, facts: HostFacts) -> Resource:
    """The host's CPUs, as its kernel counts them."""
    own, others = _running(lab, facts)
    percent = lab.host.overcommit.cpus
    return Resource(
        name="cpus",
        promised=_by_path((guest.path, guest.cpus) for guest in lab.guests if guest.power == "on"),
        allocated=sum(guest.cpus for guest in own),
        others=sum(guest.cpus for guest in others),
        total=facts.cpus,
        limit=None if percent is None else facts.cpus * percent // 100,
        policy="" if percent is None else f"{percent}%",
    )


def rooms(lab: Lab, facts: HostFacts) -> list[Room]:
    """Each pool of the lab."""
    disks = [(guest.path, volume) for guest in lab.guests for volume in volumes(lab, guest)]
    return [_room(lab, facts, pool, disks) for pool in (None, *lab.used_pools)]


def _room(lab: Lab, facts: HostFacts, pool: FurtherPool | None, all_disks: Sequence[tuple[str, Volume]]) -> Room:
    store = held(facts, pool.key if pool else "")
    disks = [(path, volume) for path, volume in all_disks if volume.pool == (pool.key if pool else "")]
    new = _by_path((path, volume.size) for path, volume in disks if volume.file not in store.disks)
    if pool and pool.group:
        # A plain volume takes all of its size at once, and so it does when it grows.
        new = _by_path((path, max(0, volume.size - store.disks.get(volume.file, (0, 0))[0])) for path, volume in disks)
    promised = _by_path((path, volume.size) for path, volume in disks)
    allocated = {volume.file: store.disks.get(volume.file, (0, 0))[1] for _, volume in disks}
    taken, policy = sum(allocated.values()), "promised" if pool and pool.group else lab.host.overcommit.disk
    free, total = store.free_kib * _KIB, store.total_kib * _KIB
    return Room(
        name="pool" if pool is None else f"pool {pool.key}",
        promised=promised,
        allocated=taken,
        others=max(0, total - free - taken),
        total=total,
        # Promises that have been made stand.
        limit=None if policy == "thin" else promised.total() - new.total() + free,
        policy=policy,
        key=pool.where if pool else "lab.pool.path",
        path=pool.group or pool.path if pool else lab.pool.path,
        free=free,
        new=new,
        growth=sum(max(0, volume.size - allocated[volume.file]) for _, volume in disks),
        is_usable=store.is_usable,
        is_thin=not (pool and pool.group),
    )


def table(placed: Sequence[tuple[Lab, HostFacts]]) -> list[str]:
    """All of it for people, a line for each resource of each host; nothing where there are no guests."""
    rows = [_row(part, each) for part, facts in placed if part.guests for each in _all(part, facts)]
    if not rows:
        return []
    rows.insert(0, ("capacity", "promised", "allocated", "others", "free", "total", "limit"))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(map(str.ljust, row, widths)).rstrip() for row in rows]


def _all(lab: Lab, facts: HostFacts) -> list[Resource]:
    return [memory(lab, facts), cpus(lab, facts), *rooms(lab, facts)]


def _row(lab: Lab, resource: Resource) -> tuple[str, ...]:
    show = str if resource.name == "cpus" else about
    limit = "none" if resource.limit is None else show(resource.limit)
    return (
        f"{lab.host.name} {resource.shown}".lstrip(),
        show(resource.sum),
        show(resource.allocated),
        show(resource.others),
        show(resource.free) if isinstance(resource, Room) else "",
        show(resource.total),
        f"{limit} ({resource.policy})" if resource.policy else limit,
    )


def _by_path(amounts: Iterable[tuple[str, int]]) -> Counter[str]:
    found = Counter[str]()
    for path, amount in amounts:
        found[path] += amount
    return found


def _running(lab: Lab, facts: HostFacts) -> tuple[list[Running], list[Running]]:
    """The guests that run on a host: the lab's own, and all others."""
    ours = {name for name, whose in facts.domains.items() if whose == owner(lab.stack)}
    running = facts.running.items()
    return [guest for name, guest in running if name in ours], [guest for name, guest in running if name not in ours]


def _in_mib(amount: int) -> str:
    return f"{amount / 1024**2:.1f}".removesuffix(".0") + "MiB"
