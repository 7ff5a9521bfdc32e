"""host/bridge.sh on machines made of namespaces: the address survives, and so does everything else."""

import pytest

from tests.acceptance.bridge.bare import NIC
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
from tests.acceptance.bridge.managers import MANAGERS, Manager


@pytest.mark.parametrize("manager", MANAGERS, ids=str)
def test_the_address_is_the_bridges(make: Make, manager: Manager) -> None:
    """It is the same on trial, when it is kept, after a reboot and when all is undone, and then the files are too."""
    bare = make(manager)
    held = boot(bare, manager)
    before, had = configuration(bare), addresses(bare, "eth0")
    leases = bare.leases
    assert len(leases) == (manager.mode == "dhcp")

    assert bridge(bare, "apply") == "changed: bridge br0 over eth0, to be confirmed within 20 s"
    assert configuration(bare) == before
    assert addresses(bare, "br0") == had
    assert addresses(bare, "eth0") == []
    assert bare.leases == leases
    until(lambda: bare.reaches(held))
    assert status(bare) == "ok: bridge br0 is on trial"
    assert bridge(bare, "confirm") == "changed: bridge br0 over eth0 is kept"

    kept = configuration(bare)
    assert bridge(bare, "apply") == "ok: bridge br0"
    assert bridge(bare, "confirm") == "ok: bridge br0"
    assert bridge(bare, "apply", INTERFACE="eth0") == "ok: bridge br0"
    bare.off()
    assert boot(bare, manager, "br0") == held
    assert configuration(bare) == kept != before
    assert addresses(bare, "br0") == had
    assert addresses(bare, "eth0") == []
    assert status(bare) == "ok: bridge br0 is kept"
    assert bare.leases == leases
    assert NIC in bare.run("cat", "/sys/class/net/br0/address").stdout

    assert bridge(bare, "restore") == "changed: eth0 is as before bridge br0"
    assert configuration(bare) == before
    assert addresses(bare, "eth0") == had
    until(lambda: bare.reaches(held))
    assert bridge(bare, "restore") == "ok: no bridge br0"
    assert not (bare.state / "var/lib/upper/kvmlab/bridge").exists()
    bare.off()
    assert boot(bare, manager) == held


@pytest.mark.parametrize("manager", [each for each in MANAGERS if each.mode == "static"], ids=str)
def test_nobody_confirms(make: Make, manager: Manager) -> None:
    """The old configuration comes back by itself, and a late confirmation is told so."""
    bare = make(manager)
    held = boot(bare, manager)
    before, had = configuration(bare), addresses(bare, "eth0")
    bridge(bare, "apply", ROLLBACK_SECONDS="3")
    until(lambda: status(bare) == "ok: no bridge br0")
    until(lambda: bare.reaches(held))
    assert addresses(bare, "eth0") == had
    assert configuration(bare) == before
    late = bare.run(SCRIPT, "confirm", **ASKED)
    assert late.returncode == 1
    assert late.stderr == (
        "br0: must be on trial to be confirmed, got none; the old configuration is in force, apply it again\n"
    )
    assert "br0" not in bare.run("ip", "-o", "link", "show").stdout


@pytest.mark.parametrize("manager", MANAGERS, ids=str)
def test_a_reboot_before_it_is_confirmed(make: Make, manager: Manager) -> None:
    """The machine comes up as it was, with nothing left to be rolled back, and can be asked again."""
    bare = make(manager)
    held = boot(bare, manager)
    before = configuration(bare)
    bridge(bare, "apply", ROLLBACK_SECONDS="600")
    bare.off()
    assert boot(bare, manager) == held
    assert configuration(bare) == before
    assert status(bare) == "ok: no bridge br0"
    bridge(bare, "apply")
    bridge(bare, "confirm")
    assert address(bare, "br0") == held
