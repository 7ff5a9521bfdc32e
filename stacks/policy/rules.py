"""Rules that look at one thing of a lab each, but for secrets in the clear: plain_text_secret.py has that. Pure."""

from collections.abc import Iterator
from ipaddress import IPv4Address

from components.errors import got
from stacks import images
from stacks.config import FileImage, Lab, Source
from stacks.policy.finding import Finding, Severity


def overcommit(lab: Lab) -> Iterator[Finding]:
    """More than a host has. CPUs that are shared make guests slow and nothing worse."""
    for host in lab.hosts if lab.guests else ():
        asked, where = host.overcommit, f"{host.path}.overcommit"
        if asked.memory > 100:
            rule = f"should be at most 100%, got '{asked.memory}%'"
            todo = "ask for less, since the host's kernel ends guests when all use theirs"
            yield Finding("overcommit", Severity.WARNING, f"{where}.memory", f"{rule}; {todo}")
        if asked.disk == "thin":
            todo = "take it out, since a guest that writes when the pool is full is paused"
            yield Finding("overcommit", Severity.NOTE, f"{where}.disk", f"should be 'promised', got 'thin'; {todo}")


def public_console(lab: Lab) -> Iterator[Finding]:
    """A screen, whose password is short and sent in the clear, where more can reach it than is known.

    Any but loopback has a password, or is no lab. An address of a private network is one that somebody has chosen.
    """
    for guest in lab.guests:
        listen = IPv4Address(guest.console.listen)
        severity = Severity.ERROR if listen.is_global else Severity.WARNING
        if listen.is_global or listen.is_unspecified:
            which = "is one of the internet's" if listen.is_global else "is all that the host has"
            rule = f"{severity.verb} be an address of a private network, got {got(str(listen))}, which {which}"
            todo = "name another, or take it out and use the tunnel among the outputs"
            where, owners = f"{guest.path}.console.listen", frozenset({guest.path})
            yield Finding("public-console", severity, where, f"{rule}; {todo}", owners)


def unpinned_image(lab: Lab) -> Iterator[Finding]:
    """A file that may be another one tomorrow; each once. What comes from the web always has a digest."""
    found: dict[Source, tuple[str, set[str]]] = {}
    for guest in lab.guests:
        if isinstance(guest.image, FileImage) and not images.is_bundled(lab, guest):
            found.setdefault(guest.image, (images.key(lab, guest), set()))[1].add(guest.path)
        for file in images.boot_files(guest):
            found.setdefault(file.source, (f"{guest.path}.{file.key}", set()))[1].add(guest.path)
    for source, (where, owners) in found.items():
        if isinstance(source, FileImage) and source.digest is None:
            rule = f"should have a digest beside its file, got {got(source.path)} alone"
            todo = "add sha256: with what sha256sum says of it"
            yield Finding("unpinned-image", Severity.WARNING, where, f"{rule}; {todo}", frozenset(owners))


def unprotected_disk(lab: Lab) -> Iterator[Finding]:
    """A disk that goes, with what is on it, by one edit. What is on the host already is never deleted."""
    for guest in lab.guests:
        owners = frozenset({guest.path})
        for disk in guest.disks:
            if not disk.protect:
                rule = "should be true where data is to stay, got false"
                todo = "take it out, since the disk is deleted with the guest, or when it is taken out here"
                where = f"{guest.path}.disks.{disk.name}.protect"
                yield Finding("unprotected-disk", Severity.WARNING, where, f"{rule}; {todo}", owners)
        if guest.allow_data_loss:
            rule = "should be true for one change only, got true"
            todo = "take it out when that is made, since a later one may replace the guest, too"
            where = f"{guest.path}.allowDataLoss"
            yield Finding("unprotected-disk", Severity.NOTE, where, f"{rule}; {todo}", owners)


def no_autostart(lab: Lab) -> Iterator[Finding]:
    """A guest with data that is off when its host has started again: worst where others are back by then."""
    severity = Severity.WARNING if any(guest.autostart for guest in lab.guests) else Severity.NOTE
    for guest in lab.guests:
        # What all nodes read, no start of one loses.
        disks = [disk for disk in guest.disks if not (guest.node and disk.read_only)]
        if disks and guest.power == "on" and not guest.autostart:
            rule = "should be true where a guest has data disks, got false"
            if severity is Severity.WARNING:
                rule = "should be true where a guest has data disks and others start with the host, got false"
            todo = "write autostart: true, since it is off after the host's next start"
            where, owners = f"{guest.path}.autostart", frozenset({guest.path})
            yield Finding("no-autostart", severity, where, f"{rule}; {todo}", owners)


def even_control_planes(lab: Lab) -> Iterator[Finding]:
    """One more than an odd number needs one more to agree, and lets no more of them fail."""
    count = sum(guest.node == "controlPlane" for guest in lab.guests)
    if lab.kubernetes and count % 2 == 0:
        why = f"etcd needs {count // 2 + 1} of them to go on, so that no more may fail than of {count - 1}"
        where = "lab.kubernetes.controlPlane.count"
        yield Finding(
            "even-control-planes",
            Severity.WARNING,
            where,
            f"should be odd, got {count}: {why}; write {count - 1} or {count + 1}",
        )
