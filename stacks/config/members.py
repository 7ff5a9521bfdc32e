"""Every guest that a config makes, and the mapping of it that makes each."""

from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import cast

from stacks.config import models
from stacks.config.lab import NODE_ROLES, Console, NodeKey

Maker = tuple[str, str]
"""Where a mapping stands that makes guests, as `("guests", "web")`."""


@dataclass(frozen=True, slots=True)
class Member:
    """A guest to be, with where the config makes it; a number, where it makes several there."""

    name: str
    place: Maker
    number: int | None
    config: models.GuestConfig

    @property
    def console(self) -> Console:
        """The screen: a group's members count up from the first one's port."""
        asked = self.config.console
        if isinstance(asked, str):
            return Console(asked, None)
        port = asked.port and asked.port + (self.number or 1) - 1
        return Console(asked.type, port, str(asked.listen), asked.password)

    @property
    def address(self) -> IPv4Address | None:
        """The fixed address: a group's members count up from the first one's."""
        first = self.config.address
        if first is None or self.number is None:
            return first
        # Past the end of all addresses only where the whole group is refused anyway.
        return IPv4Address(min(int(first) + self.number - 1, 2**32 - 1))


def cluster(config: models.LabConfig) -> models.KubernetesConfig | None:
    """What a lab of kind `kubernetes` says of it, all of which has defaults; elsewhere what is refused there."""
    is_asked = config.kind == "kubernetes" or "kubernetes" in config.model_fields_set
    return config.kubernetes if is_asked else None


def makers(config: models.LabConfig) -> Iterator[tuple[Maker, models.GuestConfig]]:
    """Each mapping that makes guests: single ones first, then groups, in the order of the file, then nodes."""
    for name, guest in config.guests.items():
        yield ("guests", name), guest
    for name, group in config.groups.items():
        yield ("groups", name), group
    for role, nodes in roles(config):
        yield ("kubernetes", role), nodes


def roles(config: models.LabConfig) -> Iterator[tuple[NodeKey, models.NodesConfig]]:
    """The nodes of a cluster, by the keys that make them."""
    if asked := cluster(config):
        yield "controlPlane", asked.control_plane
        yield "worker", asked.worker


def members(config: models.LabConfig) -> Iterator[Member]:
    """Every guest that the config makes, in the order of what makes them."""
    for place, maker in makers(config):
        name = NODE_ROLES.get(cast("NodeKey", place[1]), place[1]) if place[0] == "kubernetes" else place[1]
        if not isinstance(maker, models.GroupConfig):
            yield Member(name, place, None, maker)
            continue
        for number in range(1, maker.count + 1):
            yield Member(f"{name}-{number}", place, number, maker)
