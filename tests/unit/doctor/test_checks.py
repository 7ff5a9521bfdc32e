"""The table is what its case files show, and the reference page is what the checks say of themselves."""

from pathlib import Path

import pytest

from components.machine_facts import MachineFacts, parse
from components.virtualization import Virtualization
from doctor import checks
from doctor.checks import CHECKS, Line
from doctor.report import WIDTH, report
from stacks.config import models
from tests.unit.components.test_machine_facts import CASES, ROOT, load


def lines(facts: MachineFacts) -> dict[str, Line]:
    """All that depends on facts."""
    return {check.__name__: check(facts) for check in CHECKS}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_table(case: Path) -> None:
    """Word by word."""
    given = load(case)
    assert report(lines(parse(given["output"])), colour=False) == given["doctor"]


def test_a_line_that_is_not_ok_says_what_to_do() -> None:
    """In every case there is."""
    seen = [line for case in CASES for line in lines(parse(load(case)["output"])).values()]
    assert {line.level for line in seen} == {"ok", "warn", "must"}
    assert [line for line in seen if line.level != "ok" and not line.todo] == []


def test_colour_is_only_on_the_words() -> None:
    """Without it the same is said."""
    shown = report(lines(MachineFacts()), colour=True)
    plain = report(lines(MachineFacts()), colour=False)
    for code in (*("\033[32m", "\033[33m", "\033[31m"), "\033[0m"):
        assert code in shown
        shown = shown.replace(code, "")
    assert shown == plain
    assert max(len(check.__name__) for check in CHECKS) < WIDTH


def test_the_verdict() -> None:
    """Who asked by sudo is not promised that the same goes without it."""
    fine, bad = {"memory": Line("warn", "little")}, {"disk": Line("must", "none"), "names": Line("must", "none")}
    told = {by_sudo: report(fine, colour=False, by_sudo=by_sudo).splitlines()[-1] for by_sudo in (False, True)}
    assert told == {
        False: "a lab can be made here: make up",
        True: "a lab can be made here: make up, by sudo too unless that asks for no password",
    }
    assert report(bad, colour=False, by_sudo=True).endswith("\n\nfirst do what must be done: disk, names\n")


@pytest.mark.parametrize(
    ("running", "others", "level", "found"),
    [
        ((3, 11), [], "ok", "python3 is 3.11"),
        ((3, 14), [], "ok", "python3 is 3.14"),
        ((3, 10), ["python3.12"], "ok", "python3 is 3.10, and there is python3.12"),
        ((3, 9), [], "must", "python3 is 3.9"),
    ],
)
def test_python(running: tuple[int, int], others: list[str], level: str, found: str) -> None:
    """An old one is no hindrance where there is a newer one beside it."""
    assert checks.python(running, others)[:2] == (level, found)


@pytest.mark.parametrize(
    ("output", "check", "level", "says"),
    [
        ("machine aarch64\nos_id debian", "system", "must", "aarch64"),
        ("machine x86_64\nos_id linuxmint\nos_like ubuntu debian", "system", "ok", "x86_64"),
        ("user jo\nroot yes", "rights", "ok", "jo, who may act as root"),
        ("user jo\nkernel_log no", "rights", "must", "not seen: firewall rules, the kernel's log"),
        ("memory_kib 1048575\nmemory_available_kib 1048575", "memory", "must", "1.0 GiB"),
        ("memory_kib 1048576\nmemory_available_kib 1048576", "memory", "ok", "1.0 GiB"),
        ("filesystem ext4 9 8388608 /", "disk", "ok", "8.0 GiB free"),
        ("filesystem ext4 9 8388607 /", "disk", "must", "8.0 GiB free"),
        ("filesystem ext4 9 8388607 /\nfilesystem xfs 9 8388608 /srv", "disk", "must", "8.0 GiB free"),
        ("filesystem ext4 9 0 /\nfilesystem xfs 9 8388608 /srv", "disk", "must", "8.0 GiB at /srv"),
        ("filesystem ext4 9 8388608 /var\nfilesystem xfs 9 0 /var/lib/libvirt", "disk", "must", "8.0 GiB at /var"),
        ("libvirt_socket virtqemud\nlibvirt_installed virtqemud\ninit systemd", "libvirt", "ok", "when somebody asks"),
        ("libvirt_socket libvirtd\nlibvirt_installed libvirtd\ninit sh", "libvirt", "ok", "installed, not running"),
        ("libvirt_running libvirtd", "libvirt", "ok", "not installed"),
        ("rules_seen yes\ndrops ip filter FORWARD forward", "firewall", "ok", "nothing that drops"),
        (
            "rules_seen yes\nfirewall_backend nftables\ndrops ip filter FORWARD forward",
            "firewall",
            "warn",
            "FORWARD of ip",
        ),
        ("rules_seen yes\nfirewall_backend iptables\ndrops inet mine in input", "firewall", "warn", "in of inet mine"),
    ],
)
def test_edges(output: str, check: str, level: str, says: str) -> None:
    """Where one answer becomes another."""
    line = getattr(checks, check)(parse(output))
    assert line.level == level
    assert says in line.found


def test_defaults_are_those_of_a_guest() -> None:
    """What a guest has that names no size."""
    guest = models.GuestConfig.model_fields
    assert guest["memory"].default == checks.GUEST_MEMORY * 1024
    assert guest["disk"].default == checks.GUEST_DISK * 1024


def test_reference_page() -> None:
    """Every check and every state of virtualization has its row, in the words of the code."""
    page = (ROOT / "docs" / "reference" / "doctor.md").read_text("utf-8")
    rows = [f"| {check.__name__} | {(check.__doc__ or '').strip()} |" for check in (checks.python, *CHECKS)]
    assert "\n".join(rows) in page
    states = [line.split(" | ")[0].removeprefix("| ") for line in page.splitlines() if line.startswith("| ")]
    assert [state.value for state in Virtualization if state.value not in states] == []
    assert f"```\n{load(ROOT / 'tests' / 'cases' / 'machine_facts' / 'ubuntu-22.04.yaml')['doctor']}```\n" in page
