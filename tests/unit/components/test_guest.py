"""What a guest is made of, and what a change of each argument does to it."""

import re
from typing import Any

import pytest

from components.domain import Graphics, definition
from components.domain_boot import DirectBoot, Install
from components.domain_disks import DataVolume, DiskOptions, RootPlace
from components.domain_parts import Balloon, Cpu
from components.domain_shares import Share
from components.enums import Firmware, OnCloudInitChange, Power, WaitFor
from components.guest import Guest, GuestArgs, domain_spec
from components.identity import domain_uuid
from tests.unit.components.arguments import NICS, SEED, guest_args
from tests.unit.mocks import Registered, Run, Secret, run

REPLACE, RERUN, IGNORE = OnCloudInitChange.REPLACE, OnCloudInitChange.RERUN, OnCloudInitChange.IGNORE
BIRTH = ["six", "node-1", "base-debian-13-01234567", "six", "/srv/six"]


def guest(**changes: object) -> Run:
    """Register a guest."""
    return run(lambda: Guest("node-1", guest_args(**changes)))


def command(**changes: object) -> Registered:
    """The command that makes it."""
    return guest(**changes)["Command node-1-guest"]


def test_command() -> None:
    """One command makes all of a guest, from the seed on stdin."""
    made = command()
    assert made.inputs == {
        "create": "host/guest.sh apply",
        "delete": "host/guest.sh delete",
        "environment": {
            "DOMAIN": "six-node-1",
            "GUEST": "node-1",
            "OWNER": "guest of kvmlab lab six",
            "DEFINITION": definition(domain_spec(guest_args(), "iid-1")),
            "ACCELERATOR": "kvm",
            "POOL": "six",
            "POOL_PATH": "/srv/six",
            "LINK": "base-debian-13-01234567",
            "DISK_BYTES": "10737418240",
            "NETWORK": "six",
            "MAC": "52:54:00:ab:cd:ef",
            "ADDRESS": "10.20.6.5",
            "LOGIN": "lab",
            "HOST_KEY": "ssh-ed25519 AAAAhost",
            "INSTANCE_ID": "iid-1",
            "WAIT_FOR": "cloud-init",
            "READY_SECONDS": "1800",
            "SHUTDOWN_SECONDS": "120",
            "GUEST_CLOUD_INIT": "replace",
            "RUN": "",
        },
        "stdin": Secret(SEED),
        "triggers": [*BIRTH, "iid-1"],
        "logging": "stdout",
    }
    assert made.request.deleteBeforeReplace
    assert list(made.request.ignoreChanges) == ["environment.RUN"]


def test_what_few_have() -> None:
    """It is there where it is asked for, so that an upgrade runs no command of those that have none."""
    made = command(data_disks=["data", "log"], firmware=Firmware.UEFI, autostart=True, power=Power.OFF)
    added = {"DATA_DISKS": "data log", "GUEST_FIRMWARE": "uefi", "GUEST_AUTOSTART": "yes", "GUEST_POWER": "off"}
    plain = command().inputs["environment"]
    assert {key: made.inputs["environment"][key] for key in made.inputs["environment"].keys() - plain.keys()} == added


def test_an_installation() -> None:
    """The script is told of it, and of the label of what the installer is told."""
    plain = command().inputs["environment"]
    for label, asked in ((None, {}), ("OEMDRV", {"GUEST_INSTALL_SEED": "OEMDRV"})):
        made = command(install=Install("base-iso-0", label)).inputs["environment"]
        assert {key: made[key] for key in made.keys() - plain.keys()} == {"GUEST_INSTALL": "yes", **asked}
        assert ("six-node-1-install.iso" in made["DEFINITION"]) == (label is not None)


def test_blank() -> None:
    """A guest without an image has a blank root disk; to get one is to be born again."""
    args = guest_args()
    del args["image"]
    made = run(lambda: Guest("node-1", args))
    assert made["Command node-1-guest"].inputs["environment"]["LINK"] == ""
    assert made["Command node-1-guest"].inputs["triggers"][2] == ""
    assert made["Guest node-1"].inputs["image"] == "none"


def test_further_nics() -> None:
    """The script is told what is reserved for each, and what the guest's own system gives it."""
    asked = command(nics=NICS).inputs["environment"]["GUEST_NICS"].splitlines()
    assert asked == [
        "backend 52:54:00:00:00:02 six-backend 10.30.0.5 10.30.0.5/24 9000",
        "lan 52:54:00:00:00:03 - - dhcp -",
    ]
    assert "GUEST_NICS" not in command().inputs["environment"]


def test_unusual_disks() -> None:
    """They are data disks, with the same names and in the same order, but as they are asked for."""
    log = DataVolume("log", "/dev/sdb", "raw", is_block=True)
    spec = domain_spec(guest_args(data_disks=["data", "log"], unusual_disks={"log": log}), "iid-1")
    assert spec.data == [DataVolume("data", "/srv/six/six-node-1.data.qcow2"), log]
    plain, unusual = (command(data_disks=["log"], **more) for more in ({}, {"unusual_disks": {"log": log}}))
    assert machine(plain) == machine(unusual)
    assert plain.inputs["environment"]["DEFINITION"] != unusual.inputs["environment"]["DEFINITION"]


@pytest.mark.parametrize(
    ("root", "disk", "added"),
    [
        (
            RootPlace("big", "six.big", "/mnt/big/six", ""),
            ("qcow2", "/mnt/big/six/six-node-1.qcow2"),
            {"GUEST_ROOT_PATH": "/mnt/big/six", "GUEST_ROOT_POOL": "six.big"},
        ),
        (
            RootPlace("fast", "", "/dev/labvg", "labvg"),
            ("raw", "/dev/labvg/six-node-1"),
            {"GUEST_ROOT_PATH": "/dev/labvg", "GUEST_ROOT_GROUP": "labvg", "GUEST_LAB": "six"},
        ),
    ],
)
def test_another_pool(root: RootPlace, disk: tuple[str, str], added: dict[str, str]) -> None:
    """The root disk is there, the seed in the lab's own; what a data disk is called follows from neither."""
    spec = domain_spec(guest_args(root=root), "iid-1")
    assert spec.disks == [disk, ("raw", "/srv/six/six-node-1-seed.iso")]
    assert spec.root_is_block == bool(root.group)
    told, plain = (command(**more).inputs["environment"] for more in ({"root": root}, {}))
    assert {key: told[key] for key in told.keys() - plain.keys()} == added


def test_broken() -> None:
    """A guest whose domain is gone is made whole again, each time that it is gone."""
    first, second = (command(is_broken=True) for _ in range(2))
    assert first.inputs["environment"]["RUN"] != second.inputs["environment"]["RUN"]
    assert list(first.request.ignoreChanges) == []


@pytest.mark.parametrize(
    ("policy", "born_again", "ignored", "expected"),
    [
        (REPLACE, ["iid-1"], [], "iid-1"),
        (RERUN, [], [], "iid-1"),
        (IGNORE, [], ["stdin"], ""),
    ],
)
def test_policies(policy: OnCloudInitChange, born_again: list[str], ignored: list[str], expected: str) -> None:
    """A new instance replaces the guest, or restarts it, or is not even looked at."""
    made = command(on_cloud_init_change=policy)
    assert made.inputs["triggers"] == [*BIRTH, *born_again]
    assert list(made.request.ignoreChanges) == ["environment.RUN", *ignored]
    assert made.inputs["environment"]["INSTANCE_ID"] == expected
    assert made.inputs["environment"]["DEFINITION"] == definition(domain_spec(guest_args(), expected))


CHANGES: dict[str, tuple[Any, str]] = {
    "lab": ("seven", "replace"),
    "hostname": ("node-2", "replace"),
    "accelerator": ("qemu", "restart"),
    "cpus": (4, "restart"),
    "memory_mib": (4096, "restart"),
    "data_disks": (["data"], "live"),
    "root": (RootPlace("big", "six.big", "/mnt/big/six", ""), "replace"),
    "disk_options": (DiskOptions(cache="none"), "restart"),
    "unusual_disks": ({"log": DataVolume("log", "/dev/sdb", "raw", is_block=True)}, "nothing"),
    "firmware": (Firmware.UEFI, "restart"),
    "machine": ("q35", "restart"),
    "tpm": (True, "restart"),
    "graphics": (Graphics("spice", 6000), "restart"),
    "cpu": (Cpu("host-model", None), "restart"),
    "balloon": (Balloon(is_there=False, free_page_reporting=False, autodeflate=False), "restart"),
    "watchdog": ("reset", "restart"),
    "description": ("the lab's door", "live"),
    "shares": ([Share("data", "/srv/data")], "restart"),
    "nics": (NICS, "live"),
    "autostart": (True, "live"),
    "boot": (DirectBoot("base-kernel-0", None, ""), "restart"),
    "install": (Install("base-iso-0", "OEMDRV"), "restart"),
    "install_files": ("OEMDRV: ks.cfg: '[hidden 0]'", "nothing"),
    "power": (Power.OFF, "live"),
    "max_cpus": (8, "restart"),
    "max_memory_mib": (8192, "restart"),
    "allow_restart": (False, "live"),
    "disk_bytes": (11 * 1024**3, "live"),
    "image": ("base-other", "replace"),
    "pool": ("other", "replace"),
    "pool_path": ("/srv/other", "replace"),
    "network": ("other", "restart"),
    "network_uuid": ("another", "restart"),
    "mac": ("52:54:00:00:00:01", "restart"),
    "address": ("10.20.6.6", "restart"),
    "login": ("ana", "live"),
    "host_key": ("ssh-ed25519 AAAAother", "live"),
    "seed": ("another", "live"),
    "cloud_config": ("packages: [git]\n", "nothing"),
    "instance_id": ("iid-2", "replace"),
    "on_cloud_init_change": (RERUN, "replace"),
    "wait_for": (WaitFor.START, "live"),
    "ready_seconds": (60, "live"),
    "shutdown_seconds": (60, "live"),
    "at_once": (4, "live"),
    "is_first": (True, "live"),
    "cpu_shares": (4096, "restart"),
    "libvirt_seconds": (60, "live"),
    "is_broken": (True, "live"),
    "ssh": ({"destination": "nas"}, "replace"),
}


def machine(made: Registered) -> str:
    """The hash of what a running guest is made of: with another one it restarts."""
    (found,) = re.findall(r'definition="([0-9a-f]{32})"', made.inputs["environment"]["DEFINITION"])
    return found


@pytest.mark.parametrize("key", CHANGES)
def test_what_a_change_does(key: str) -> None:
    """It replaces the guest, or defines its domain anew so that it restarts, or is done while it runs."""
    value, expected = CHANGES[key]
    before, after = command(), command(**{key: value})
    if before.inputs["triggers"] != after.inputs["triggers"]:
        does = "replace"
    elif machine(before) != machine(after):
        does = "restart"
    else:
        does = "live" if before.inputs != after.inputs else "nothing"
    assert does == expected


@pytest.mark.parametrize(("most", "key"), [("max_cpus", "cpus"), ("max_memory_mib", "memory_mib")])
def test_a_guest_grows_within_what_it_may_have(most: str, key: str) -> None:
    """That is no other machine, and its command is told of it."""
    smaller, larger = (command(**{most: 4096 if key == "memory_mib" else 4, key: value}) for value in (2, 3))
    assert machine(smaller) == machine(larger)
    assert smaller.inputs["environment"]["GUEST_SIZE"] != larger.inputs["environment"]["GUEST_SIZE"]


def test_a_password_of_a_guest_that_ignores_cloud_init() -> None:
    """It comes by stdin, which must not be ignored then, so the seed beside it is left alone on the host."""
    graphics = Graphics("vnc", None, mark="1a2b")
    made = command(on_cloud_init_change=IGNORE, graphics=graphics)
    assert list(made.request.ignoreChanges) == ["environment.RUN"]
    assert made.inputs["environment"]["GUEST_SEED"] == "kept"
    assert "GUEST_SEED" not in command(on_cloud_init_change=RERUN, graphics=graphics).inputs["environment"]
    assert "GUEST_SEED" not in command(on_cloud_init_change=IGNORE).inputs["environment"]


def test_another_password() -> None:
    """It is set while the guest runs; the first one restarts it."""
    none, one, other = (command(graphics=Graphics("vnc", None, mark=mark)) for mark in (None, "1a2b", "3c4d"))
    assert machine(none) != machine(one) == machine(other)
    assert one.inputs["environment"]["DEFINITION"] != other.inputs["environment"]["DEFINITION"]


def test_every_argument_is_tried() -> None:
    """A new argument must be added to the changes above."""
    assert CHANGES.keys() == GuestArgs.__annotations__.keys()


def test_outputs() -> None:
    """Address and id follow from the arguments, so every preview knows them."""
    made = guest()["Guest node-1"]
    assert made.outputs == {"address": "10.20.6.5", "domain_id": domain_uuid("six", "node-1")}
