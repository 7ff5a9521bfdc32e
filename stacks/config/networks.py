"""A lab's networks among each other: names that result, and what two of them cannot share."""

from collections.abc import Iterator

from components.errors import Problem, got
from stacks.config.lab import Network, Segment
from stacks.config.models import FurtherNetworkConfig
from stacks.config.naming import misnamed
from stacks.config.raw import path
from stacks.config.reading import Reading
from stacks.config.resolving import further_network, resolve_network
from stacks.config.scalars import LABEL_MAX

_SERVED = ("dhcp", "domain", "ipv6")
"""What a network without addresses has no use for."""


def network_problems(reading: Reading, stack: str) -> Iterator[Problem]:
    """Every network that cannot be beside the others."""
    for name, network in reading.lab.networks.items():
        place = ("networks", name)
        whole = f"{stack}-{name}"
        if problem := misnamed(name, reading.lab.networks):
            yield Problem(path(place), problem)
        elif (excess := len(whole) - LABEL_MAX) > 0:
            rule = f"must make a name of at most {LABEL_MAX} characters"
            yield Problem(path(place), f"{rule}, got {got(whole)} of {len(whole)}; shorten it by {excess}")
        if reading.has(*place, "cidr") and network.cidr is None:
            yield from _without_addresses(reading, name, network)
    yield from _shared(reading, stack)


def _without_addresses(reading: Reading, name: str, network: FurtherNetworkConfig) -> Iterator[Problem]:
    if reading.has("networks", name, "mode") and network.mode != "isolated":
        rule = f"must be given with mode '{network.mode}', got none"
        yield Problem(path(("networks", name, "cidr")), f"{rule}; give one, or write mode: isolated")
        return
    for key in sorted(network.model_fields_set & {*_SERVED}):
        if getattr(network, key) is not None:
            yield Problem(path(("networks", name, key)), "must go with a cidr, got none; give one, or take it out")


def networks(reading: Reading, stack: str) -> list[Network | Segment]:
    """Those whose cidr and bridge could be read, the lab's own first."""
    own = [resolve_network(reading.lab.network, stack)] if _is_read(reading, "network") else []
    further = reading.lab.networks.items()
    return [*own, *(further_network(key, net, stack) for key, net in further if _is_read(reading, "networks", key))]


def _is_read(reading: Reading, *place: str) -> bool:
    return all(reading.has(*place, key) for key in ("cidr", "bridge"))


def _shared(reading: Reading, stack: str) -> Iterator[Problem]:
    known = networks(reading, stack)
    for number, network in enumerate(known):
        for other in known[:number]:
            if network.bridge == other.bridge:
                rule = f"must be one network's alone, {other.path} has it, got '{network.bridge}'"
                yield Problem(f"{network.path}.bridge", f"{rule}; choose another")
            if isinstance(network, Segment) or isinstance(other, Segment):
                continue
            if network.cidr.overlaps(other.cidr):
                rule = f"must not overlap with that of another network, got '{network.cidr}' beside '{other.cidr}'"
                yield Problem(f"{network.path}.cidr", f"{rule} of {other.path}; choose another")
            if network.ipv6 and network.ipv6 == other.ipv6:
                rule = f"must be one network's alone, {other.path} has it, got '{network.ipv6}'"
                yield Problem(f"{network.path}.ipv6", f"{rule}; choose another")
