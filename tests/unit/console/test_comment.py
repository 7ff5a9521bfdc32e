"""The comment of a pull request: what a reviewer reads of each kind of change, kept below tests/cases/comment.

`python -m tests.unit.console.test_comment` writes what it is now; the difference is to be read.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from components.effects import OFFLINE, PENDING, UNWRITTEN
from console.comment import LIMIT, comment, failure, marker
from console.reading import read
from stacks import capacity, preflight
from stacks.config import Lab
from tests.unit.console.previews import OTHER, WEB, disk, guest, part, preview, step, table
from tests.unit.stacks.labs import host, lab

CASES = Path(__file__).parents[2] / "cases" / "comment"
EMULATED = "local: guests are emulated, which is slow; enable Intel VT-x or AMD-V (SVM) in the BIOS/UEFI setup"
NEWER = "failed to load checkpoint: unsupported checkpoint version 99"
ODD = "a|b `c` <!-- --> </details> @all #1 [x](y) **z** \\ _u_ \u202etxt.exe ``` 10:smile: http://a.b www.c.d GH-7"
"""What would be read in another way than as it stands."""


def nodes(count: int, operation: str, new: dict[str, Any], environment: dict[str, str]) -> list[Any]:
    """Guests of a group, the last one first, as an engine may have them."""
    return [
        each
        for number in range(count, 0, -1)
        for each in guest(
            operation, new, environment, f"node-{number}", {"address": f"10.20.6.{number + 10}", "mac": f"52:{number}"}
        )
    ]


def stories() -> dict[str, dict[str, Any]]:
    """Previews by what they are about."""
    image = {"image": "base-two"}
    cloud = {"cloud_config": "".join(f"line-{number}: 1\n" for number in range(20))}
    clouded = {"cloud_config": cloud["cloud_config"].replace("line-3: 1", "line-3: 2").replace("line-17: 1\n", "")}
    rerun = {**OTHER, "INSTANCE_ID": "iid-2"}
    networks = ({"name": "six-san", "lab": "six", "mode": "isolated"}, {"name": "six", "cidr": "10.20.6.0/24"})
    return {
        "create": preview(
            part("Network", "network", "create", None, networks[1]),
            part("Pool", "pool", "create", None, {"name": "six", "path": "/srv/six"}),
            nodes(3, "create", {}, {}),
            guest("create", {"cpus": 2, "memory_mib": 4096, "address": "10.20.6.5"}, {}, "db"),
            disk("create", None, 10240, "data"),
            warning=EMULATED,
            info=table(
                "memory,7GiB,0,0,,23.5GiB,23.5GiB (100%)", "CPUs,5,0,0,,2,none", "pool,42GiB,0,5MiB,2TiB,2TiB,2TiB"
            ),
        ),
        "no-change": preview(nodes(3, "same", {}, {}), disk("same", 1024, 1024), info=table("CPUs,3,3,0,,2,none")),
        "live": preview(
            guest("update", {"autostart": True, "data_disks": ["data"], "description": "the door"}, {}),
            disk("update", 1024, 2048),
            part("Network", "network.san", "update", networks[0], {**networks[0], "mtu": 9000}),
        ),
        "restart": preview(
            guest("update", {"memory_mib": 4096, "cpus": 2}, OTHER),
            guest("update", clouded, rerun, "db", cloud),
            guest("update", clouded, rerun, "log", cloud),
            guest("update", {"cpus": 4}, {**OTHER, "GUEST_RESTART": "no"}, "waits"),
            guest("same", {}, {}, "still"),
            warning=[f"guest still: {PENDING}"],
            info=table("memory,9GiB,6GiB,0,,23.5GiB,23.5GiB (100%)", "CPUs,9,6,0,,2,none"),
        ),
        "replace-data-lost": preview(
            guest("replace", image, {}),
            disk("replace", 1024, 1024),
            guest("replace", image, {}, "db"),
            nodes(2, "same", {}, {}),
        ),
        "replace-disks-kept": preview(
            guest("replace", image, {}),
            disk("same", 1024, 1024),
            guest("replace", image, {}, "db"),
            info=[f"guest web: {UNWRITTEN}", f"guest db: {UNWRITTEN}"],
        ),
        "destroy": preview(
            guest("delete", {}, {}),
            disk("delete", 1024, None),
            guest("create", {}, {}, "door"),
            part("Network", "network.san", "delete", networks[0]),
        ),
        "failed": preview(
            [step("Guest::web", "create", None, WEB)],
            error="stack six: 1 problem in kvmlab:lab\n  lab.guests.db.memory: must be a size, got 8\n ```",
            warning=EMULATED,
        ),
        "drift": preview(
            [{**each, "op": "refresh"} for each in guest("same", {}, {})],
            guest("update", {}, {"RUN": "1"}),
            guest("same", {}, {}, "db"),
            disk("same", 1024, 1024),
            part("Network", "network", "update", networks[1], networks[1], KVMLAB_RUN="1"),
            warning=[
                "guest web: is shut off, and is started",
                "guest db: has 2 CPUs more than config says; take them away",
                "disk web.data: has been deleted while its guest runs: save what is on it from inside",
                "network: is stopped, and is started",
            ],
        ),
        "offline": preview(
            guest("update", {"memory_mib": 4096}, OTHER),
            warning=[f"{OFFLINE}: no host was asked; from config and no state", "disk web.data: is large"],
        ),
        "offline-failed": preview(
            error="stack six: 1 problem", warning=[f"{OFFLINE}: facts of local: none recorded; nothing is checked"]
        ),
        "sixty-guests": preview(
            nodes(57, "update", {"memory_mib": 2048}, OTHER),
            *(guest("update", {"memory_mib": 2048}, OTHER, name) for name in ("web", "db", "log")),
        ),
        "odd-names": preview(
            guest("update", {"description": ODD, "cloud_config": f"a: 1\n```\n{ODD}\n````\n"}, rerun, ODD),
            guest("create", {"image": ODD}, {}, "\u2603-1"),
            disk("create", None, 256, ODD),
            part("Network", f"network.{ODD}", "create", None, {"name": ODD}),
            warning=[ODD, f"guest {ODD}: {ODD}", "1. first\n2. second"],
            info=table(f"{ODD.replace(',', '')} memory,1GiB,0,0,,1GiB,1GiB"),
        ),
        "several-hosts": {
            **preview(
                guest("update", {"memory_mib": 2048}, {**OTHER, "SSH_DESTINATION": "10.0.0.2"}),
                guest("create", {}, {}, "db"),
                info=table(
                    "here memory,1GiB,0,0,,8GiB,8GiB (100%)", "far memory,2GiB,1GiB,0,,8GiB,8GiB (100%)", "odd,1,,,,,"
                ),
            ),
            "config": {"kvmlab:lab": json.dumps({"hosts": {"here": {"address": "local"}, "far": "10.0.0.2"}})},
        },
    }


@pytest.mark.parametrize("name", stories())
def test_golden(name: str) -> None:
    """It is the one that is kept."""
    told = read(json.dumps(stories()[name]), name)
    assert comment(told, "six") == (CASES / f"{name}.md").read_text("utf-8")


@pytest.mark.parametrize("name", stories())
def test_any_order(name: str) -> None:
    """The engine's order, which differs from run to run, does not show: the same preview makes the same bytes."""
    told = stories()[name]
    assert comment({**told, "steps": told["steps"][::-1], "duration": 7}, "six") == comment(told, "six")


@pytest.mark.parametrize("file", sorted(CASES.glob("*.json")), ids=lambda file: file.stem)
def test_real_previews(file: Path) -> None:
    """As Pulumi printed them of labs that were real, without what nobody reads of them."""
    assert comment(read(file.read_text("utf-8"), file.name), "team") == file.with_suffix(".md").read_text("utf-8")


def test_the_picture() -> None:
    """What the pictures of the documentation show is what a comment is today; else `make pictures`."""
    drawn = CASES.parents[2] / "docs" / "how-to" / "pictures"
    assert (drawn / "comment.md").read_text("utf-8") == (CASES / "real-mixed.md").read_text("utf-8")
    for name in (f"comment-{scheme}-{width}.png" for scheme in ("light", "dark") for width in (1280, 400)):
        assert (drawn / name).stat().st_size < 300_000


def test_no_preview_at_all() -> None:
    """The CLI says why, on stderr: a stack that is not there, a state of a newer version."""
    assert failure([NEWER], "six") == (CASES / "no-preview.md").read_text("utf-8")


@pytest.mark.parametrize(
    ("stack", "expected"),
    [
        ("six", "<!-- kvmlab preview: six -->"),
        ("me/lab/a--b", "<!-- kvmlab preview: me/lab/a--b -->"),
        ("--> \u202e", "<!-- kvmlab preview: --%3E%20%E2%80%AE -->"),
    ],
)
def test_marker(stack: str, expected: str) -> None:
    """It is one comment, whatever the stack is called."""
    assert marker(stack) == expected


def test_what_moves_by_itself() -> None:
    """Room that comes and goes, and what others take, makes no other comment, whether a lab fits or not."""
    asked = {"kind": "guests", "host": {"accelerator": "kvm"}, "groups": {"node": {"count": 2, "disk": "10GiB"}}}
    thin = lab({**asked, "host": {"accelerator": "kvm", "overcommit": {"cpus": "50%", "disk": "thin"}}})

    def told(one: Lab, free: int, others: int) -> str:
        there = host({"pool_free_kib": free * 1024**2, "running": {"another": [others * 1024**2, others]}})
        shown = preview(
            nodes(2, "create", {}, {}),
            info="\n".join(capacity.table([(one, there)])),
            warning=[*preflight.warnings(one, there)],
            error=[f"{path}: {message}" for path, message in preflight.problems(one, there)],
        )
        return comment(shown, "six")

    for one, words in (
        (thin, ("grow by more than is free at ", ", beside others that run,", "| pool | ", "| none (thin) |")),
        (lab(asked), ("must have room for all that new disks may grow to, got too little free at ",)),
    ):
        assert told(one, 9, 3) == told(one, 7, 4)
        assert [word for word in words if word not in told(one, 9, 3)] == []
    assert "| what is free |" in told(lab(asked), 99, 3)
    assert told(lab(asked), 99, 3) == told(lab(asked), 98, 0)


def test_six_hundred_guests() -> None:
    """All different: what matters least goes, and it is said where all of it is."""
    steps = [
        each
        for number in range(600)
        for each in guest(
            "replace" if number % 2 else "update",
            {
                "description": f"{number * 7919} is my number",
                "cloud_config": f"x: {number}\n" * 9,
                "image": f"i-{number}",
            },
            {**OTHER, "INSTANCE_ID": f"iid-{number}"},
            f"{number:03}-{number * 7919 % 1000}-guest",
        )
    ]
    told = comment(preview(steps), "six")
    assert len(told) <= LIMIT
    assert "Guests: **300 replaced with data lost**, 300 restarted." in told
    assert " are left out here, for want of room;_ `make preview STACK=six` _shows all._" in told


def _write() -> None:
    for name, told in stories().items():
        (CASES / f"{name}.md").write_text(comment(read(json.dumps(told), name), "six"), "utf-8")
    for file in CASES.glob("*.json"):
        file.with_suffix(".md").write_text(comment(read(file.read_text("utf-8"), file.name), "team"), "utf-8")
    (CASES / "no-preview.md").write_text(failure([NEWER], "six"), "utf-8")


if __name__ == "__main__":
    _write()
