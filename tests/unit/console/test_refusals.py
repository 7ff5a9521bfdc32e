"""Why a run did not begin, in one line."""

from datetime import UTC, datetime

import pytest

from console.refusals import Here, Lock, explained, locks

NOW = datetime(2026, 1, 2, 3, 5, 5, tzinfo=UTC)
LOCKED = """\
SDK 2026/11/26 23:41:39 WARN Response has no supported checksum. Not validating response payload.
error: the stack is currently locked by {} lock(s). Either wait for the other process(es) to end or delete the lock \
file with `pulumi cancel`.
"""
ONE = "  s3://labs/.pulumi/locks/organization/kvmlab/lab/a.json?region=x: created by {}@{} (pid {}) at {}\n"
HERE = Here("here", NOW, {7}.__contains__)
HELD = "error: stack lab: must be worked on by one run at a time, got one of "


def refused(*owners: tuple[str, str, int, str]) -> str:
    """What Pulumi says of locks."""
    return LOCKED.format(len(owners)) + "".join(ONE.format(*owner) for owner in owners)


@pytest.mark.parametrize(
    ("owner", "told"),
    [
        (
            ("ann", "here", 7, "2026-01-02T03:04:05Z"),
            (
                "ann@here, pid 7, since 2026-01-02 03:04:05 UTC (1 min 0 s ago), which is alive; wait for it, or end it"
                " with Ctrl-C where it was started"
            ),
        ),
        (
            ("ann", "here", 8, "2026-01-02T03:05:00Z"),
            (
                "ann@here, pid 8, since 2026-01-02 03:05:00 UTC (5 s ago), which is dead, unless another machine has"
                " this name too; break its lock: `. .toolchain/env && pulumi cancel --stack lab`, and again"
            ),
        ),
        (
            ("ann", "there", 7, "2026-01-01T06:05:05+01:00"),
            (
                "ann@there, pid 7, since 2026-01-01 05:05:05 UTC (22 h ago), which may be alive, as only that machine"
                " can tell; wait for it; if it is dead: `. .toolchain/env && pulumi cancel --stack lab`"
            ),
        ),
        (
            ("ann", "there", 7, "2026-01-02T03:06:05Z"),
            (
                "ann@there, pid 7, since 2026-01-02 03:06:05 UTC (0 s ago), which may be alive, as only that machine"
                " can tell; wait for it; if it is dead: `. .toolchain/env && pulumi cancel --stack lab`"
            ),
        ),
    ],
    ids=["alive", "dead", "elsewhere", "a clock that goes wrong"],
)
def test_who_holds_it(owner: tuple[str, str, int, str], told: str) -> None:
    """Whose it is, since when, what can be known of it, and what to do."""
    assert explained("lab", refused(owner), HERE) == [HELD + told]


def test_two_locks() -> None:
    """Each has its line, the oldest first."""
    said = refused(("b", "there", 2, "2026-01-02T03:05:00Z"), ("a", "there", 1, "2026-01-02T03:04:00Z"))
    assert [lock.user for lock in locks(said)] == ["a", "b"]
    assert len(explained("lab", said, HERE)) == 2


def test_what_is_no_refusal() -> None:
    """Nothing is made of what Pulumi says of other things, nor of a lock that a program prints."""
    for said in ("", "error: no stack named 'lab' found\n", ONE.format("a", "here", 1, "2026-01-02T03:04:05Z")):
        assert locks(said) == []
        assert explained("lab", said, HERE) == []


def test_the_lock() -> None:
    """It is read as it stands."""
    assert locks(refused(("ann", "there", 7, "2026-01-02T03:04:05Z"))) == [
        Lock("ann", "there", 7, datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC))
    ]


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (
            "error: failed to load checkpoint: place 1: unexpected end of JSON input\n",
            (
                "its state must be readable, got: place 1: unexpected end of JSON input;"
                " put a backup back: make restore STACK=lab"
            ),
        ),
        (
            (
                "error: getting stack configuration: get stack secrets manager: failed to load checkpoint: place 1: "
                "invalid character 'g' looking for beginning of value\n"
            ),
            (
                "its state must be readable, got: place 1: invalid character 'g' looking for beginning of value;"
                " put a backup back: make restore STACK=lab"
            ),
        ),
        (
            (
                "error: The Pulumi CLI encountered a snapshot integrity error. This is a bug!\n\nmuch more\n"
                "Error:             snapshot integrity failure; refusing to use it: duplicate resource urn:a (not"
                " marked for deletion)\n\nStack Trace:\n"
            ),
            (
                "its state must be consistent, got: duplicate resource urn:a (not marked for deletion);"
                " put a backup back: make restore STACK=lab"
            ),
        ),
        (
            "error: failed to load checkpoint: unsupported checkpoint version 99\n",
            "its state must be of a version that this Pulumi reads, got a newer one; use the Pulumi that wrote it",
        ),
        (
            "error: failed to load checkpoint: this stack's deployment needs support for the following features: zap\n",
            "its state must be of a version that this Pulumi reads, got a newer one; use the Pulumi that wrote it",
        ),
    ],
    ids=["cut short", "garbage", "inconsistent", "newer", "of newer features"],
)
def test_a_damaged_state(said: str, told: str) -> None:
    """One line, and the command that mends it."""
    assert explained("lab", said, HERE) == [f"error: stack lab: {told}"]


def test_a_state_that_is_out_of_reach() -> None:
    """Nothing is wrong with it, so Pulumi's own words stay."""
    assert explained("lab", "error: failed to load checkpoint: blob (code=Unknown): 403 Forbidden\n", HERE) == []
