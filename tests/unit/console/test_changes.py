"""What a preview says, from what Pulumi prints of it."""

from collections.abc import Mapping
from typing import Any

import pytest

from components.domain import Graphics
from components.domain_boot import DirectBoot, Install
from components.domain_disks import DataVolume, DiskOptions, RootPlace
from components.domain_parts import Balloon, Cpu
from components.domain_shares import Share
from components.effects import GUEST, PENDING, UNWRITTEN, Effect
from components.guest import shown
from console import protection, steps, text
from console.text import lines
from tests.unit.components.arguments import NICS, guest_args
from tests.unit.console.previews import COMMAND, OTHER, URN, WEB, disk, guest, off, step

CASES: dict[str, tuple[list[Any], list[str]]] = {
    "nothing": (guest("same", {}, {}), ["nothing changes", "guests: 1 unchanged"]),
    "restart": (
        guest("update", {"memory_mib": 4096, "cpus": 2}, OTHER),
        ["Guest web: cpus 1 -> 2 (restart)", "Guest web: memory 1GiB -> 4GiB (restart)", "guests: 1 restarted"],
    ),
    "live": (
        guest("update", {"disk_bytes": 20 * 10**9, "autostart": True, "data_disks": ["data", "log"]}, {}),
        [
            "Guest web: autostart false -> true (live)",
            "Guest web: disks none -> data, log (live)",
            "Guest web: disk 8GiB -> 20000000000 bytes (live)",
            "guests: 1 changed live",
        ],
    ),
    "a disk that is gone about in another way": (
        guest(
            "update",
            {"data_disks": ["a", "c", "d"], "unusual_disks": {"c": "cache none", "d": "io threads"}},
            {},
            old={"data_disks": ["a", "b", "c"], "unusual_disks": {"b": "/dev/sdb (raw)"}},
        ),
        [
            "Guest web: disks a, b, c -> a, c, d (live)",
            "Guest web: disk c: plain -> cache none (restart)",
            "guests: 1 restarted",
        ],
    ),
    "another disk by the same name": (
        guest(
            "update",
            {"unusual_disks": {"a": "/dev/sdc (raw, shared)"}},
            {},
            old={"data_disks": ["a"], "unusual_disks": {"a": "/dev/sdb (raw)"}},
        ),
        ["Guest web: disk a: /dev/sdb (raw) -> /dev/sdc (raw, shared) (live)", "guests: 1 changed live"],
    ),
    "a root disk that is gone about in another way": (
        guest("update", {"disk_options": "cache none, io native"}, OTHER),
        ["Guest web: root disk as QEMU likes -> cache none, io native (restart)", "guests: 1 restarted"],
    ),
    "times": (
        guest("update", {}, {"READY_SECONDS": "60"}),
        ["Guest web: readyTimeout in s 1800 -> 60 (live)", "guests: 1 changed live"],
    ),
    "cloud-init": (
        guest("update", {"cloud_config": "a: 1\nb: 3\n"}, {**OTHER, "INSTANCE_ID": "iid-2"}),
        [
            *(
                "Guest web: cloud-init runs again (restart)",
                "    @@ -1,2 +1,2 @@",
                "     a: 1",
                "    -b: 2",
                "    +b: 3",
            ),
            "guests: 1 restarted",
        ],
    ),
    "keys, which are not in the document": (
        guest("update", {}, {**OTHER, "INSTANCE_ID": "iid-2"}),
        ["Guest web: cloud-init runs again (restart)", "guests: 1 restarted"],
    ),
    "ignored from now on": (
        guest("update", {}, {**OTHER, "INSTANCE_ID": ""}),
        ["Guest web: cloud-init stays as it is from now on (restart)", "guests: 1 restarted"],
    ),
    "shown in another way by another version": (
        [*guest("same", {"cloud_config": "a: '[hidden]'\n"}, {})],
        ["nothing changes", "guests: 1 unchanged"],
    ),
    "replace": (
        guest("replace", {"image": "base-two"}, {}),
        [
            "Guest web: replaced, its root disk is made anew; data disks stay (replace)",
            "Guest web: image base-one -> base-two (replace)",
            "guests: 1 replaced",
        ],
    ),
    "off": (
        guest("update", {"power": "off", "cpus": 2}, OTHER),
        ["Guest web: cpus 1 -> 2 (restart)", "Guest web: power on -> off (restart)", "guests: 1 restarted"],
    ),
    "off, with nothing else": (
        guest("update", {"power": "off"}, {"GUEST_POWER": "off"}),
        ["Guest web: power on -> off (restart)", "guests: 1 restarted"],
    ),
    "another machine, while it is off": (
        off(guest("update", {"cpus": 2}, {**OTHER, "INSTANCE_ID": "iid-2"})),
        ["Guest web: cpus 1 -> 2 (live)", "Guest web: cloud-init runs again (live)", "guests: 1 changed live"],
    ),
    "network": (
        guest("update", {}, OTHER),
        ["Guest web: stands on another network (restart)", "guests: 1 restarted"],
    ),
    "mended": (
        guest("update", {}, {"RUN": "1"}),
        ["Guest web: is not whole, and is mended", "guests: 1 changed live"],
    ),
    "the worst comes first": (
        [
            *guest("create", {"memory_mib": 2048}, {}, "new"),
            *disk("update", 1024, 2048),
            *guest("update", {"cpus": 2}, OTHER),
            *guest("replace", {}, {}, "other"),
            *guest("delete", {}, {}, "old"),
        ],
        [
            "Guest old: destroyed, with its root disk",
            "Guest other: replaced, its root disk is made anew; data disks stay (replace)",
            "DataDisk web.data: 1GiB -> 2GiB (live)",
            "Guest web: cpus 1 -> 2 (restart)",
            "Guest new: created, 1 CPU, 2GiB, at 10.20.6.5",
            "guests: 1 created, 1 destroyed, 1 restarted, 1 replaced",
        ],
    ),
    "NICs": (
        guest("update", {"nics": {"a": "bridge br0 by DHCP", "b": "network backend at 10.30.0.5/24"}}, {}),
        [
            "Guest web: NIC a comes: bridge br0 by DHCP (live)",
            "Guest web: NIC b comes: network backend at 10.30.0.5/24 (live)",
            "guests: 1 changed live",
        ],
    ),
    "rename": (
        [*guest("create", {"address": "10.20.6.9"}, {}, "new"), *guest("delete", {}, {}, "old")],
        [
            "Guest old: destroyed, with its root disk",
            "Guest new: created, 1 CPU, 1GiB, at 10.20.6.9",
            "Guest new: is a new guest, not old by another name; to keep that one and its disk, let it have its name",
            "guests: 1 created, 1 destroyed",
        ],
    ),
    "not to be restarted": (
        guest("update", {"memory_mib": 4096, "autostart": True}, {**OTHER, "GUEST_RESTART": "no"}),
        [
            "Guest web: autostart false -> true (live)",
            "Guest web: memory 1GiB -> 4GiB (pending)",
            "Guest web: allowRestart default -> no (pending)",
            "guests: 1 changed once restarted",
        ],
    ),
    "NICs of which nobody is told": (
        guest("update", {"nics": {"a": "bridge br0 by DHCP"}}, {"WAIT_FOR": "start"}),
        [
            "Guest web: NIC a comes: bridge br0 by DHCP; its own system is not told of it (live)",
            "Guest web: waitFor default -> start (live)",
            "guests: 1 changed live",
        ],
    ),
    "disks come and go": (
        [*disk("create", None, 1024), *disk("delete", 1536, None, "old")],
        [
            "DataDisk web.old: destroyed, with all that is on it",
            "DataDisk web.data: created, 1GiB, blank",
            "guests: none",
        ],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_lines(name: str) -> None:
    """Guests and disks are told as they are going to fare; the engine's count comes last."""
    steps, expected = CASES[name]
    told = list(lines({"steps": steps, "changeSummary": {"update": 2, "same": 12, "create": 0}}))
    assert told == [*expected, "resources: 12 unchanged, 2 updated"]


GROWING = {"cpus": 2, "max_cpus": 4, "memory_mib": 1024, "max_memory_mib": 4096}


@pytest.mark.parametrize(
    ("new", "told", "fate"),
    [
        ({"cpus": 3}, "cpus 2 -> 3 (live)", "changed live"),
        ({"memory_mib": 512}, "memory 1GiB -> 512MiB (live)", "changed live"),
        ({"cpus": 1}, "cpus 2 -> 1 (restart)", "restarted"),
    ],
)
def test_a_guest_that_may_grow(new: Mapping[str, Any], told: str, fate: str) -> None:
    """Within what it may have, all is live, but that it does not let go of CPUs while it runs."""
    steps = guest("update", {}, {})
    steps[0]["oldState"]["inputs"] = {**WEB, **GROWING}
    steps[0]["newState"]["inputs"] = {**WEB, **GROWING, **new}
    assert list(lines({"steps": steps}))[:2] == [f"Guest web: {told}", f"guests: 1 {fate}"]


@pytest.mark.parametrize(("pending", "effect"), [(True, "restart"), (False, "live")])
def test_it_may_restart_from_now_on(*, pending: bool, effect: str) -> None:
    """What has been pending is done then."""
    steps = guest("update", {}, {})
    steps[1]["oldState"]["inputs"]["environment"] = {**COMMAND, "GUEST_RESTART": "no"}
    told = [{"severity": "warning", "message": f"warning: guest web: {PENDING}\n"}] if pending else []
    shown = list(lines({"steps": steps, "diagnostics": told}))
    assert f"Guest web: allowRestart no -> default ({effect})" in shown


def test_what_else_changes() -> None:
    """By its kind, and by which of its inputs."""
    inputs = ({"cidr": "10.20.6.0/24", "name": "six"}, {"cidr": "10.20.7.0/24", "name": "six"})
    command: dict[str, Any] = {"environment": {}}
    steps = [
        step("Network::network", "update", *inputs),
        step("Network$command:local:Command::network-network", "update", command, command, f"{URN}Network::network"),
    ]
    assert next(lines({"steps": steps})) == "Network network: updated: cidr"


def test_further_networks() -> None:
    """What is made anew or goes takes NICs of guests with it: they are named."""
    alias = '<alias name="ua-nic-b-{}"/>'
    shown = {**WEB, "nics": {"a": "bridge br0 by DHCP", "b": "network san at 10.30.0.5/24", "c": "network dmz"}}
    then = {**shown, "nics": {"a": "bridge br1 by DHCP", "b": shown["nics"]["b"]}}
    environments = [{"environment": {**COMMAND, "DEFINITION": alias.format(digest)}} for digest in ("0" * 12, "1" * 12)]
    san = {"name": "six-san", "lab": "six", "mode": "isolated"}
    command: dict[str, Any] = {"environment": {}}
    steps = [
        step("Guest::web", "update", shown, then, "urn:the-stack"),
        step("Guest$command:local:Command::web-guest", "update", environments[0], environments[1], f"{URN}Guest::web"),
        step("Network::network.san", "update", san, {**san, "mtu": 9000}),
        step("Network$command:local:Command::san-network", "update", command, command, f"{URN}Network::network.san"),
        step("Network::network.dmz", "delete", {**san, "name": "six-dmz"}, None),
        step("Network$command:local:Command::dmz-network", "delete", command, None, f"{URN}Network::network.dmz"),
    ]
    assert list(lines({"steps": steps}))[:-1] == [
        "Guest web: NIC a: bridge br0 by DHCP -> bridge br1 by DHCP (live)",
        "Guest web: NIC b goes and comes again (live)",
        "Guest web: NIC c goes: network dmz (live)",
        "Network network.dmz: destroyed; web lose their NICs there",
        "Network network.san: made anew: mtu default -> 9000; of web, the NICs there go and come",
        "guests: 1 changed live",
    ]


def test_a_refresh() -> None:
    """With `--refresh` the engine has looked at each resource before: that is no change, and told once."""
    steps = guest("update", {"autostart": True}, {})
    looked = [{**each, "op": "refresh"} for each in guest("same", {}, {})]
    told = ["Guest web: autostart false -> true (live)", "guests: 1 changed live"]
    assert list(lines({"steps": [*looked, *steps]}))[:-1] == told


def test_any_order() -> None:
    """Guests are told by name, whatever order the engine has."""
    steps = [each for name in ("node-10", "node-9") for each in guest("create", {}, {}, name)]
    told = list(lines({"steps": steps}))
    assert [line.partition(":")[0] for line in told[:2]] == ["Guest node-9", "Guest node-10"]
    assert told == list(lines({"steps": steps[::-1]}))


def test_nothing_is_lost_with_a_root_disk() -> None:
    """As its host shows; it is said so."""
    said = [{"severity": "info", "message": f"guest web: {UNWRITTEN}\n"}]
    assert list(lines({"steps": guest("replace", {}, {}), "diagnostics": said}))[:2] == [
        "Guest web: replaced, its root disk, never written to, is made anew; data disks stay (replace)",
        "guests: 1 replaced",
    ]


def test_errors() -> None:
    """They are told instead, without the warnings."""
    said = [
        {"severity": "warning", "message": "slow"},
        {"severity": "error", "message": "error: stack six: 1 problem\n  ...\n"},
    ]
    assert steps.errors({"diagnostics": said}) == ["stack six: 1 problem\n  ..."]
    assert steps.errors({}) == []


def test_said() -> None:
    """Warnings first, then what there is to read; what is for others stays with them."""
    said = [
        {"severity": "info", "message": "capacity  promised\nmemory    12GiB\n"},
        {"severity": "warning", "message": "warning: slow\n"},
        {"severity": "info#err", "message": "a library's"},
    ]
    assert list(text.said({"diagnostics": said})) == ["warning: slow", "capacity  promised", "memory    12GiB"]
    assert list(text.said({})) == []


def test_said_of_itself() -> None:
    """That no host was asked comes before all else, once."""
    said = [{"severity": "warning", "message": f"warning: {line}\n"} for line in ("slow", "offline preview: no host")]
    preview: dict[str, Any] = {"diagnostics": said}
    assert ([*text.marks(preview)], list(text.said(preview))) == (["offline preview: no host"], ["warning: slow"])


def test_protected() -> None:
    """By the names that config has for disks; a stack that was never deployed has none."""
    disk = f"{URN}DataDisk$command:local:Command::web.data-disk"
    resources = [{"urn": f"{URN}Guest::web"}, {"urn": disk, "protect": True}]
    assert protection.protected({"deployment": {"resources": resources}}) == ["web.data"]
    assert protection.protected({"deployment": {"manifest": {}}}) == []


def test_refusal() -> None:
    """Whatever must stay, it is told once what to do."""
    todo = "protected and must stay, got a destroy; write protect: false, run `make up`, and destroy then"
    assert protection.refusal(["web.data"]) == f"web.data: is {todo}"
    assert protection.refusal(["web.log", "web.data"]) == f"web.data, web.log: are {todo}"


def test_all_that_a_guest_shows_has_an_effect() -> None:
    """Or is its cloud-config, for which that depends."""
    everything = guest_args(
        autostart=True,
        balloon=Balloon(is_there=False, free_page_reporting=False, autodeflate=False),
        boot=DirectBoot("base-kernel-0", None, ""),
        cpu=Cpu("maximum", None),
        data_disks=["data"],
        description="the lab's door",
        disk_options=DiskOptions(io="threads"),
        firmware="uefi",
        graphics=Graphics("vnc", 6000, mark="1a2b"),
        install=Install("base-iso-0", "OEMDRV"),
        install_files="OEMDRV: ks.cfg: '[hidden 0]'",
        machine="q35",
        power="off",
        root=RootPlace("big", "six.big", "/mnt/big", ""),
        tpm=True,
        unusual_disks={"data": DataVolume("data", "/dev/sdb", "raw", is_block=True)},
        watchdog="reset",
        shares=[Share("data", "/srv/data")],
        nics=NICS,
        max_cpus=4,
        max_memory_mib=4096,
        cpu_shares=4096,
    )
    assert shown(everything).keys() == GUEST.keys() | {"cloud_config"}
    assert {Effect.LIVE, Effect.RESTART, Effect.REPLACE} == set(GUEST.values())
