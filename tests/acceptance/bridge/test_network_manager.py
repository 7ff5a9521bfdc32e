"""host/network_manager.sh on machines made of namespaces: NetworkManager leaves alone what it is told to."""

from pathlib import Path

import pytest

from tests.acceptance.bridge.bare import Bare
from tests.acceptance.bridge.bridges import Make, addresses, boot, bridge, configuration, until
from tests.acceptance.bridge.managers import RUN_NETWORKMANAGER, Ifupdown, MadeUp, Manager, Networkd, NetworkManager

SCRIPT = "host/network_manager.sh"
BRIDGED = {"BRIDGE": "br0", "INTERFACE": "default-route"}
UNMANAGED = {"NETWORK_MANAGER": "unmanaged", "BRIDGE": "", "INTERFACE": ""}
MASK = UNMANAGED | {"NETWORK_MANAGER": "mask"}
CONF = "NetworkManager/conf.d/kvmlab.conf"
STATIC = Networkd("static")
LAB = "ip link add {0} type bridge && ip address add 10.20.0.1/24 dev {0} && ip link set {0} up"
STOP = "[ ! -e /run/networkmanager.pid ] || { kill $(cat /run/networkmanager.pid) && sleep 1; }"
SYSTEMCTL = """#!/bin/sh
echo "$*" >>{state}/log
case $* in
    'is-enabled '*) cat {state}/enabled ;;
    '-q is-active '*) grep -qx active {state}/active ;;
    'is-active '*) cat {state}/active && grep -qx active {state}/active ;;
    *' mask --now '*) echo masked >{state}/enabled && echo inactive >{state}/active ;;
    *' unmask '*) echo enabled >{state}/enabled ;;
    'start '*) echo active >{state}/active ;;
esac
"""
"""A stand-in: there is no systemd in namespaces."""


def tell(bare: Bare, verb: str, asked: dict[str, str]) -> str:
    """Call the script, which works; what it says."""
    done = bare.run(SCRIPT, verb, **asked)
    assert done.returncode == 0, f"{done.stdout}{done.stderr}"
    return done.stdout.strip()


def states(bare: Bare) -> dict[str, str]:
    """What NetworkManager says of each device."""
    shown = bare.run("nmcli", "-t", "-f", "DEVICE,STATE", "device").stdout
    return dict(line.split(":", 1) for line in shown.splitlines())


def start(bare: Bare, *bridges: str) -> None:
    """NetworkManager starts and finds bridges of labs. Without udev, it sees none that come later."""
    for name in bridges:
        bare.run("sh", "-euc", LAB.format(name))
    bare.run("sh", "-euc", f"{STOP}{RUN_NETWORKMANAGER}")
    until(lambda: states(bare).get("lo") == "connected (externally)")


def test_it_leaves_labs_alone(make: Make) -> None:
    """Devices that are there and those that come; no address is lost, neither then nor when it is told no more."""
    bare = make(STATIC)
    held = boot(bare, STATIC)
    start(bare, "kl-one")
    before, had = configuration(bare), addresses(bare, "eth0")
    assert (states(bare)["kl-one"], states(bare)["eth0"]) == ("connected (externally)", "connected (externally)")

    assert tell(bare, "apply", UNMANAGED) == "changed: NetworkManager leaves labs alone"
    assert tell(bare, "apply", UNMANAGED) == "ok: NetworkManager leaves labs alone"
    assert states(bare)["kl-one"] == "unmanaged"
    start(bare, "kl-two", "other")
    assert states(bare)["kl-two"] == "unmanaged"
    assert (states(bare)["other"], states(bare)["eth0"]) == ("connected (externally)", "connected (externally)")

    assert tell(bare, "apply", UNMANAGED | BRIDGED) == "changed: NetworkManager leaves labs alone"
    bridge(bare, "apply")
    bridge(bare, "confirm")
    assert (states(bare)["br0"], states(bare)["eth0"]) == ("unmanaged", "unmanaged")
    assert tell(bare, "apply", UNMANAGED | BRIDGED) == "ok: NetworkManager leaves labs alone"
    bare.off()
    assert boot(bare, STATIC, "br0") == held
    start(bare, "kl-one")
    assert addresses(bare, "br0") == had
    assert (states(bare)["br0"], states(bare)["eth0"]) == ("unmanaged", "unmanaged")

    bridge(bare, "restore")
    told = "changed: NetworkManager is told nothing of labs; what it leaves alone now it does until the next boot"
    assert tell(bare, "delete", UNMANAGED | BRIDGED) == told
    assert tell(bare, "delete", UNMANAGED | BRIDGED) == "ok: NetworkManager is as it was"
    assert configuration(bare) == before
    assert addresses(bare, "eth0") == had
    assert addresses(bare, "kl-one") == ["10.20.0.1/24"]
    assert bare.reaches(held)


REFUSALS: dict[str, tuple[Manager, dict[str, str], str, str]] = {
    "its own interface": (
        NetworkManager("static"),
        UNMANAGED | BRIDGED,
        "",
        (
            "eth0: must be managed by another than NetworkManager, which is to leave it alone, got NetworkManager; "
            "set lab.host.networkManager to keep, or configure eth0 elsewhere"
        ),
    ),
    "no such interface": (
        NetworkManager("static"),
        UNMANAGED | BRIDGED | {"INTERFACE": "eth9"},
        "",
        "br0: must stand on an interface of this host, lo eth0, got 'eth9'; name one of these",
    ),
    "masked, with an interface": (
        MadeUp(),
        MASK,
        "mkdir /run/systemd/system",
        (
            "NetworkManager: must manage no interface to be masked, got eth0, which nobody would manage then; "
            "set lab.host.networkManager to keep, or configure it elsewhere"
        ),
    ),
    "masked, without systemd": (
        Ifupdown("plain"),
        MASK,
        "",
        (
            "NetworkManager: must be started by systemd to be masked, got another init; "
            "set lab.host.networkManager to unmanaged"
        ),
    ),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_refused(make: Make, name: str) -> None:
    """One line says what is wrong, and nothing has changed."""
    manager, asked, setup, message = REFUSALS[name]
    bare = make(manager)
    held = boot(bare, manager)
    before = configuration(bare)
    bare.run("sh", "-euc", setup)
    done = bare.run(SCRIPT, "apply", **asked)
    assert (done.returncode, done.stdout, done.stderr) == (1, "", f"{message}\n")
    assert configuration(bare) == before
    assert bare.reaches(held)


def test_masked(make: Make, tmp_path: Path) -> None:
    """It is stopped and masked, once; and as it was before when all is undone."""
    bare = make(Ifupdown("plain"))
    boot(bare, Ifupdown("plain"))
    bare.run("mkdir", "/run/systemd/system")
    systemctl = tmp_path / "systemctl"
    systemctl.write_text(SYSTEMCTL.format(state=tmp_path), "utf-8")
    systemctl.chmod(0o755)

    def told(verb: str) -> str:
        done = bare.run("sh", "-c", f"PATH={tmp_path}:$PATH exec {SCRIPT} {verb}", **MASK)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def state() -> list[str]:
        return [(tmp_path / name).read_text("utf-8").strip() for name in ("enabled", "active")]

    for enabled, active in (("enabled", "active"), ("enabled", "inactive")):
        (tmp_path / "enabled").write_text(f"{enabled}\n", "utf-8")
        (tmp_path / "active").write_text(f"{active}\n", "utf-8")
        assert told("apply") == "changed: NetworkManager is masked"
        assert told("apply") == "ok: NetworkManager is masked"
        assert state() == ["masked", "inactive"]
        assert told("delete") == "changed: NetworkManager is as before it was masked"
        assert told("delete") == "ok: NetworkManager is as it was"
        assert state() == [enabled, active]
    # What the user has masked stays so.
    (tmp_path / "enabled").write_text("masked\n", "utf-8")
    assert told("apply") == "ok: NetworkManager is masked"
    assert told("delete") == "ok: NetworkManager is as it was"
    assert state() == ["masked", "inactive"]
    bare.run("rm", "/usr/sbin/NetworkManager")
    assert told("apply") == "ok: no NetworkManager"
