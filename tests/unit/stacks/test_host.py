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
