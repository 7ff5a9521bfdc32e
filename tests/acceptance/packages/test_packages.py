"""host/setup.sh brings packages by the real apt, dnf, zypper and pacman, and takes away what it has brought."""

import time

import pytest

from components.packages import packages
from tests.acceptance.packages.families import Family
from tests.acceptance.packages.machine import RECORD, Machine

OLD = {"curl 1", "kl-there 1"}
"""What is installed before."""


def wanted(family: Family) -> tuple[str, ...]:
    """All that can be asked for."""
    return packages(family.manager, "both")


def are_there(machine: Machine, *paths: str) -> list[bool]:
    """Which of these paths exist."""
    return [machine.run("test", "-e", path).returncode == 0 for path in paths]


def as_before(family: Family, machine: Machine) -> bool:
    """Whether nothing is left of what was done."""
    files = machine.do("ls /opt").split()
    return (family.installed(machine), files, are_there(machine, "/var/lib/kvmlab")) == (
        OLD,
        ["curl", "kl-there"],
        [False],
    )


def begin(family: Family, machine: Machine) -> None:
    """Start it, and when the last package is unpacked and takes its time, kill the script, not what it called."""
    machine.do(": >/run/slow")
    script = machine.command("host/setup.sh", "packages", PACKAGES=" ".join(wanted(family)))
    deadline = time.monotonic() + 60
    while are_there(machine, "/run/waits") == [False]:
        assert script.poll() is None, script.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert machine.run("pkill", "-KILL", "-f", "^/bin/sh host/setup.sh").returncode == 0
    script.communicate()


def test_the_manager_is_told(family: Family, machine: Machine) -> None:
    """By the distribution's own word, on a machine that has all four."""
    told = machine.do("host/probe.sh", LAB="six", POOL_PATH="/srv", COMMANDS="nowhere").splitlines()
    assert f"package_manager {family.manager}" in told
    assert [line for line in told if line.startswith("lacks")] == []


def test_only_what_is_missing(family: Family, machine: Machine) -> None:
    """With what it needs, without what is recommended; what is there stays as it is. Then all that came goes again."""
    names = wanted(family)
    missing = " ".join(name for name in names if name != "curl")
    assert machine.setup("packages", *names, "kl-provided") == f"changed: installed {missing}"
    there = OLD | {f"{name} 2" for name in names if name != "curl"} | {"kl-library 2"}
    assert family.installed(machine) == there
    assert machine.setup("packages", *names, "kl-provided") == "ok: packages"
    assert machine.setup("delete").startswith("changed: ")
    assert as_before(family, machine)
    assert machine.setup("delete").startswith("ok: ")


def test_what_others_need_stays(family: Family, machine: Machine) -> None:
    """With the note of it, so that it goes when nobody needs it any more."""
    machine.setup("packages", *wanted(family))
    machine.do(family.get, NAME="kl-other")
    before = family.installed(machine)
    assert machine.setup("delete") == "changed: packages stay and are remembered, since these need them: kl-other"
    assert family.installed(machine) == before
    assert are_there(machine, f"{RECORD}/packages") == [True]
    machine.do(family.drop, NAME="kl-other")
    machine.setup("delete")
    assert as_before(family, machine)


def test_two_runs(family: Family, machine: Machine) -> None:
    """What each has brought goes, and what somebody has taken away meanwhile is no hindrance."""
    first, *_, last = wanted(family)
    machine.setup("packages", first)
    machine.setup("packages", last)
    machine.do(family.drop, NAME=last)
    machine.setup("delete")
    assert as_before(family, machine)


def test_killed_and_run_again(family: Family, machine: Machine) -> None:
    """The manager goes on by itself: it is waited for, and what it brings is noted."""
    begin(family, machine)
    again = machine.command("host/setup.sh", "packages", PACKAGES=" ".join(wanted(family)))
    time.sleep(1)
    assert again.poll() is None
    machine.do(": >/run/go")
    output, errors = again.communicate(timeout=60)
    assert again.returncode == 0, errors
    assert output.strip().splitlines()[-1].startswith(("ok: ", "changed: "))
    machine.setup("delete")
    assert as_before(family, machine)


@pytest.mark.parametrize("again", [False, True])
def test_killed_with_its_manager(family: Family, machine: Machine, *, again: bool) -> None:
    """A power cut, as far as packages go: the next run goes on, and to destroy at once takes away what came."""
    begin(family, machine)
    machine.run("sh", "-c", "kill -KILL -1")
    machine.do("rm /run/slow")
    if again:
        machine.setup("packages", *wanted(family))
    machine.setup("delete")
    assert as_before(family, machine)


def test_a_stranger(machine: Machine) -> None:
    """What is missing is told by its command; without packages to install it goes on, else it says what to do."""
    machine.do("printf 'ID=alpine\\nPRETTY_NAME=\"Alpine Linux v3.22\"\\n' >/etc/os-release")
    told = machine.do("host/probe.sh", LAB="six", POOL_PATH="/srv", COMMANDS="sh nowhere nothing|sh nothing|nowhere")
    assert "os_name Alpine Linux v3.22" in told.splitlines()
    assert [line for line in told.splitlines() if line.startswith("lacks")] == ["lacks nowhere", "lacks nothing"]
    assert machine.setup("packages") == "ok: packages"
    rule = "packages: must be installed by apt, dnf, zypper or pacman, got none of them"
    assert machine.refused("acl") == f"{rule}; install acl by hand and run again"


def test_an_image(machine: Machine) -> None:
    """Where /usr takes no packages, as with ostree, nobody installs any."""
    machine.do("mount -o remount,ro /usr")
    told = machine.do("host/probe.sh", LAB="six", POOL_PATH="/srv", COMMANDS="nowhere").splitlines()
    assert {"package_manager ", "lacks nowhere"} <= set(told)
