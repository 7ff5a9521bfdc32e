"""What a guest shows of itself, as config has it. Pure."""

import re
from collections.abc import Iterable
from typing import cast

from console.steps import Json

MIB = 1024**2
_WORDS = {
    "memory_mib": "memory",
    "cpu_shares": "part of the CPUs",
    "disk_bytes": "disk",
    "data_disks": "disks",
    "console_password": "console.password",
    "install_files": "install.seed",
    "disk_options": "root disk",
    "max_cpus": "maxCpus",
    "max_memory_mib": "maxMemory",
}
"""Of a Guest's inputs, where config calls it otherwise."""
_DEFAULTS = {
    "autostart": "false",
    "balloon": "virtio",
    "boot": "from disk",
    "console": "vnc",
    "cpu": "default",
    "cpu_shares": "as others",
    "data_disks": "none",
    "description": "none",
    "disk_options": "as QEMU likes",
    "firmware": "bios",
    "install": "none",
    "install_files": "none",
    "machine": "libvirt's choice",
    "max_cpus": "as many as it has",
    "max_memory_mib": "as much as it has",
    "pool": "the lab's own",
    "power": "on",
    "shares": "none",
    "tpm": "false",
    "watchdog": "none",
}
"""Of those that are there where they are another than that."""


def word(key: str) -> str:
    """What config calls one of a Guest's inputs."""
    return _WORDS.get(key, key)


def shown(key: str, inputs: Json) -> str:
    """One of a Guest's inputs."""
    if key not in inputs:
        return _DEFAULTS.get(key, "none")
    value = inputs[key]
    match key, value:
        case (("memory_mib" | "max_memory_mib"), int()):
            return size(value * MIB)
        case "disk_bytes", int():
            return size(value)
        case (("data_disks" | "shares"), list()):
            return ", ".join(map(str, cast("list[object]", value)))
        case (("autostart" | "tpm"), True):
            return "true"
        case _:
            return str(value)


def size(amount: object) -> str:
    """Bytes as config has them; what is no number, as a secret, as it is."""
    if not isinstance(amount, int):
        return str(amount)
    for unit, length in (("TiB", 1024**4), ("GiB", 1024**3), ("MiB", MIB)):
        if amount % length == 0:
            return f"{amount // length}{unit}"
    return f"{amount} bytes"


def cpus(count: object) -> str:
    """How many."""
    return f"{count} CPU" if count == 1 else f"{count} CPUs"


def natural(name: str) -> tuple[tuple[int, int | str], ...]:
    """What names are sorted by: node-10 comes after node-9."""
    parts = re.split(r"([0-9]{1,99})", name)
    return tuple((0, int(part)) if odd % 2 else (1, part) for odd, part in enumerate(parts))


def series(names: Iterable[str]) -> list[tuple[str, ...]]:
    """Names in their order; of three and more in a row by the numbers at their end, the first and the last."""
    runs: list[list[str]] = []
    ends: tuple[str, int] | None = None
    """What the last one of the last run ends with."""
    for name in sorted(names, key=natural):
        found = re.fullmatch(r"(.*?)(0|[1-9][0-9]{0,8})", name, re.DOTALL)
        end = (found[1], int(found[2])) if found else None
        if end and ends and end == (ends[0], ends[1] + 1):
            runs[-1].append(name)
        else:
            runs.append([name])
        ends = end
    return [told for run in runs for told in (((run[0], run[-1]),) if len(run) > 2 else ((name,) for name in run))]
