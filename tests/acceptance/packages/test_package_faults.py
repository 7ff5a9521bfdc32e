"""What goes wrong with packages is told in one line that says what to do, and what came all the same is noted."""

import re

from components.packages import packages
from tests.acceptance.packages.families import Family
from tests.acceptance.packages.machine import Machine
from tests.acceptance.packages.test_packages import are_there, as_before

SAID = {
    "locked": {
        "apt": "E: Could not get lock /var/lib/dpkg/lock-frontend",
        "dnf": "RPMDB already locked by ",
        "zypper": "System management is locked",
        "pacman": "error: failed to init transaction (unable to lock database)",
    },
    "offline": {
        "apt": "W: Failed to fetch http://repository.invalid/./InRelease",
        "dnf": "- Curl error (6): Couldn't resolve host name for http://repository.invalid",
        "zypper": "Download (curl) error for 'http://repository.invalid/repodata/repomd.xml'",
        "pacman": "error: failed retrieving file 'kl-big-2-1-any.pkg.tar' from repository.invalid",
    },
    "full": {
        "apt": "cannot copy extracted data for './opt/kl-big'",
        "dnf": "installing package kl-big-2-1.noarch needs 4MB more space",
        "zypper": "installing package kl-big-2-1.noarch needs 4MB more space",
        "pacman": "error: Partition /opt too full",
    },
    "unknown": {
        "apt": "E: Unable to locate package kl-nowhere",
        "dnf": "No match for argument: kl-nowhere",
        "zypper": "'kl-nowhere' not found in package names.",
        "pacman": "error: target not found: kl-nowhere",
    },
}
"""By fault and manager, what it says of it, or how that begins."""
REFRESH = {"apt": "apt-get update", "dnf": "dnf makecache", "zypper": "zypper refresh", "pacman": "pacman -Syu"}


def assert_said(line: str, fault: str, family: Family, rule: str, todo: str) -> None:
    """Whether it is that rule, what the manager said, and that to do."""
    told = re.fullmatch(r"packages: (.*?), got '(.*)'(.*)", line)
    assert told is not None, line
    assert (told[1], told[3]) == (rule, todo), line
    assert told[2].startswith(SAID[fault][family.manager]), line


def test_locked(family: Family, machine: Machine) -> None:
    """Another run of the manager is waited for, and not for ever."""
    machine.do(": >/run/slow")
    other = machine.command("sh", "-c", family.get, NAME="kl-slow")
    machine.do("until [ -e /run/waits ]; do sleep 0.1; done")
    first = packages(family.manager, "server")[0]
    rule = "must be worked on by one run at a time"
    assert_said(machine.refused(first), "locked", family, rule, " for 1 s; let it end and run again")
    machine.do(": >/run/go")
    other.communicate(timeout=60)
    machine.do(family.drop, NAME="kl-slow")
    assert as_before(family, machine)
    machine.setup("packages", first)


def test_a_lock_that_is_let_go(family: Family, machine: Machine) -> None:
    """The other run ends, and ours goes on."""
    machine.do(": >/run/slow")
    other = machine.command("sh", "-c", family.get, NAME="kl-slow")
    machine.do("until [ -e /run/waits ]; do sleep 0.1; done")
    ours = machine.command("host/setup.sh", "packages", PACKAGES="kl-library")
    machine.do("sleep 1; : >/run/go")
    other.communicate(timeout=60)
    output, errors = ours.communicate(timeout=60)
    assert output.splitlines() == ["changed: installed kl-library"], errors


def test_offline(family: Family, machine: Machine) -> None:
    """What is there already needs no repository, not even to be taken away."""
    machine.setup("packages", "kl-library")
    family.configure(machine, "http://repository.invalid")
    assert machine.setup("packages", "curl", "kl-library") == "ok: packages"
    todo = f"; see that the machine reaches them, {REFRESH[family.manager]} and run again"
    rule = "must come from repositories that answer"
    assert_said(machine.refused("kl-big"), "offline", family, rule, todo)
    machine.setup("delete")
    assert as_before(family, machine)


def test_disk_full(family: Family, machine: Machine) -> None:
    """What has come before the disk was full is noted, and goes."""
    machine.do("mount -o remount,size=1m /opt")
    line = machine.refused("kl-big", "kl-recommended")
    assert_said(line, "full", family, "must fit the disk", "; make room and run again")
    machine.do("mount -o remount,size=100m /opt")
    machine.setup("delete")
    assert as_before(family, machine)


def test_unknown(family: Family, machine: Machine) -> None:
    """Nothing is installed of the others, and nothing is noted."""
    todo = f"; add the one that has it, {REFRESH[family.manager]} and run again"
    rule = "must be in a repository of this machine"
    assert_said(machine.refused("kl-library", "kl-nowhere"), "unknown", family, rule, todo)
    assert as_before(family, machine)
    assert are_there(machine, "/var/lib/kvmlab") == [False]
