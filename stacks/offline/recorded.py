"""What hosts have told, kept in files for previews that can ask none. Pure.

A file is what host/probe.sh printed, without what a repository should not have: names of what is not the lab's, and
addresses. Of those only the networks are there, if they are private, since a lab's must not be among them.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import date
from ipaddress import ip_interface
from pathlib import Path
from typing import NamedTuple

from components.host_facts import HostFacts, parse
from stacks.config import Lab
from stacks.offline.words import OfflineError

FACTS = Path(__file__).parents[1] / "facts"
"""Where they are kept, by stack, then by host."""
VERSION = "1"
_HEAD = "kvmlab_facts"
_KEPT = (
    *("cpu_flag", "cpus", "memory_kib", "kvm_device", "root", "package_manager", "os_name", "lacks", "cpu_model"),
    *("pool_parent", "pool_writable", "pool_total_kib", "pool_free_kib", "pool_lab", "pool_blocks"),
    *("link", "kept_bridge", "file", "base", "firmware", "esp", "no_spice", "no_directory", "volume_group"),
    *("store", "store_disk", "source"),
)
"""Rows that are kept as they are."""


class Recorded(NamedTuple):
    """A host as it was."""

    day: str
    facts: HostFacts


def file_name(host: str) -> str:
    """Where its facts are kept, below the stack's directory."""
    return f"{re.sub(r'[^A-Za-z0-9.@_-]', '.', host)}.txt"


def record(answer: str, lab: Lab, architecture: str, day: date) -> str:
    """The file for a host's answer.

    Args:
        answer: what host/probe.sh printed there.
        lab: the lab's part on the host, for which it was asked.
        architecture: as `uname -m` calls it.
        day: today.
    """
    head = [(_HEAD, VERSION), ("host", lab.host.address), ("stack", lab.stack), ("architecture", architecture)]
    rows = sorted(set(_rows(answer, lab)))
    # Blanks within a row mean something, also at its end.
    lines = [" ".join(row) for row in [*head, ("recorded", day.isoformat()), *rows, ("end", str(len(rows)))]]
    return "\n".join([*lines, ""])


def read(text: str, where: str, lab: Lab, architecture: str) -> Recorded:
    """What a file tells.

    Args:
        text: what is in it.
        where: how messages call it.
        lab: the lab's part on the host.
        architecture: of the machine that previews, by which images are chosen.

    Raises:
        OfflineError: it is damaged, or of something else.
    """
    lines = text.splitlines()
    told = {key: value for key, _, value in (line.partition(" ") for line in lines)}
    again = f"run `make record-facts STACK={lab.stack}` where the host can be reached"
    if _HEAD not in told:
        raise OfflineError(f"{where}: must begin with {_HEAD!r}, got something else; {again}")
    if told[_HEAD] != VERSION:
        raise OfflineError(f"{where}: must be of version {VERSION}, got {told[_HEAD]!r}; {again}")
    expected = (("host", lab.host.address), ("stack", lab.stack), ("architecture", architecture))
    for key, value in expected:
        if told.get(key) != value:
            raise OfflineError(f"{where}: must be of {key} {value!r}, got {told.get(key, '')!r}; {again}")
    rows = [line for line in lines if line.partition(" ")[0] not in (_HEAD, "end", "recorded", *dict(expected))]
    if told.get("end") != str(len(rows)) or not re.fullmatch(r"\d{4}-\d\d-\d\d", told.get("recorded", "")):
        raise OfflineError(f"{where}: must be whole, got a part; {again}")
    try:
        return Recorded(told["recorded"], parse("\n".join(rows)))
    except (ValueError, IndexError):
        raise OfflineError(f"{where}: must be as it was recorded, got rows that are none; {again}") from None


def _rows(answer: str, lab: Lab) -> Iterator[tuple[str, str]]:
    others: dict[str, str] = {}
    networks = {network.name for network in (lab.network, *lab.networks)}
    pools = {lab.pool.name, *(pool.name for pool in lab.pools)}
    listened = {guest.console.listen for guest in lab.guests}
    bridges = {line.rpartition(" ")[2] for line in answer.splitlines() if line.startswith("bridge ")}

    def named(name: str, own: bool) -> str:
        return name if own else others.setdefault(name, f"other-{len(others) + 1}")

    for line in answer.splitlines():
        key, _, value = line.partition(" ")
        words = value.split(" ")
        match key:
            case _ if key in _KEPT:
                yield key, value
            case "libvirt":
                yield key, words[0]
            case "address" | "address6" if ip_interface(words[1]).is_private and words[0] not in bridges:
                # A host's own address is of use only where a screen is to be there.
                interface = ip_interface(words[1])
                yield key, f"{words[0]} {interface if str(interface.ip) in listened else interface.network}"
            case "domain" if words[0].startswith(f"{lab.stack}-"):
                yield key, value
            case "running":
                name = " ".join(words[2:])
                yield key, f"{words[0]} {words[1]} {named(name, name.startswith(f'{lab.stack}-'))}"
            case "network" | "network6" | "bridge":
                name = " ".join(words[:-1])
                # An interface of that name is a bridge that is known.
                yield key, f"{named(name, name in networks)} {words[-1]}"
            case "network_uuid" if " ".join(words[:-1]) in networks:
                yield key, value
            case "reservation" if " ".join(words[:-2]) in networks:
                yield key, value
            case "pool" | "pool_uuid":
                name, path = _pool(key, words)
                if name in pools or path in {lab.pool.path, *(pool.path for pool in lab.pools)}:
                    yield key, f"{named(name, name in pools)} {path}"
            case "used" | "claimed":
                yield key, f"{words[0]} in use"
            case "holder":
                name = " ".join(words[3:])
                yield key, " ".join([*words[:3], named(name, name.startswith(f"{lab.stack}-"))])
            case "store_stranger":
                yield key, value
            case _:
                pass


def _pool(key: str, words: Sequence[str]) -> tuple[str, str]:
    text = " ".join(words)
    if key == "pool_uuid":
        return " ".join(words[:-1]), words[-1]
    name, _, path = text.partition(" /")
    return name, f"/{path}"
