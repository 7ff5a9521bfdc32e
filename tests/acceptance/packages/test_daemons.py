"""Which of libvirt's daemons host/setup.sh brings up, and takes down again. Daemons and systemd are stand-ins."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.packages.machine import Machine

PARTS = ["virtnetworkd", "virtproxyd", "virtqemud", "virtstoraged"]
DAEMON = """#!/bin/sh
[ "$1" != -d ] || { setsid "$0" >/dev/null 2>&1 & exit 0; }
while :; do sleep 1; done
"""
VIRSH = """#!/bin/sh
pgrep -x 'libvirtd|virtqemud' >/dev/null
"""
# What is shipped, enabled and active are files in directories of those names.
SYSTEMCTL = """#!/bin/sh
cd /run/units
verb=$1 answer=1
for unit; do
    case $verb:$unit in
        *:--now | *:--quiet | "$verb:$verb") ;;
        cat:*) [ -e "shipped/$unit" ] || exit 1; answer=0 ;;
        is-*:*) [ ! -e "${verb#is-}/$unit" ] || answer=0 ;;
        enable:*)
            [ -e "shipped/$unit" ] || exit 1
            : >"enabled/$unit"
            answer=0 ;;
        start:*)
            [ -e "shipped/$unit" ] || exit 1
            : >"active/$unit"
            pgrep -x "${unit%.*}" >/dev/null || "${unit%.*}" -d
            answer=0 ;;
        disable:*)
            rm -f "enabled/$unit" "active/$unit"
            pkill -x "${unit%.*}"
            answer=0 ;;
        try-restart:*) answer=0 ;;
    esac
done
exit "$answer"
"""
MADE = """
rm -rf /etc/libvirt; mkdir /etc/libvirt
groupadd -f libvirt; groupadd -f kvm
for name in $NAMES; do
    printf %s "$DAEMON" >"/usr/sbin/$name"
    echo '# nothing' >"/etc/libvirt/$name.conf"
done
printf %s "$VIRSH" >/usr/bin/virsh
chmod 755 /usr/sbin/*virt*d /usr/bin/virsh
"""
SYSTEMD = """
mkdir -p /run/systemd/system /run/units/shipped /run/units/enabled /run/units/active
printf %s "$SYSTEMCTL" >/usr/bin/systemctl
for name in $NAMES; do : >"/run/units/shipped/$name.service"; : >"/run/units/shipped/$name.socket"; done
for name in $ENABLED; do : >"/run/units/enabled/$name.service"; done
"""
RUNNING = "ps -e -o comm= | grep -E '^(libvirt|virt)' | sort -u"


@pytest.fixture
def machine(tools: Path, tmp_path: Path) -> Iterator[Machine]:
    """With no package of libvirt's."""
    machine = Machine(tmp_path, tools)
    yield machine
    machine.close()


def make(machine: Machine, names: list[str]) -> None:
    """Ship daemons of these names, and two groups."""
    machine.do(MADE, NAMES=" ".join([*names, "virtlogd"]), DAEMON=DAEMON, VIRSH=VIRSH)


def lines(machine: Machine, command: str) -> list[str]:
    """What a command prints, or nothing."""
    return machine.run("sh", "-c", command).stdout.split()


@pytest.mark.parametrize(
    ("shipped", "started"),
    [(PARTS, PARTS), (["libvirtd"], ["libvirtd"]), (["libvirtd", *PARTS], ["libvirtd"])],
    ids=["parts", "one", "both"],
)
def test_without_systemd(machine: Machine, shipped: list[str], started: list[str]) -> None:
    """The one for all where there is one, else the parts, with their limits; only what was started is ended."""
    make(machine, shipped)
    machine.do("virtlogd -d")
    before = machine.do("cat /etc/libvirt/*")
    for _ in range(2):
        machine.setup("apply")
        assert lines(machine, RUNNING) == sorted([*started, "virtlogd"])
        limited = lines(machine, "grep -l '^max_client_requests = 32' /etc/libvirt/*")
        assert limited == [f"/etc/libvirt/{name}.conf" for name in started]
    machine.setup("delete")
    assert lines(machine, RUNNING) == ["virtlogd"]
    assert machine.do("cat /etc/libvirt/*") == before


@pytest.mark.parametrize(
    ("shipped", "enabled", "taken"),
    [
        (PARTS, PARTS, PARTS),
        (PARTS, [], PARTS),
        (["libvirtd", *PARTS], [], PARTS),
        (["libvirtd", *PARTS], ["libvirtd"], ["libvirtd"]),
        (["libvirtd"], ["libvirtd"], ["libvirtd"]),
        (["libvirtd"], [], ["libvirtd"]),
    ],
    ids=["Fedora", "Fedora without its presets", "Arch", "libvirtd kept", "Debian", "libvirtd disabled"],
)
def test_under_systemd(machine: Machine, shipped: list[str], enabled: list[str], taken: list[str]) -> None:
    """What is in use stays so; units that were enabled before are so afterwards, and no others."""
    make(machine, shipped)
    machine.do(SYSTEMD, SYSTEMCTL=SYSTEMCTL, NAMES=" ".join(shipped), ENABLED=" ".join(enabled))
    machine.do("chmod 755 /usr/bin/systemctl")
    machine.setup("apply")
    before = {f"{name}.service" for name in enabled}
    units = before or {f"{name}.{kind}" for name in taken for kind in ("service", "socket")}
    assert set(lines(machine, "ls /run/units/enabled")) == units
    assert lines(machine, RUNNING) == taken
    machine.setup("delete")
    assert set(lines(machine, "ls /run/units/enabled")) == before
    assert lines(machine, RUNNING) == enabled


def test_groups(machine: Machine) -> None:
    """A user who is in neither joins both, and leaves them again."""
    make(machine, ["libvirtd"])
    machine.do("gpasswd -d nobody kvm || true", PATH="/usr/sbin:/usr/bin")
    machine.do("host/setup.sh apply", LIBVIRT_USER="nobody")
    assert {"libvirt", "kvm"} <= set(lines(machine, "id -nG nobody"))
    machine.setup("delete")
    assert not {"libvirt", "kvm"} & set(lines(machine, "id -nG nobody"))


def test_a_workstation(machine: Machine) -> None:
    """Clients without a daemon are no hypervisor that would have to be asked what it carries."""
    machine.do(
        "mkdir -p /var/lib/kvmlab/setup; printf '#!/bin/sh\\nexit 1\\n' >/usr/bin/virsh; chmod 755 /usr/bin/virsh"
    )
    assert machine.setup("delete") == "changed: what made this machine a hypervisor is undone"
