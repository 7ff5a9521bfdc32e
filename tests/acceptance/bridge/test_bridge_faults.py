"""host/bridge.sh where something goes wrong: the machine answers at its old address again, whatever it was."""

import signal
from pathlib import Path

import pytest

from tests.acceptance.bridge.bare import HELD, ROOT, Bare
from tests.acceptance.bridge.bridges import (
    ASKED,
    SCRIPT,
    Make,
    address,
    addresses,
    boot,
    bridge,
    configuration,
    status,
    until,
)
from tests.acceptance.bridge.managers import Ifupdown, Manager, Networkd, NetworkManager

SHIMMED = ("cp", "ifdown", "ifup", "mkdir", "mv", "networkctl", "nmcli", "rm", "rmdir", "setsid", "sync")
"""All by which the script changes something, or has it changed."""
HOOK = "/etc/network/if-up.d/fault"
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
UNSEEN = "bridge link set dev eth0 state 0"
"""A fault that the machine itself cannot see: its port carries nothing."""
TIME_IS_OVER = "echo 0000000000 | dd of=/run/kvmlab/bridge/br0/deadline conv=nocreat,notrunc"
"""Where there is a deadline, it has been."""
PLAIN = Ifupdown("plain")
SYSTEMD_RUN = """#!/bin/sh
echo "$*" >>{log}
shift 6
exec setsid -f env -i PATH={path} "$@" </dev/null >/dev/null 2>&1
"""
"""A stand-in: there is no systemd in namespaces."""
SEEN = {
    "wrong gateway": (
        "ip route replace default via 192.0.2.99 dev br0",
        "inet 192.0.2.10/24,inet6 2001:db8::10/64,default via 192.0.2.99",
    ),
    "another address": (
        "ip -4 address flush dev br0; ip address add 192.0.2.11/24 dev br0; ip route add default via 192.0.2.1",
        "inet 192.0.2.11/24,inet6 2001:db8::10/64,default via 192.0.2.1",
    ),
    "no port": ("ip link set eth0 nomaster", "inet 192.0.2.10/24,inet6 2001:db8::10/64,default via 192.0.2.1"),
}


def plant(bare: Bare, fault: str) -> None:
    """Let ifupdown do that when the bridge is up."""
    bare.write(HOOK, f'#!/bin/sh\n[ "$IFACE $ADDRFAM" != "br0 inet6" ] || {{ {fault}; }}\n')


def is_as_before(bare: Bare, before: dict[str, bytes], had: list[str]) -> bool:
    """It has its files and addresses, no bridge, and answers."""
    return (
        configuration(bare) == before
        and addresses(bare, "eth0") == had
        and "br0" not in bare.run("ip", "-o", "link", "show").stdout
        and bare.reaches(HELD)
    )


@pytest.mark.parametrize("name", SEEN)
def test_a_fault_that_shows(make: Make, name: str) -> None:
    """The bridge has not what the interface had: nobody needs to wait until the time is over."""
    fault, got = SEEN[name]
    bare = make(Ifupdown("static"))
    plant(bare, fault)
    boot(bare, Ifupdown("static"))
    before, had = configuration(bare), addresses(bare, "eth0")
    done = bare.run(SCRIPT, "apply", **ASKED | {"ROLLBACK_SECONDS": "8"})
    assert done.returncode == 1
    wanted = "inet 192.0.2.10/24,inet6 2001:db8::10/64,default via 192.0.2.1"
    back = "the old configuration is back, see /run/kvmlab/bridge/br0.log"
    assert done.stderr == f"br0: must get what eth0 has, {wanted}, got '{got}'; {back}\n"
    assert is_as_before(bare, before, had)


def test_a_fault_that_does_not_show(make: Make) -> None:
    """All is as it should be, but for a login that never comes."""
    bare = make(Ifupdown("static"))
    plant(bare, UNSEEN)
    boot(bare, Ifupdown("static"))
    before, had = configuration(bare), addresses(bare, "eth0")
    bridge(bare, "apply", ROLLBACK_SECONDS="4")
    assert not bare.reaches(HELD)
    until(lambda: is_as_before(bare, before, had))


def test_half_a_bridge_is_not_confirmed(make: Make) -> None:
    """A login over another way finds a bridge without its port: it is not kept."""
    bare = make(Ifupdown("static"))
    boot(bare, Ifupdown("static"))
    before, had = configuration(bare), addresses(bare, "eth0")
    bridge(bare, "apply")
    bare.run("ip", "link", "set", "eth0", "nomaster")
    done = bare.run(SCRIPT, "confirm", **ASKED)
    assert done.stderr == "br0: must be whole to be confirmed, got a part of it; it is rolled back, apply it again\n"
    until(lambda: is_as_before(bare, before, had))


def test_the_login_ends(make: Make) -> None:
    """All that it has started goes with it, but for what watches the trial."""
    bare = make(PLAIN)
    boot(bare, PLAIN)
    before, had = configuration(bare), addresses(bare, "eth0")
    login = ("setsid", "--wait", "sh", "-c", f"{SCRIPT} apply && kill -9 0")
    assert bare.run(*login, **ASKED | {"ROLLBACK_SECONDS": "4"}).returncode == -signal.SIGKILL
    assert status(bare) == "ok: bridge br0 is on trial"
    until(lambda: is_as_before(bare, before, had))


def test_systemd_starts_the_guard(make: Make, tmp_path: Path) -> None:
    """As a service, with next to no environment. Its DHCP clients stay, and if it is killed it is started again."""
    bare = make(PLAIN)
    boot(bare, PLAIN)
    before, had = configuration(bare), addresses(bare, "eth0")
    systemd_run = tmp_path / "systemd-run"
    systemd_run.write_text(SYSTEMD_RUN.format(log=tmp_path / "log", path=PATH), "utf-8")
    systemd_run.chmod(0o755)
    bare.run("mkdir", "/run/systemd/system")
    login = f"PATH={tmp_path}:$PATH exec {SCRIPT} apply"
    assert bare.run("sh", "-c", login, **ASKED | {"ROLLBACK_SECONDS": "4"}).returncode == 0
    options = "-q --collect -p KillMode=process -p Restart=on-failure"
    state = "/run/kvmlab/bridge/br0"
    assert (tmp_path / "log").read_text("utf-8") == f"{options} /bin/sh {state}/host/bridge_guard.sh {state}\n"
    until(lambda: is_as_before(bare, before, had))


def test_a_rollback_that_fails_is_tried_again(make: Make) -> None:
    """What is in its way goes, and then it works."""
    bare = make(Ifupdown("static"))
    bare.write("/etc/network/if-pre-up.d/broken", '#!/bin/sh\n[ "$IFACE" != eth0 ] || [ ! -e /run/broken ]\n')
    boot(bare, Ifupdown("static"))
    before, had = configuration(bare), addresses(bare, "eth0")
    bare.run("touch", "/run/broken")
    bridge(bare, "apply", ROLLBACK_SECONDS="3")
    until(lambda: "failed to bring up eth0" in bare.run("cat", "/run/kvmlab/bridge/br0.log").stdout)
    bare.run("rm", "/run/broken")
    until(lambda: is_as_before(bare, before, had))


def test_an_edit_since_then_is_not_lost(make: Make) -> None:
    """Restoring what was there before would lose it, so the user decides."""
    bare = make(Ifupdown("static"))
    boot(bare, Ifupdown("static"))
    bridge(bare, "apply")
    bridge(bare, "confirm")
    bare.run("sh", "-c", "echo '# mine' >>/etc/network/interfaces")
    edited = configuration(bare)
    done = bare.run(SCRIPT, "restore", **ASKED)
    state = "/var/lib/kvmlab/bridge/br0"
    assert done.stderr == (
        "/etc/network/interfaces: must be as kvmlab wrote it to be restored, got other content; "
        f"put {state}/new/etc/network/interfaces or {state}/original/etc/network/interfaces there\n"
    )
    assert configuration(bare) == edited
    assert address(bare, "br0") == HELD


class Killer:
    """Ends the script with SIGKILL at one of its steps."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        (directory / "bin").mkdir()
        (directory / "steps").mkdir()
        for command in SHIMMED:
            (directory / "bin" / command).symlink_to(ROOT / "tests/e2e/step.sh")

    def run(self, bare: Bare, verb: str, step: int) -> bool:
        """Call the script, and kill it after the step; whether it got as far."""
        for each in (self.directory / "steps").iterdir():
            each.rmdir() if each.is_dir() else each.unlink()
        environment = {
            "COMMANDS": PATH,
            "STEPS": f"{self.directory}/steps",
            "STEP": str(step),
            "MOMENT": "after",
            "KILL": "kill -9 $script",
        }
        shims = f"export PATH={self.directory}/bin:{PATH}"
        bare.run("sh", "-c", f"{shims}; exec /bin/sh {SCRIPT} {verb}", **ASKED | environment)
        return (self.directory / "steps/hit").exists()


@pytest.mark.parametrize("manager", [Ifupdown("plain"), Networkd("static"), NetworkManager("static")], ids=str)
def test_killed_at_any_step(make: Make, tmp_path: Path, manager: Manager) -> None:
    """Whatever was killed, and where: the machine comes to rest in the old or in the new configuration, whole."""
    bare = make(manager)
    boot(bare, manager)
    before, had = configuration(bare), addresses(bare, "eth0")
    killer = Killer(tmp_path)

    def rests(*, kept: bool) -> bool:
        if status(bare) == "ok: bridge br0 is on trial":
            return False
        if kept and status(bare) == "ok: bridge br0 is kept" and address(bare, "br0"):
            return addresses(bare, "br0") == had and bare.reaches(HELD)
        return is_as_before(bare, before, had)

    for verb in ("apply", "confirm", "rollback", "restore"):
        step, hit = 0, True
        while hit:
            step += 1
            if verb != "apply":
                bridge(bare, "apply")
            if verb == "restore":
                bridge(bare, "confirm")
            hit = killer.run(bare, verb, step)
            bare.run("sh", "-c", TIME_IS_OVER)
            until(lambda: rests(kept=verb in {"confirm", "restore"}))  # noqa: B023 (called at once)
            bridge(bare, "restore")
            until(lambda: is_as_before(bare, before, had))
        assert step > 5
