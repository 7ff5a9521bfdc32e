"""A host that cannot carry a lab is told so in full, before anything on it is changed."""

import platform
from pathlib import Path
from typing import Any

import pytest
import yaml

from components.errors import HostError, Problem
from stacks import images, preflight
from stacks.config.parsing import parse
from tests.unit.stacks.labs import ABLE, LAYERS, host, lab

CASES = sorted((Path(__file__).parents[2] / "cases" / "preflight").glob("*.yaml"))
WEB: dict[str, Any] = {"kind": "guests", "guests": {"web": {}}}
HINT = "enable Intel VT-x or AMD-V (SVM) in the BIOS/UEFI setup"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_report(case: Path) -> None:
    """A host is refused with exactly the report of its case, or not at all."""
    given: dict[str, Any] = yaml.safe_load(case.read_text("utf-8"))
    stack = given.get("stack", "quickstart")
    asked = lab(given["lab"], stack)
    found = preflight.problems(asked, host(given["facts"], stack), preview=given.get("preview", False))
    assert (str(HostError(asked.host.address, found)) if found else None) == given["report"]


def test_there_are_cases() -> None:
    """Both kinds of cases are found, so that the test above cannot pass by having nothing to do."""
    reports = [yaml.safe_load(case.read_text("utf-8"))["report"] for case in CASES]
    assert sum(report is None for report in reports) >= 8
    assert sum(report is not None for report in reports) >= 20


@pytest.mark.parametrize(
    ("asked", "facts", "accelerator", "warnings"),
    [
        ("auto", {}, "kvm", []),
        ("auto", {"cpu_flag": ""}, "qemu", [f"local: guests are emulated, which is slow; {HINT}"]),
        ("auto", {"kvm_device": False}, "qemu", [f"local: guests are emulated, which is slow; {HINT}"]),
        ("tcg", {}, "qemu", []),
        ("tcg", {"cpu_flag": ""}, "qemu", []),
        ("kvm", {}, "kvm", []),
    ],
)
def test_accelerator(asked: str, facts: dict[str, Any], accelerator: str, warnings: list[str]) -> None:
    """KVM where the host has it, unless config says otherwise; who did not choose emulation is told of it."""
    given = lab({**WEB, "host": {"accelerator": asked}})
    assert preflight.accelerator(given, host(facts)) == accelerator
    assert list(preflight.warnings(given, host(facts))) == warnings


def test_question() -> None:
    """The host is asked about the lab's pool and each local image once."""
    raw: dict[str, Any] = {
        **WEB,
        "image": {"file": "/srv/a b.qcow2"},
        "groups": {
            "node": {"count": 2, "image": {"file": "/srv/c.qcow2", "sha256": "0" * 64}},
            "plain": {"count": 1, "image": "debian-13"},
        },
        "pool": {"path": "/srv/lab"},
    }
    asked = lab(raw)
    links = {guest.name: images.link(guest.image) for guest in asked.guests if guest.image}
    question = preflight.question(asked)
    files = question.pop("FILES").split("\n")
    assert question.pop("COMMANDS").split()[:2] == ["curl", "dnsmasq"]
    unasked = dict.fromkeys(("FIRMWARE", "IPV6", "INTERFACES", "SPICE", "CPU_TYPES", "GUEST_SHARES"), "")
    assert question == {"LAB": "quickstart", "POOL_PATH": "/srv/lab", **unasked}
    assert files == sorted([f"{links['web']} - /srv/a b.qcow2", f"{links['node-1']} sha256 /srv/c.qcow2"])


def test_what_is_asked_of_networks() -> None:
    """Of the host's own interfaces those that NICs are to be on, and of IPv6 where a network has it."""
    nics = {"a": {"bridge": "br0"}, "b": {"direct": "eth1"}, "c": {"network": "backend"}}
    networks = {"backend": {"cidr": "10.30.0.0/24", "ipv6": "fd00::/64"}}
    question = preflight.question(lab({"kind": "guests", "networks": networks, "guests": {"web": {"nics": nics}}}))
    assert (question["INTERFACES"], question["IPV6"]) == ("br0 eth1", "yes")


def test_an_image_that_is_not_for_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """It has no address here, which is told in place of all else."""
    raw = {"kind": "guests", "guests": {"web": {"image": "arch"}, "db": {}}}
    asked = parse(raw, "quickstart", LAYERS, {"arch", "debian-13"})
    facts = host({"memory_kib": 1})
    monkeypatch.setattr(platform, "machine", lambda: "x86_64")
    assert {problem.path for problem in preflight.problems(asked, facts)} == {"lab.guests"}
    monkeypatch.setattr(platform, "machine", lambda: "aarch64")
    rule = "must be published for this machine's architecture, got 'arch', which is not; choose another"
    assert preflight.problems(asked, facts) == [Problem("lab.guests.web.image", rule)]


def test_addresses() -> None:
    """Guests keep what the lab's own network holds for them, and take nothing from one that only bears its name."""
    guests = {"web": {}, "db": {"address": "10.20.6.9"}}
    asked = lab({"kind": "guests", "network": {"cidr": "10.20.6.0/24"}, "guests": guests})
    held = {"reservations": {"quickstart": {"web": "10.20.6.77"}}}
    ours = host({**held, "network_uuids": {"quickstart": "ours"}})
    theirs = host({**held, "network_uuids": {"quickstart": "66666666-2222-3333-4444-555555555555"}})
    fresh = preflight.addresses(asked, [(asked, ABLE)])
    assert preflight.addresses(asked, [(asked, ours)]) == {"web": "10.20.6.77", "db": "10.20.6.9"}
    assert preflight.addresses(asked, [(asked, theirs)]) == fresh
    assert fresh["db"] == "10.20.6.9"
    assert fresh["web"] not in ("10.20.6.77", "10.20.6.9")
