"""A lab of kind `host` is a hypervisor and nothing on it, here or on another machine."""

from typing import Any
from unittest.mock import patch

import pytest

from stacks import host as kind
from stacks import preflight
from tests.unit.mocks import Run, run
from tests.unit.stacks.labs import host, lab


def compose(**config: Any) -> Run:
    """Compose the lab."""
    asked, facts = lab({"kind": "host", **config}, "nas"), host({})
    return run(lambda: kind.compose(asked, [(part, facts) for part in asked.parts()]), stack="nas")


@pytest.mark.parametrize(
    ("config", "name", "uri", "prefix"),
    [
        ({}, "host", "qemu:///system", "host/"),
        ({"host": "me@nas"}, "host-me@nas", "qemu+ssh://me@nas/system", "host/over_ssh.sh "),
    ],
    ids=["here", "behind SSH"],
)
def test_all_of_it(config: dict[str, Any], name: str, uri: str, prefix: str) -> None:
    """One command makes it, and undoes it; what speaks libvirt's protocol is told where."""
    made = compose(**config)
    assert set(made.resources) == {"Stack kvmlab-nas", f"KvmHost {name}", f"Command {name}-setup"}
    command = made[f"Command {name}-setup"].inputs
    assert (command["create"], command["delete"]) == (f"{prefix}setup.sh own", f"{prefix}setup.sh delete")
    assert ("SSH_DESTINATION" in command["environment"]) == ("host" in config)
    assert made.exports.keys() == {"libvirt", "doctor"}
    assert made.exports["libvirt"] == uri


@pytest.mark.parametrize(
    ("manager", "role", "call", "some", "others"),
    [
        ("apt", "server", "own", {"ovmf", "qemu-utils"}, {"virt-manager"}),
        ("dnf", "both", "own", {"edk2-ovmf", "libvirt-daemon-kvm", "virt-manager"}, {"qemu-utils"}),
        ("zypper", "workstation", "packages", {"libvirt-client", "virt-viewer"}, {"qemu-x86"}),
        ("", "server", "own", set[str](), {"qemu-utils"}),
    ],
)
def test_packages(manager: str, role: str, call: str, some: set[str], others: set[str]) -> None:
    """A preview shows those of the machine's distribution, and a workstation gets them and nothing else."""
    asked, facts = lab({"kind": "host", "host": {"role": role}}, "nas"), host({"package_manager": manager})
    made = run(lambda: kind.compose(asked, [(part, facts) for part in asked.parts()]), stack="nas")
    command = made["Command host-setup"].inputs
    assert command["create"] == f"host/setup.sh {call}"
    names = set(command["environment"]["PACKAGES"].split())
    assert some <= names
    assert not names & others
    assert bool(made.exports) == (call == "own")


def test_a_workstation_is_not_warned() -> None:
    """Nothing is emulated where no guest runs."""
    asked = lab({"kind": "host", "host": {"role": "workstation"}})
    assert list(preflight.warnings(asked, host({"kvm_device": False}))) == []


def test_nothing_of_a_guest_is_in_its_way() -> None:
    """What a pool or a network would need is not asked of it; that guests could run is."""
    facts = host({"memory_kib": 1, "pool_writable": False, "pool_free_kib": 0, "kvm_device": False})
    assert preflight.problems(lab({"kind": "host"}), facts) == []
    wanted = lab({"kind": "host", "host": {"accelerator": "kvm"}})
    assert [problem.path for problem in preflight.problems(wanted, facts)] == ["lab.host.accelerator"]


def test_a_bridge() -> None:
    """It is tried by one login and confirmed by the next, both again until the host shows that it is kept."""
    bridge = {"name": "br7", "interface": "52:54:00:AB:CD:EF"}
    made = compose(host={"address": "nas", "bridge": bridge})
    tried, confirmed = (made[f"Command bridge-nas-{what}"] for what in ("trial", "confirmed"))
    assert (tried.inputs["create"], tried.inputs["delete"]) == (
        "host/over_ssh.sh bridge.sh apply",
        "host/over_ssh.sh bridge.sh restore",
    )
    assert tried.inputs["environment"]["INTERFACE"] == "52:54:00:ab:cd:ef"
    assert confirmed.inputs["create"] == "host/over_ssh.sh bridge.sh confirm"
    # No login ends while the script still waits for the bridge's addresses.
    assert int(tried.inputs["environment"]["SSH_SILENCE"]) > 60 / 2
    assert "delete" not in confirmed.inputs
    again = compose(host={"address": "nas", "bridge": bridge})
    assert tried.inputs["environment"]["RUN"] != again["Command bridge-nas-trial"].inputs["environment"]["RUN"]
    assert list(tried.request.ignoreChanges) == []

    asked = lab({"kind": "host", "host": {"address": "nas", "bridge": bridge}}, "nas")
    kept = run(lambda: kind.compose(asked, [(asked, host({"kept_bridges": ["br7"]}))]), stack="nas")
    for what in ("trial", "confirmed"):
        assert list(kept[f"Command bridge-nas-{what}"].request.ignoreChanges) == ["environment.RUN"]


def test_the_doctors_table() -> None:
    """What the machine has become stands in an output, as host/facts.sh has told it beside what the user watches."""
    with patch("tests.unit.mocks.STDERR", "os_id debian\nos_name Debian GNU/Linux 13 (trixie)\nmachine x86_64\n"):
        made = compose()
    assert made["Command host-setup"].inputs["logging"] == "stdout"
    assert made.exports["doctor"][0] == "ok    system          Debian GNU/Linux 13 (trixie), x86_64"


def test_several() -> None:
    """Each is made one, and what is told of it is told by name."""
    made = compose(hosts={"nas": {}, "box": {"address": "me@box.lan", "bridge": {}}})
    for name in ("host-nas", "host-me@box.lan"):
        assert f"Command {name}-setup" in made.resources
    assert made.exports["libvirt"] == {"nas": "qemu+ssh://nas/system", "box": "qemu+ssh://me@box.lan/system"}
    assert made.exports["doctor"].keys() == {"nas", "box"}
    assert made.exports["bridge"] == {"box": "br0"}


def test_a_vlan() -> None:
    """Its tag is part of what the bridge is: another one is another bridge. Without, nothing is said of it."""
    plain = compose(host={"bridge": {}})["Command bridge-trial"].inputs
    tagged = compose(host={"bridge": {"vlan": 20}})["Command bridge-trial"].inputs
    assert "VLAN" not in plain["environment"]
    assert tagged["environment"]["VLAN"] == "20"
    assert tagged["triggers"] != plain["triggers"]


def test_network_manager() -> None:
    """Kept as it is, it is not touched; else it is told before there is a bridge, which it must leave alone."""
    bridge = {"name": "br7", "interface": "eth1", "vlan": 20}
    assert "NetworkManager network-manager" not in compose(host={"networkManager": "keep"}).resources
    made = compose(host={"address": "nas", "networkManager": "unmanaged", "bridge": bridge})
    told, tried = made["Command network-manager-nas-told"], made["Command bridge-nas-trial"]
    assert (told.inputs["create"], told.inputs["delete"]) == (
        "host/over_ssh.sh network_manager.sh apply",
        "host/over_ssh.sh network_manager.sh delete",
    )
    settings = {"NETWORK_MANAGER": "unmanaged", "BRIDGE": "br7", "INTERFACE": "eth1", "VLAN": "20"}
    assert settings.items() <= told.inputs["environment"].items()
    assert [urn.rpartition("::")[2] for urn in tried.request.dependencies] == ["network-manager-nas-told"]
    masked = compose(host={"networkManager": "mask"})
    assert masked["Command network-manager-told"].inputs["environment"]["BRIDGE"] == ""
