"""What somebody has done to a guest by hand is told, and what of it a run takes back."""

import pytest

from components.domain import DomainSpec, definition
from components.domain_boot import Install
from components.drift import DomainState, Seen, findings, wanted
from tests.unit.components.test_domain import SPEC

DOMAIN = "six-node-1"


def asked(**changes: object) -> Seen:
    """A domain as config has it."""
    spec: DomainSpec = SPEC._replace(**changes)  # pyright: ignore[reportArgumentType]
    return wanted(definition(spec))


def found(state: DomainState, *, autostart: bool = False, is_on: bool = True) -> dict[str, bool]:
    """What is told, and whether it is mended."""
    told = findings(DOMAIN, state, asked(), autostart=autostart, is_on=is_on)
    return {each.text: each.is_mended for each in told}


def test_wanted() -> None:
    """All that is compared is read from the definition."""
    seen = asked(max_cpus=8, max_memory_mib=8192)
    assert (seen.most_kib, seen.memory_kib, seen.cpus) == (8 * 1024**2, 2 * 1024**2, 2)
    assert seen.nics == {"52:54:00:ab:cd:ef"}
    assert seen.disks == {"/srv/six/six-node-1.qcow2", "/srv/six/six-node-1-seed.iso"}
    assert len(seen.definition) == 32


def test_what_is_in_a_drive() -> None:
    """An installer may put out its CD when it is done."""
    assert asked(install=Install("/srv/six/base-iso-0", "/srv/six/six-node-1-install.iso")).disks == asked().disks


def test_nothing() -> None:
    """A guest as config has it is as it should be, and so is one that is off and should be."""
    assert found(DomainState("running", False, asked(), asked())) == {}
    assert found(DomainState("shut off", False, asked(), asked()), is_on=False) == {}


LIVE: list[tuple[dict[str, object], str, bool]] = [
    ({"memory_kib": 1024**2}, "runs with 1024 MiB of memory, where config says 2048, and is given that", True),
    (
        {"memory_kib": 1024**2, "most_kib": 1024**2},
        "runs with 1024 MiB of memory, where config says 2048, until it restarts",
        False,
    ),
    ({"cpus": 1}, "runs with 1 CPUs, where config says 2, and is given that", True),
    ({"cpus": 3}, "runs with 3 CPUs, where config says 2, until it restarts", False),
    ({"nics": frozenset[str]()}, "lacks its NIC 52:54:00:ab:cd:ef, and is given it", True),
    (
        {"nics": frozenset({"52:54:00:ab:cd:ef", "52:54:00:00:00:09"})},
        "has a NIC that config does not know, 52:54:00:00:00:09; see it with: virsh dumpxml six-node-1",
        False,
    ),
]


@pytest.mark.parametrize(("changes", "text", "is_mended"), LIVE)
def test_while_it_runs(changes: dict[str, object], text: str, *, is_mended: bool) -> None:
    """Taken back where that needs no restart, else told; of one that is off, nothing runs."""
    live = asked()._replace(**changes)  # pyright: ignore[reportArgumentType]
    assert found(DomainState("running", False, live, asked())) == {text: is_mended}
    assert list(found(DomainState("shut off", False, live, asked()))) == ["is shut off, and is started"]


def test_of_what_is_stored() -> None:
    """All of it in one sentence: a definition is made anew as a whole."""
    stored = asked()._replace(memory_kib=1024**2, cpus=4, nics=frozenset[str]())
    (text,) = found(DomainState("running", False, asked(), stored))
    assert text == (
        "would start next with 1024 MiB of memory, where config says 2048, 4 CPUs, where config says 2, "
        "no NIC 52:54:00:ab:cd:ef, and is defined as config says"
    )


def test_another_config_is_no_drift() -> None:
    """What a guest was made of before an edit is not what somebody has done to it."""
    before = asked(cpus=4)
    assert found(DomainState("running", False, before, before)) == {}


@pytest.mark.parametrize(
    ("state", "is_on", "text", "is_mended"),
    [
        ("paused", True, "is paused, and goes on", True),
        ("crashed", True, "is crashed, and is started", True),
        (
            "running",
            False,
            "is running, though config says off; shut it down with: virsh shutdown six-node-1",
            False,
        ),
    ],
)
def test_power(state: str, text: str, *, is_on: bool, is_mended: bool) -> None:
    """A guest that is to run is brought back; one that is not is never cut off."""
    assert found(DomainState(state, False, asked(), asked()), is_on=is_on) == {text: is_mended}


def test_autostart() -> None:
    """It is set as config has it."""
    told = found(DomainState("running", False, asked(), asked()), autostart=True)
    assert told == {"does not start with the host, and is set right": True}
