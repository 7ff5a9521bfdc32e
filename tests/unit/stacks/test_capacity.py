"""What guests ask for together and what there is, in one table; and what is told of it where that may end badly."""

from typing import Any

import pytest

from components.amounts import about
from components.host_facts import HostFacts
from stacks import capacity, preflight
from stacks.capacity import Resource
from stacks.config import Lab
from tests.unit.stacks.labs import host, lab

GIB = 1024**3
TCG = {"accelerator": "tcg"}
C51: dict[str, Any] = {
    "kind": "guests",
    "host": {**TCG, "overcommit": {"disk": "thin"}},
    "groups": {"node": {"count": 3, "disks": {name: {"size": "1TiB"} for name in "abc"}}},
}
PAUSED = "a guest that writes when it is full is paused"
POOL = "/var/lib/libvirt/images/quickstart"
FREE = {"pool_free_kib": 200 * 1024**2}


def asked(overcommit: dict[str, Any], **guest: Any) -> Lab:
    """A lab of two guests, on a host that emulates, of which nobody needs to be warned."""
    return lab({"kind": "guests", "host": {**TCG, "overcommit": overcommit}, "groups": {"node": {"count": 2, **guest}}})


def test_a_lab_to_be() -> None:
    """All that is promised, and nothing of it taken yet."""
    assert capacity.table([(lab(C51), host(FREE))]) == [
        "capacity  promised  allocated  others  free    total   limit",
        "memory    3GiB      0          0               16GiB   16GiB (100%)",
        "CPUs      3         0          0               8       none",
        "pool      9TiB      0          200GiB  200GiB  400GiB  none (thin)",
    ]


def test_a_lab_that_is() -> None:
    """What its guests have now is its own, whoever else's name begins like theirs."""
    given = asked({"memory": "150%", "cpus": "50%"}, disk="10GiB")
    facts = host(
        {
            "domains": {"quickstart-node-1": "guest of kvmlab lab quickstart", "quickstart-node": "somebody's"},
            "running": {
                "quickstart-node-1": [1024**2, 1],
                "quickstart-node": [2 * 1024**2, 2],
                "another": [512 * 1024, 4],
            },
            "pool_disks": {"quickstart-node-1.qcow2": 10 * GIB, "quickstart-gone.qcow2": 99 * GIB},
            "pool_allocated": {"quickstart-node-1.qcow2": 3 * GIB // 2, "quickstart-gone.qcow2": GIB},
        }
    )
    assert capacity.table([(given, facts)]) == [
        "capacity  promised  allocated  others    free    total   limit",
        "memory    2GiB      1GiB       2.5GiB            16GiB   24GiB (150%)",
        "CPUs      2         1          6                 8       4 (50%)",
        "pool      20GiB     1.5GiB     298.5GiB  100GiB  400GiB  110GiB (promised)",
    ]


def test_a_guest_that_is_off() -> None:
    """It needs room for its disks, and no memory and CPUs."""
    given, facts = asked({"cpus": "50%"}, power="off", disk="10GiB"), host({"running": {"another": [99 * 1024**2, 99]}})
    assert list(preflight.warnings(given, facts)) == []
    table = capacity.table([(given, facts)])
    assert [line.split()[:2] for line in table[1:]] == [["memory", "0"], ["CPUs", "0"], ["pool", "20GiB"]]


def test_several_hosts() -> None:
    """Each has its rows, but one without guests."""
    guests = {"web": {"host": "nas"}, "db": {"host": "box", "memory": "2GiB"}}
    whole = lab({"kind": "guests", "hosts": {"nas": {}, "idle": {}, "box": {}}, "guests": guests})
    table = capacity.table([(part, host({})) for part in whole.parts()])
    assert [line.split("  ")[0] for line in table] == [
        "capacity",
        *("nas memory", "nas CPUs", "nas pool"),
        *("box memory", "box CPUs", "box pool"),
    ]
    assert [line.split()[2] for line in table[1:]] == ["1GiB", "1", "8GiB", "2GiB", "1", "8GiB"]


def test_no_guests() -> None:
    """Nothing is asked for, and nothing told."""
    none = lab({"kind": "guests", "groups": {"node": {"count": 0}}})
    assert capacity.table([(none, host({}))]) == []
    assert list(preflight.warnings(none, host({"memory_kib": 0, "running": {"another": [1, 1]}, **FREE}))) == []


OTHERS = {"running": {"another": [12 * 1024**2, 6]}}


@pytest.mark.parametrize(
    ("given", "facts", "warnings"),
    [
        (asked({}, memory="2GiB"), OTHERS, []),
        (
            asked({}, memory="3GiB"),
            OTHERS,
            ["local: memory: guests ask for 6GiB, others that run have 12GiB, and the host has 16GiB"],
        ),
        (
            asked({"memory": "150%"}, memory="12GiB"),
            {},
            ["local: memory: guests ask for 24GiB, and the host has 16GiB"],
        ),
        (
            asked({"memory": "80%"}, memory="512MiB"),
            OTHERS,
            ["local: memory: guests ask for 1GiB, others that run have 12GiB, and the limit is 12.8GiB (80%)"],
        ),
        (asked({}, cpus=8), OTHERS, []),
        (asked({"cpus": "100%"}, cpus=1), OTHERS, []),
        (
            asked({"cpus": "100%"}, cpus=2),
            OTHERS,
            ["local: CPUs: guests ask for 4, others that run have 6, and the host has 8"],
        ),
        (
            asked({"cpus": "50%"}, cpus=1),
            OTHERS,
            ["local: CPUs: guests ask for 2, others that run have 6, and the limit is 4 (50%)"],
        ),
        (
            lab(C51),
            FREE,
            [f"local: disks may grow by 9TiB, and 200GiB is free at {POOL!r}; {PAUSED}"],
        ),
        (lab(C51), {**FREE, "pool_writable": False}, []),
    ],
)
def test_warnings(given: Lab, facts: dict[str, Any], warnings: list[str]) -> None:
    """What may end badly is told: memory that is not there, a limit passed with others, disks that may fill a pool."""
    assert preflight.problems(given, host({**facts, "pool_writable": True})) == []
    assert list(preflight.warnings(given, host(facts))) == warnings


def test_growth() -> None:
    """What a disk has taken it need not find room for, and one that has taken more than its size needs none."""
    given = asked({}, disk="10GiB")
    disks = {f"quickstart-node-{number}.qcow2": 10 * GIB for number in (1, 2)}
    taken = dict(zip(disks, (4 * GIB, 11 * GIB), strict=True))
    fits = {"pool_disks": disks, "pool_allocated": taken, "pool_free_kib": 6 * 1024**2}
    assert list(preflight.warnings(given, host(fits))) == []
    (warning,) = preflight.warnings(given, host({**fits, "pool_free_kib": 6 * 1024**2 - 1}))
    assert warning.startswith("local: disks may grow by 6442450944 bytes, and 6442449920 bytes is free at ")


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        (0, "0"),
        (512, "512 bytes"),
        (1536, "1.5KiB"),
        (GIB, "1GiB"),
        (9 * 1024**4 + 24 * GIB, "9TiB"),
        (2**50, "1024TiB"),
    ],
)
def test_about(amount: int, text: str) -> None:
    """Bytes as people say them."""
    assert about(amount) == text


def test_amounts_that_differ() -> None:
    """They are told from each other."""
    memory: Resource = capacity.memory(lab(C51), host({}))
    assert memory.show(GIB, 2 * GIB, GIB) == ["1GiB", "2GiB", "1GiB"]
    assert memory.show(16 * GIB, 16 * GIB + 1024**2) == ["16384MiB", "16385MiB"]
    assert memory.show(GIB, GIB + 1) == ["1073741824 bytes", "1073741825 bytes"]
    assert capacity.cpus(lab(C51), HostFacts()).show(1, 2) == ["1", "2"]
