"""What pictures of a lab say in words and show in colours, whoever draws them. Pure."""

from collections import Counter
from collections.abc import Sequence

from console.cards import Card
from console.topology import LOCAL, Host, Kind, Mark, Topology

COLOURS = {
    Mark.DESTROYED: "#a40e26",
    Mark.LOST: "#8e3a9d",
    Mark.REPLACED: "#6e5494",
    Mark.REMADE: "#1f6f7a",
    Mark.RESTARTED: "#8a5a00",
    Mark.PENDING: "#57606a",
    Mark.LIVE: "#0860ca",
    Mark.CREATED: "#1a7f37",
}
"""Behind white text, on light ground and on dark; what is unchanged has none."""
MEANING = {
    Mark.DESTROYED: "a guest with its root disk",
    Mark.LOST: "what is on its root disk is lost",
    Mark.REPLACED: "its root disk, which nobody has written to, is made anew",
    Mark.REMADE: "another network by the same name",
    Mark.RESTARTED: "keeps its disks",
    Mark.PENDING: "runs on as it is until somebody restarts it",
    Mark.LIVE: "runs on",
    Mark.CREATED: "is not there yet",
}
"""For those who do not see colours, or do not know libvirt."""
DASHED = (Mark.DESTROYED, Mark.PENDING)
"""Have such a frame."""
LONGEST = 200
"""Characters of a text; a name has 63 at most, and a path may have thousands."""


def printable(text: str) -> str:
    """Without what has no shape, or turns its neighbours around; and not longer than can be shown."""
    shown = "".join(each if each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in text[: LONGEST + 1])
    return shown if len(shown) <= LONGEST else f"{shown[: LONGEST - 1]}…"


def marks(topology: Topology, cards: Sequence[Card]) -> list[Mark]:
    """What happens to any part, but for nothing."""
    found = {card.mark for card in cards} | {rail.mark for rail in topology.rails}
    found |= {mark for guest in topology.guests for _, mark in guest.disks}
    found |= {host.mark for host in topology.hosts if is_empty(host, topology)}
    return [mark for mark in MEANING if mark in found]


def is_empty(host: Host, topology: Topology) -> bool:
    """Whether the lab has nothing on it: then the host is all that there is to show."""
    names = [*(rail.key.host for rail in topology.rails), *(guest.host for guest in topology.guests)]
    return host.name not in names


def title(topology: Topology) -> str:
    """What is shown."""
    return f"Lab {printable(topology.stack)}"


def summary(topology: Topology) -> str:
    """All of it in a sentence."""
    counts = Counter(guest.mark for guest in topology.guests)
    told = (f"{counts[mark]} {mark}" for mark in Mark if counts[mark])
    kinds = Counter(rail.key.kind for rail in topology.rails)
    parts = (
        _counted(len(topology.hosts), "host"),
        *(_counted(kinds[kind], "shared disk" if kind == Kind.DISK else kind) for kind in Kind),
        _counted(len(topology.guests), "guest"),
        *told,
    )
    return "; ".join(part for part in parts if part) or "nothing"


def machine(host: Host) -> str:
    """A host by name."""
    return f"host {printable(host.name)}" if host.name != LOCAL else "host local: the machine that runs Pulumi"


def _counted(count: int, what: str) -> str:
    """Nothing where there is none."""
    return f"{count} {what}{'' if count == 1 else 's'}" if count else ""
