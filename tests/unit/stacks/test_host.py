"""A lab of kind `host` is a hypervisor and nothing on it, here or on another machine."""

from typing import Any

import pytest

from stacks import host as kind
from stacks import preflight
from tests.unit.mocks import Run, run
from tests.unit.stacks.labs import host, lab


def compose(**config: Any) -> Run:
    """Compose the lab."""
    asked, facts = lab({"kind": "host", **config}, "nas"), host({})
    return run(lambda: kind.compose(asked, facts), stack="nas")


@pytest.mark.parametrize(
    ("config", "uri", "prefix", "settings"),
    [
        ({}, "qemu:///system", "host/", set[str]()),
        ({"host": "me@nas"}, "qemu+ssh://me@nas/system", "host/over_ssh.sh ", {"SETTINGS", "SSH_DESTINATION"}),
    ],
    ids=["here", "behind SSH"],
)
def test_all_of_it(config: dict[str, Any], uri: str, prefix: str, settings: set[str]) -> None:
    """One command makes it, and undoes it; what speaks libvirt's protocol is told where."""
    made = compose(**config)
    assert set(made.resources) == {"Stack kvmlab-nas", "KvmHost host", "Command host-setup"}
    command = made["Command host-setup"].inputs
    assert (command["create"], command["delete"]) == (f"{prefix}setup.sh apply", f"{prefix}setup.sh delete")
    assert settings <= command["environment"].keys()
    assert made.exports == {"libvirt": uri}


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
    tried, confirmed = (made[f"Command bridge-{what}"] for what in ("trial", "confirmed"))
    assert (tried.inputs["create"], tried.inputs["delete"]) == (
        "host/over_ssh.sh bridge.sh apply",
        "host/over_ssh.sh bridge.sh restore",
    )
    assert tried.inputs["environment"]["INTERFACE"] == "52:54:00:ab:cd:ef"
    assert confirmed.inputs["create"] == "host/over_ssh.sh bridge.sh confirm"
    assert "delete" not in confirmed.inputs
    again = compose(host={"address": "nas", "bridge": bridge})
    assert tried.inputs["environment"]["RUN"] != again["Command bridge-trial"].inputs["environment"]["RUN"]
    assert list(tried.request.ignoreChanges) == []

    asked = lab({"kind": "host", "host": {"address": "nas", "bridge": bridge}}, "nas")
    kept = run(lambda: kind.compose(asked, host({"kept_bridges": ["br7"]})), stack="nas")
    for what in ("trial", "confirmed"):
        assert list(kept[f"Command bridge-{what}"].request.ignoreChanges) == ["environment.RUN"]


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
    told, tried = made["Command network-manager-told"], made["Command bridge-trial"]
    assert (told.inputs["create"], told.inputs["delete"]) == (
        "host/over_ssh.sh network_manager.sh apply",
        "host/over_ssh.sh network_manager.sh delete",
    )
    settings = {"NETWORK_MANAGER": "unmanaged", "BRIDGE": "br7", "INTERFACE": "eth1", "VLAN": "20"}
    assert settings.items() <= told.inputs["environment"].items()
    assert [urn.rpartition("::")[2] for urn in tried.request.dependencies] == ["network-manager-told"]
    masked = compose(host={"networkManager": "mask"})
    assert masked["Command network-manager-told"].inputs["environment"]["BRIDGE"] == ""
