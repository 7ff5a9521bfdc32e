"""What a guest is made of, and what a change of each argument does to it."""

from typing import Any

import pytest

from components.enums import OnCloudInitChange
from components.guest import Guest, GuestArgs
from tests.unit.components.arguments import LAB_KEY, SEED, guest_args
from tests.unit.mocks import Registered, Run, Secret, run

REPLACE, RERUN, IGNORE = OnCloudInitChange.REPLACE, OnCloudInitChange.RERUN, OnCloudInitChange.IGNORE
SHARED = {
    "DOMAIN": "six-node-1",
    "NETWORK": "six",
    "MAC": "52:54:00:ab:cd:ef",
    "ADDRESS": "10.20.6.5",
    "SHUTDOWN_SECONDS": "120",
}
BIRTH = ["base-debian-13-01234567", "six", "/srv/six"]


def guest(**changes: object) -> Run:
    """Register a guest."""
    return run(lambda: Guest("node-1", guest_args(**changes)))


def trigger(resource: Registered) -> list[str]:
    """What replaces a resource whatever its provider would say."""
    return [value.string_value for value in resource.request.replacement_trigger.list_value.values]


def test_disks() -> None:
    """The disks come first, from the seed on stdin, and are made anew with whatever is fixed at birth."""
    disks = guest()["Command node-1-disks"]
    assert disks.inputs == {
        "create": "host/guest.sh apply",
        "delete": "host/guest.sh delete",
        "environment": {
            **SHARED,
            "GUEST": "node-1",
            "POOL": "six",
            "POOL_PATH": "/srv/six",
            "LINK": "base-debian-13-01234567",
            "DISK_BYTES": "10737418240",
            "NETWORK_UUID": "network-uuid",
        },
        "stdin": Secret(SEED),
        "triggers": [*BIRTH, "iid-1"],
        "logging": "stdout",
    }
    assert disks.request.deleteBeforeReplace


def test_domain() -> None:
    """The domain stands on both disks, root disk first, and restarts with its network and address."""
    domain = guest()["Domain node-1"]
    assert domain.depends_on == {"node-1-disks"}
    assert domain.inputs["disks"] == [
        {"volumeId": "/srv/six/six-node-1.qcow2"},
        {"volumeId": "/srv/six/six-node-1-seed.iso"},
    ]
    assert domain.inputs["description"] == "guest of kvmlab lab six"
    assert trigger(domain) == [*BIRTH, "iid-1", "network-uuid", "10.20.6.5"]


def test_ready() -> None:
    """Readiness waits for this very domain, with the lab's key on stdin."""
    ready = guest()["Command node-1-ready"]
    assert ready.inputs == {
        "create": "host/ready.sh await",
        "delete": "host/ready.sh off",
        "environment": {
            **SHARED,
            "DOMAIN_ID": "node-1-id",
            "LOGIN": "lab",
            "HOST_KEY": "ssh-ed25519 AAAAhost",
            "INSTANCE_ID": "iid-1",
            "READY_SECONDS": "1800",
        },
        "stdin": Secret(LAB_KEY),
        "triggers": ["node-1-id"],
        "logging": "stdout",
    }
    assert ready.request.deleteBeforeReplace


@pytest.mark.parametrize(
    ("policy", "born_again", "ignored"),
    [(REPLACE, ["iid-1"], []), (RERUN, [], []), (IGNORE, [], ["stdin"])],
)
def test_policies(policy: OnCloudInitChange, born_again: list[str], ignored: list[str]) -> None:
    """A new instance replaces disks and domain, or only rewrites the seed, or is not even looked at."""
    resources = guest(on_cloud_init_change=policy)
    names = ("Command node-1-disks", "Domain node-1", "Command node-1-ready")
    disks, domain, ready = (resources[name] for name in names)
    assert disks.inputs["triggers"] == [*BIRTH, *born_again]
    assert trigger(domain) == [*BIRTH, *born_again, "network-uuid", "10.20.6.5"]
    assert list(disks.request.ignoreChanges) == ignored
    assert ready.inputs["environment"]["INSTANCE_ID"] == ("" if ignored else "iid-1")


CHANGES: dict[str, tuple[Any, set[str]]] = {
    "lab": ("seven", {"disks", "domain", "ready"}),
    "hostname": ("node-2", {"disks", "domain", "ready"}),
    "accelerator": ("qemu", {"domain"}),
    "cpus": (4, {"domain"}),
    "memory_mib": (4096, {"domain"}),
    "disk_bytes": (11 * 1024**3, {"disks"}),
    "image": ("base-other", {"disks", "domain"}),
    "pool": ("other", {"disks", "domain"}),
    "pool_path": ("/srv/other", {"disks", "domain"}),
    "network": ("other", {"disks", "domain", "ready"}),
    "network_uuid": ("another", {"disks", "domain"}),
    "mac": ("52:54:00:00:00:01", {"disks", "domain", "ready"}),
    "address": ("10.20.6.6", {"disks", "domain", "ready"}),
    "login": ("ana", {"ready"}),
    "host_key": ("ssh-ed25519 AAAAother", {"ready"}),
    "lab_key": ("another", {"ready"}),
    "seed": ("another", {"disks"}),
    "cloud_config": ("packages: [git]\n", set()),
    "instance_id": ("iid-2", {"disks", "domain", "ready"}),
    "on_cloud_init_change": (RERUN, {"disks", "domain"}),
}


@pytest.mark.parametrize("key", CHANGES)
def test_what_a_change_touches(key: str) -> None:
    """A change of an argument reaches the resources that it must, and no other."""
    value, expected = CHANGES[key]
    before, after = guest(), guest(**{key: value})
    names = {"disks": "Command node-1-disks", "domain": "Domain node-1", "ready": "Command node-1-ready"}
    touched = {
        each
        for each, name in names.items()
        if before[name].inputs != after[name].inputs or trigger(before[name]) != trigger(after[name])
    }
    assert touched == expected


def test_every_argument_is_tried() -> None:
    """A new argument must be added to the changes above."""
    assert CHANGES.keys() == GuestArgs.__annotations__.keys()


def test_outputs() -> None:
    """The address is what was given; the domain's id is the provider's."""
    assert guest()["Guest node-1"].outputs == {"address": "10.20.6.5", "domain_id": "node-1-id"}
