"""What a host must be able to carry, checked before anything on it is changed. Pure."""

from collections.abc import Iterator, Sequence
from ipaddress import IPv4Address

from components.bios import bios_hint
from components.errors import Problem
from components.host_facts import HostFacts
from components.identity import allocate, owner, owns_network
from components.packages import commands
from stacks import (
    disks,
    images,
    preflight_boot,
    preflight_capacity,
    preflight_kubernetes,
    preflight_networks,
    preflight_nics,
    preflight_parts,
    preflight_pools,
)
from stacks.config import CatalogueImage, FileImage, GuestSpec, Image, Lab
from stacks.volumes import root_file, volumes

MIB = 1024 * 1024


def question(lab: Lab, *, refresh: bool = False) -> dict[str, str]:
    """What host/probe.sh is to be asked for this lab.

    Args:
        lab: what is asked for there.
        refresh: whether guests are to be looked at as they are.
    """
    files = {_asked(images.link(image), image) for image in _files_of(lab)}
    files |= {_asked(link, file.source) for link, file in preflight_boot.local_files(lab).items()}
    needs = " ".join(commands(lab.host.role, **preflight_parts.needs(lab)))
    asked = {"LAB": lab.stack, "POOL_PATH": lab.pool.path, "FILES": "\n".join(sorted(files)), "COMMANDS": needs}
    # Each costs a preview some time, so it is asked only where it matters.
    by_uefi = sorted({images.link(guest.image) for guest in lab.guests if guest.image and guest.firmware != "bios"})
    asked["FIRMWARE"] = " ".join(by_uefi)
    asked["SPICE"] = "yes" if any(guest.console.type == "spice" for guest in lab.guests) else ""
    if refresh:
        asked["GUEST_STATES"] = "yes"
    subjects = (preflight_networks, preflight_nics, preflight_parts, preflight_pools, disks, preflight_kubernetes)
    return asked | {key: value for subject in subjects for key, value in subject.question(lab).items()}


def _asked(link: str, file: FileImage) -> str:
    return f"{link} {file.digest.algorithm if file.digest else '-'} {file.path}"


def problems(lab: Lab, facts: HostFacts, *, preview: bool = False) -> list[Problem]:
    """Everything that keeps this host from carrying this lab.

    Args:
        lab: what is asked for there.
        facts: what the host is.
        preview: whether nothing is going to be changed, libvirt not even started.
    """
    if not facts.root:
        # What else such a look shows is what this user may not see.
        return [Problem(lab.host.path, "must let this user act as root; run as root, or allow sudo without a password")]
    if unpublished := list(_unpublished(lab)):
        # Nothing else can be asked of such an image.
        return unpublished
    checks = (_distribution, _host, _accelerator)
    if lab.kind != "host":
        checks += (
            preflight_capacity.problems,
            _pool,
            _disks,
            preflight_networks.problems,
            preflight_nics.problems,
            _domains,
            _images,
            preflight_boot.problems,
            _hardware,
            disks.problems,
            preflight_pools.problems,
        )
    found = [*preflight_kubernetes.networks(lab, facts)]
    if damages := list(preflight_kubernetes.bundle(lab, facts)):
        # All else that could be said of its files is told with that.
        found += damages
        lab = preflight_kubernetes.without_bundle(lab)
    found += [problem for check in checks for problem in check(lab, facts)]
    found += preflight_parts.problems(lab, facts, accelerator(lab, facts))
    if preview and not facts.libvirt_answers and facts.pool_lab == lab.stack:
        # What exists can only be compared with libvirt's help; without it everything would show as replaced.
        todo = "start it with `sudo host/setup.sh apply`, or run `make up`"
        found.append(
            Problem(lab.host.path, f"libvirt must run for a preview of a lab that exists, got no answer; {todo}")
        )
    return found


def without_host(lab: Lab, facts: HostFacts) -> list[Problem]:
    """Of that, what can be told of a host of which nothing is known but what the lab has there."""
    if lab.kind == "host":
        return []
    return list(_unpublished(lab)) or list(_disks(lab, facts))


def addresses(lab: Lab, placed: Sequence[tuple[Lab, HostFacts]]) -> dict[str, str]:
    """Every guest's address, of its own in the whole lab; those that the lab's guests hold now stay theirs.

    Args:
        lab: all of it.
        placed: its parts, each with the facts of its host.
    """
    reserved = [(lab.network.gateway, lab.network.gateway), (lab.network.dhcp_start, lab.network.dhcp_end)]
    held: dict[str, IPv4Address] = {}
    for part, facts in placed:
        if _is_ours(part, facts):
            held |= facts.reservations.get(part.network.name, {})
    asked = {guest.name: guest.address for guest in lab.guests}
    return {name: str(address) for name, address in allocate(asked, lab.network.cidr, reserved, held).items()}


def is_broken(lab: Lab, guest: GuestSpec, facts: HostFacts) -> bool:
    """Whether a guest has been on the host and its domain is gone, or a run has not come to the end with it."""
    domain = f"{lab.stack}-{guest.name}"
    disks = preflight_pools.held(facts, guest.pool).disks
    traces = root_file(lab, guest) in disks or guest.name in facts.reservations.get(lab.network.name, {})
    gone = facts.libvirt_answers and domain not in facts.domains and traces and _is_ours(lab, facts)
    return gone or (domain in facts.unfinished and facts.pool_lab == lab.stack)


def strays(lab: Lab, facts: HostFacts) -> list[str]:
    """Guests that a run has not come to the end with, and that config names no more."""
    prefix = f"{lab.stack}-"
    begun = {domain.removeprefix(prefix) for domain in facts.unfinished}
    return sorted(begun - {guest.name for guest in lab.guests}) if facts.pool_lab == lab.stack else []


def accelerator(lab: Lab, facts: HostFacts) -> str:
    """Libvirt's domain type: KVM where it works, unless config says otherwise."""
    wants_kvm = lab.host.accelerator == "kvm" or (lab.host.accelerator == "auto" and facts.has_kvm)
    return "kvm" if wants_kvm else "qemu"


def warnings(lab: Lab, facts: HostFacts) -> Iterator[str]:
    """What a user should know, and may live with."""
    if lab.host.role != "workstation" and lab.host.accelerator == "auto" and not facts.has_kvm:
        yield f"{lab.host.address}: guests are emulated, which is slow; {bios_hint()}"
    yield from preflight_capacity.warnings(lab, facts)
    yield from preflight_kubernetes.warnings(lab, facts)


def _distribution(lab: Lab, facts: HostFacts) -> Iterator[Problem]:
    if facts.lacks:
        rule = "must be a relative of Debian, Fedora, openSUSE or Arch whose /usr takes packages"
        name = facts.os_name or "a system without os-release"
        yield Problem(lab.host.path, f"{rule}, got {name!r}; install by hand and run again: {', '.join(facts.lacks)}")


def _host(lab: Lab, facts: HostFacts) -> Iterator[Problem]:
    if facts.libvirt.startswith("unreachable") and facts.libvirt_process:
        reason = facts.libvirt.removeprefix("unreachable").strip() or "no answer within 10 s"
        yield Problem(
            lab.host.path, f"libvirt must answer at qemu:///system, got {reason!r}; restart its daemon and try again"
        )


def _accelerator(lab: Lab, facts: HostFacts) -> Iterator[Problem]:
    if lab.host.accelerator == "kvm" and not facts.has_kvm:
        lacks = "the CPU shows neither vmx nor svm" if not facts.cpu_flag else "there is no /dev/kvm"
        yield Problem(
            f"{lab.host.path}.accelerator",
            f"'kvm' must be what the host offers, but {lacks}; {bios_hint()}, or set it to 'auto' or 'tcg'",
        )


def _pool(lab: Lab, facts: HostFacts) -> Iterator[Problem]:
    path = lab.pool.path
    if not facts.pool_writable:
        yield Problem("lab.pool.path", f"must be a directory that root can write, got {path!r}; choose another")
    if facts.pool_lab not in ("", lab.stack):
        yield Problem(
            "lab.pool.path", f"must be this lab's alone, got {path!r} of lab {facts.pool_lab!r}; choose another"
        )
    for name, other in facts.pools.items():
        if name == lab.pool.name and other != path and facts.pool_lab != lab.stack and not _is_ours(lab, facts):
            yield Problem(
                "lab.pool", f"the host has another pool {name!r}, at {other!r}; rename the stack or remove that pool"
            )
        elif name != lab.pool.name and other == path:
            yield Problem("lab.pool.path", f"must be this lab's alone, got {path!r} of pool {name!r}; choose another")


def _is_ours(lab: Lab, facts: HostFacts) -> bool:
    """Whether the lab exists on the host already, so that what bears its name is its own."""
    uuid = facts.network_uuids.get(lab.network.name)
    return uuid is not None and owns_network(lab.stack, uuid)


def _disks(lab: Lab, facts: HostFacts) -> Iterator[Problem]:
    wanted = [volume for guest in lab.guests for volume in volumes(lab, guest)]
    for where, volume, size, pool in wanted:
        has, _ = preflight_pools.held(facts, pool).disks.get(volume, (0, 0))
        if size < has:
            yield Problem(where, f"must not shrink, it has {has} bytes, got {size}; write {-(-has // MIB)}MiB or more")
    # By their names without what a file of a directory has behind it: one that is to move is told as such.
    named = {volume.file.removesuffix(".qcow2") for volume in wanted}
    for volume in (each for each in facts.protected if each.removesuffix(".qcow2") not in named):
        guest, _, disk = volume.removeprefix(f"{lab.stack}-").removesuffix(".qcow2").partition(".")
        if facts.pool_lab == lab.stack:
            todo = "put it back with protect: false, run `make up`, and then take it out"
            yield Problem(_disk_key(lab, guest, disk), f"is protected and must stay, got it taken out; {todo}")
    for guest in lab.guests:
        image = facts.files.get(guest.image.path) if isinstance(guest.image, FileImage) else None
        held = facts.bases.get(images.link(guest.image)) if guest.image else None
        size = held or (image.virtual_size if image else None)
        if size and guest.disk < size:
            least = -(-size // MIB)
            yield Problem(
                f"{guest.path}.disk",
                f"must be at least the image's {size} bytes, got {guest.disk}; write {least}MiB or more",
            )


def _disk_key(lab: Lab, guest: str, disk: str) -> str:
    """Where config tells of a data disk, or has told of it."""
    known = next((each.path for each in lab.guests if each.name == guest), f"lab.guests.{guest}")
    return f"{known}.disks.{disk}"


def _domains(lab: Lab, facts: HostFacts) -> Iterator[Problem]:
    for guest in lab.guests:
        name = f"{lab.stack}-{guest.name}"
        if facts.domains.get(name, owner(lab.stack)) != owner(lab.stack):
            yield Problem(
                guest.path, f"the host has another domain {name!r}, which is not this lab's; rename the guest"
            )


def _unpublished(lab: Lab) -> Iterator[Problem]:
    for image, where in _images_of(lab).items():
        if isinstance(image, CatalogueImage) and not images.is_published(image):
            rule = "must be published for this machine's architecture"
            yield Problem(where, f"{rule}, got {image.name!r}, which is not; choose another")


def _images(lab: Lab, facts: HostFacts) -> Iterator[Problem]:
    for image, where in _files_of(lab).items():
        found = facts.files.get(image.path)
        if found is None or found.format == "unchecked":
            continue
        if found.format == "missing":
            yield Problem(f"{where}.file", f"must be a file that the host can read, got {image.path!r}")
        elif found.format == "unknown":
            rule = "must hold a disk (qcow2, VMDK, VDI, VHD, VHDX, or raw with a boot sector)"
            yield Problem(f"{where}.file", f"{rule}, got something else in {image.path!r}; give another file")
        elif found.format == "elsewhere":
            rule = "must be a whole disk by itself"
            todo = "export it as one file, without a base"
            yield Problem(f"{where}.file", f"{rule}, got {image.path!r}, which names another file; {todo}")
        elif image.digest and found.digest not in (None, image.digest.hex):
            yield Problem(
                f"{where}.{image.digest.algorithm}",
                f"must be the digest of {image.path!r}, got {found.digest}; the file stays where it is and is not used",
            )


def _hardware(lab: Lab, facts: HostFacts) -> Iterator[Problem]:
    for guest in lab.guests:
        # A host without any is one that packages are still to be installed on.
        if guest.firmware != "bios" and facts.firmware and guest.firmware not in facts.firmware:
            has = ", ".join(sorted({"bios", *facts.firmware}))
            yield Problem(f"{guest.path}.firmware", f"must be what the host has, got {guest.firmware!r}; it has {has}")
        elif guest.firmware != "bios" and guest.image and not facts.esp.get(images.link(guest.image), True):
            rule = f"{guest.firmware!r} must have an image with an EFI system partition, got one without"
            yield Problem(f"{guest.path}.firmware", f"{rule}; write firmware: bios, or choose another image")
        if guest.console.type == "spice" and not facts.has_spice:
            rule = "'spice' must be in the host's QEMU, got one without"
            yield Problem(
                f"{guest.path}.console",
                f"{rule}; install its module, on Debian and Ubuntu qemu-system-modules-spice, or write console: vnc",
            )


def _files_of(lab: Lab) -> dict[FileImage, str]:
    """Those that are local."""
    return {image: where for image, where in _images_of(lab).items() if isinstance(image, FileImage)}


def _images_of(lab: Lab) -> dict[Image, str]:
    """Images, and where config names them."""
    return {guest.image: images.key(lab, guest) for guest in lab.guests if guest.image}
