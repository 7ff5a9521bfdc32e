"""What is looked at, and what it means for a lab. Pure: each check is a function of a machine's facts.

The first line of a check's docstring is its row in docs/reference/doctor.md.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import NamedTuple

from components.machine_facts import Drops, Filesystem, MachineFacts
from components.packages import lacking
from components.virtualization import Virtualization
from components.virtualization import virtualization as found_virtualization

OK, WARN, MUST = "ok", "warn", "must"

GIB = 1024 * 1024
"""In KiB."""
GUEST_MEMORY = GIB
GUEST_DISK = 8 * GIB
"""What a guest has that names no size."""
POOL = "/var/lib/libvirt/images"
"""Where a lab's disks lie that names no place."""
PYTHON = (3, 11)
INSTALLS = "nothing: `make up` installs"


class Line(NamedTuple):
    """One line of the table."""

    level: str
    """`ok`, `warn` (a lab can be made, and something is less than it could be), or `must` (first do this)."""
    found: str
    todo: str = ""


def system(facts: MachineFacts) -> Line:
    """A relative of Debian, Fedora, openSUSE or Arch on x86_64; on others nothing is installed by `make up`."""
    found = f"{facts.os_name or 'a system without os-release'}, {facts.machine or 'unknown machine'}"
    if facts.kernel:
        found = f"{found}, kernel {facts.kernel}"
    if facts.machine != "x86_64":
        return Line(MUST, found, "take a machine with an x86_64 CPU")
    if not facts.family:
        return Line(WARN, found, "see that the packages below are there; `make up` does not know their names here")
    return Line(OK, found)


def rights(facts: MachineFacts) -> Line:
    """The user is root, or sudo lets them without a password; what cannot be seen otherwise is named."""
    if facts.root:
        return Line(OK, "root" if facts.user in ("", "root") else f"{facts.user}, who may act as root")
    hidden = ["firewall rules", *(["the kernel's log"] if facts.kernel_log == "no" else [])]
    todo = "run as root"
    if "sudo" in facts.tools:
        todo = "let sudo ask for no password; what is not seen, `sudo make doctor` shows"
    return Line(MUST, f"{facts.user or 'this user'} may not act as root; not seen: {', '.join(hidden)}", todo)


def virtualization(facts: MachineFacts) -> Line:
    """KVM works; where it does not, guests are emulated, 10 to 20 times slower."""
    state, todo = found_virtualization(facts)
    if state is Virtualization.WORKS:
        return Line(OK, f"{facts.cpu_flag}: {state.value}")
    slow = "" if state is Virtualization.PERMISSION else "; guests are emulated, which is slow"
    return Line(WARN, f"{state.value}{slow}", todo)


def memory(facts: MachineFacts) -> Line:
    """Room for one guest at least, 1 GiB."""
    found = f"{_gib(facts.memory_kib)}, {_gib(facts.memory_available_kib)} of it free; {facts.cpus} CPUs"
    if facts.memory_kib < GUEST_MEMORY:
        return Line(MUST, found, "take a machine with more, or give guests less: `memory` in a lab's config")
    if facts.memory_available_kib < GUEST_MEMORY:
        return Line(WARN, found, "stop something, or give guests less: `memory` in a lab's config")
    return Line(OK, found)


def disk(facts: MachineFacts) -> Line:
    """Room for one guest's disk at least, 8 GiB, where libvirt keeps them; the roomiest place is named."""
    here = facts.filesystem_of(POOL)
    if here is None:
        return Line(WARN, f"no file system seen below {POOL}", f"look at it: df -h {POOL}")
    found = f"{_gib(here.free_kib)} free for {POOL}"
    best = max(facts.filesystems, key=_free)
    elsewhere = "" if best.free_kib <= 2 * here.free_kib else f"; {_gib(best.free_kib)} at {best.mount}"
    todo = f"set `pool.path` in a lab's config to a directory of its own in {best.mount}"
    if here.free_kib < GUEST_DISK:
        enough = best.free_kib >= GUEST_DISK
        return Line(
            MUST,
            found + elsewhere,
            todo if enough else "make room for 8 GiB, or give guests less: `disk` in a lab's config",
        )
    return Line(OK, found + elsewhere, todo if elsewhere else "")


def packages(facts: MachineFacts) -> Line:
    """What a hypervisor needs is installed, or `make up` installs what is missing; where it cannot, it is named."""
    missing = lacking(facts.tools | facts.libvirt_installed)
    if not missing:
        versions = ", ".join(f"{name} {number}" for name, number in sorted(facts.versions.items()))
        return Line(OK, versions or "all that is needed")
    found = f"missing: {', '.join(missing)}"
    if facts.family:
        return Line(OK, found, f"{INSTALLS} them")
    return Line(MUST, found, "install by hand what brings these commands")


def libvirt(facts: MachineFacts) -> Line:
    """It answers, or does not run and `make up` starts it; one that runs and does not answer is in the way."""
    daemons = ", ".join(sorted(facts.libvirt_running))
    if facts.libvirt_answers.startswith("no"):
        reason = facts.libvirt_answers.partition(" ")[2]
        return Line(MUST, f"{daemons} runs and does not answer: {reason}", "restart it (guests go on running)")
    if facts.libvirt_answers:
        return Line(OK, f"{daemons} answers")
    if facts.libvirt_sockets and facts.init == "systemd":
        return Line(OK, f"systemd starts {', '.join(sorted(facts.libvirt_sockets))} when somebody asks")
    if facts.libvirt_installed:
        return Line(OK, "installed, not running", "nothing: `make up` starts it")
    return Line(OK, "not installed", f"{INSTALLS} and starts it" if facts.family else "")


def network(facts: MachineFacts) -> Line:
    """There is a way out, and whose configuration it is; a wireless one can be no port of a bridge."""
    uplink = facts.uplink
    if uplink is None:
        todo = "connect it, unless images and packages are here already"
        return Line(WARN, "no default route: nothing can be fetched", todo)
    addresses = [address.cidr for address in facts.addresses if address.interface == uplink.name]
    found = f"{uplink.name} ({uplink.kind}, managed by {_manager(uplink.manager)}) {', '.join(addresses)}".rstrip()
    if uplink.kind == "wireless":
        return Line(OK, f"{found}; it will do for the labs' own networks, and can be no port of a bridge")
    return Line(OK, found)


def names(facts: MachineFacts) -> Line:
    """There is a server to ask for names."""
    if not facts.nameservers:
        return Line(WARN, "no nameserver in /etc/resolv.conf", "name one, unless images and packages are here already")
    by = "by a plain file" if facts.resolver == "file" else f"by {facts.resolver}"
    return Line(OK, f"{', '.join(facts.nameservers)}, {by}")


def firewall(facts: MachineFacts) -> Line:
    """Nothing drops what guests send; a chain that may is named, with what to accept there."""
    at_work = ", ".join(sorted(facts.firewalls)) or "neither firewalld, ufw nor Docker"
    if not facts.rules_seen:
        return Line(WARN, f"{at_work}; rules not seen", "look as root")
    # Libvirt's rules come first in the chains of iptables. In a table of its own they overrule no other table's.
    first = facts.firewall_backend != "nftables"
    drops = sorted(chain for chain in facts.drops if not (first and _is_iptables(chain)))
    if not drops:
        return Line(OK, f"{at_work}; nothing that drops what guests send")
    chains = ", ".join(f"{chain.chain} of {chain.family} {chain.table}" for chain in drops)
    accepts = {
        "input": "DHCP and DNS (udp 53 and 67, tcp 53) from interfaces kl-*",
        "forward": "all from and to interfaces kl-*",
    }
    todo = " and ".join(accepts[hook] for hook in ("input", "forward") if any(chain.hook == hook for chain in drops))
    return Line(WARN, f"{at_work}; what is not accepted, is dropped by {chains}", f"see that it accepts {todo}")


def confinement(facts: MachineFacts) -> Line:
    """Which of AppArmor and SELinux watches over guests; none is no hindrance."""
    return Line(OK, ", ".join(sorted(facts.security)) or "neither AppArmor nor SELinux")


def firmware(facts: MachineFacts) -> Line:
    """Whether there is UEFI firmware for guests; `make up` installs it, and no lab needs it yet."""
    if facts.firmware:
        return Line(OK, f"{len(facts.firmware)} of UEFI")
    return Line(OK, "none of UEFI; guests boot by BIOS", f"{INSTALLS} it" if facts.family else "")


def extras(facts: MachineFacts) -> Line:
    """IOMMU (devices for guests) and nested virtualization (guests in guests); no lab needs them yet."""
    return Line(OK, f"IOMMU {_on_off(facts.iommu)}, nested virtualization {_on_off(facts.nested)}")


Check = Callable[[MachineFacts], Line]
CHECKS: tuple[Check, ...] = (
    *(system, rights, virtualization, memory, disk, packages, libvirt),
    *(network, names, firewall, confinement, firmware, extras),
)


def look(facts: MachineFacts) -> dict[str, Line]:
    """All checks, by name."""
    return {check.__name__: check(facts) for check in CHECKS}


def python(running: tuple[int, int], others: Collection[str]) -> Line:
    """3.11 or newer for the program itself, under the name python3 or one like python3.12."""
    found = f"python3 is {running[0]}.{running[1]}"
    if running >= PYTHON:
        return Line(OK, found)
    if others:
        return Line(OK, f"{found}, and there is {', '.join(others)}")
    return Line(MUST, found, "install 3.11 or newer beside it, as python3.11 or python3.12")


def _free(filesystem: Filesystem) -> int:
    return filesystem.free_kib


def _gib(kib: int) -> str:
    return f"{kib / GIB:.1f} GiB"


def _on_off(state: bool) -> str:
    return "on" if state else "off"


def _manager(name: str) -> str:
    return "nobody that is known here" if name == "none" else name


def _is_iptables(chain: Drops) -> bool:
    return (chain.family, chain.table) == ("ip", "filter")
