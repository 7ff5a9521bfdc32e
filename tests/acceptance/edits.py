"""Edits of a guest, what a preview says of each, and what then happens to it, as libvirt and the files tell."""

from pathlib import Path
from typing import Any, NamedTuple

from components.effects import Effect
from tests.e2e.lab import Lab, run

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f me@home"

EDITS: dict[str, tuple[Any, Effect]] = {
    "cpus": (2, Effect.RESTART),
    "memory": ("160MiB", Effect.RESTART),
    "maxCpus": (4, Effect.RESTART),
    "maxMemory": ("256MiB", Effect.RESTART),
    "allowRestart": (False, Effect.LIVE),
    "disk": ("512MiB", Effect.LIVE),
    "disks": ({"data": {"size": "256MiB", "protect": False}}, Effect.LIVE),
    "machine": ("q35", Effect.RESTART),
    "console": ({"type": "vnc", "port": 6050}, Effect.RESTART),
    "power": ("off", Effect.RESTART),
    "cpu": ({"model": "maximum", "topology": {"cores": 1}}, Effect.RESTART),
    "balloon": ("none", Effect.RESTART),
    "watchdog": ({"action": "pause"}, Effect.RESTART),
    "description": ("the lab's door", Effect.LIVE),
    "shares": ({"doc": {"path": "/usr/share/doc"}}, Effect.RESTART),
    "autostart": (True, Effect.LIVE),
    "address": ("10.20.82.9", Effect.RESTART),
    "layers": (["console"], Effect.RESTART),
    "userData": ({"timezone": "UTC"}, Effect.RESTART),
    "authorizedKeys": ([KEY], Effect.RESTART),
    "onCloudInitChange": ("replace", Effect.REPLACE),
    "readyTimeout": ("5m", Effect.LIVE),
    "shutdownTimeout": ("1s", Effect.LIVE),
}
"""By key of a guest: another value than its default, and what that does to a guest that runs."""


class Seen(NamedTuple):
    """A guest as it is."""

    disk: int
    """Its root disk's inode."""
    process: str
    """QEMU's, which is another one after each start."""
    definition: str
    """What libvirt would start next."""


def seen(domain: str, pool: Path) -> Seen:
    """Look at it."""
    xml = run("virsh", "dumpxml", "--inactive", domain)
    assert xml.returncode == 0, xml.stdout
    process = run("pgrep", "-f", f"guest={domain},").stdout.strip()
    return Seen((pool / f"{domain}.qcow2").stat().st_ino, process, xml.stdout)


def happened(before: Seen, after: Seen) -> Effect:
    """What was done to it in between, as far as libvirt tells."""
    if before.disk != after.disk:
        return Effect.REPLACE
    if before.process != after.process:
        return Effect.RESTART
    return Effect.NOTHING if before == after else Effect.LIVE


def agree(said: Effect, done: Effect) -> bool:
    """Whether a preview was true: what is live may show in nothing that libvirt defines, as a longer wait does not.

    What is pending is defined and no more.
    """
    return said == done or (said, done) in ((Effect.LIVE, Effect.NOTHING), (Effect.PENDING, Effect.LIVE))


def predicted(lab: Lab) -> dict[str, Effect]:
    """What `make preview` says of each guest that is and stays: the most that any of its lines says."""
    done = run("make", "preview", f"STACK={lab.stack}")
    assert done.returncode == 0, done.stdout
    told: dict[str, Effect] = {}
    for line in done.stdout.splitlines():
        kind, _, rest = line.partition(" ")
        if kind in ("Guest", "DataDisk") and line.endswith(")"):
            guest = rest.partition(":")[0].partition(".")[0]
            effect = Effect(rest.rpartition("(")[2].removesuffix(")"))
            told[guest] = max(told.get(guest, Effect.NOTHING), effect, key=list(Effect).index)
    return told
