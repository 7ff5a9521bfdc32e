"""Reports of problems."""

import pulumi
import pytest

from components.errors import (
    MOST,
    ArgsError,
    ConfigError,
    HostError,
    KvmLabError,
    Problem,
    RenderError,
    got,
    printable,
    shorten,
)


def test_report() -> None:
    """All problems at once, each once, sorted by path."""
    problems = [Problem("lab.b", "is wrong"), Problem("lab.a", "is wrong"), Problem("lab.b", "is wrong")]
    error = ConfigError("k8s", problems)
    assert str(error) == "stack k8s: 2 problems in kvmlab:lab\n  lab.a: is wrong\n  lab.b: is wrong"
    assert error.problems == (("lab.a", "is wrong"), ("lab.b", "is wrong"))


@pytest.mark.parametrize(
    ("error", "head"),
    [
        (ConfigError("k8s", [Problem("a", "b")]), "stack k8s: 1 problem in kvmlab:lab"),
        (ArgsError("Guest", "web", [Problem("a", "b")]), "Guest web: 1 problem in its arguments"),
        (RenderError("web", [Problem("a", "b")]), "guest web: 1 problem in its cloud-init"),
        (HostError("local", [Problem("a", "b")]), "host local: 1 problem in what it offers"),
    ],
)
def test_each_error_ends_the_program_cleanly(error: KvmLabError, head: str) -> None:
    """Pulumi shows the text of a RunError and no stack trace."""
    assert isinstance(error, pulumi.RunError)
    assert str(error) == f"{head}\n  a: b"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "nothing"),
        ("a", "'a'"),
        (2.0, "2"),
        (2.5, "2.5"),
        (1e300, "1e+300"),
        (True, "True"),
        ({"password": "x"}, "a mapping"),
        (["x"], "a list"),
        ("x" * 5000, repr("x" * 28 + "..." + "x" * 29)),
        ("a\nb\x1b", r"'a\nb\x1b'"),
        pytest.param(10**5000, "a number too long to show", id="long"),
        ("https://me:hunter2@example.org/x", "'https://...@example.org/x'"),
        ("//me:hunt@er/2@example.org", "'//...@example.org'"),
        ("https://example.org/x", "'https://example.org/x'"),
        ("me@example.org", "'me@example.org'"),
    ],
)
def test_got(value: object, shown: str) -> None:
    """A value is shown as a line has room for it; what is inside a mapping or list is not shown."""
    assert got(value) == shown


def test_report_ends() -> None:
    """Of very many problems the first are told, and that there are more."""
    error = ConfigError("k8s", [Problem(f"lab.{number:04}", "is wrong") for number in range(MOST + 1)])
    assert str(error).startswith(f"stack k8s: more than {MOST} problems in kvmlab:lab\n  lab.0000: is wrong\n")
    assert error.problems[-1] == Problem(f"lab.{MOST - 1:04}", "is wrong")
    assert str(error).count("\n") == len(error.problems) == MOST
    assert str(ConfigError("k8s", error.problems)).startswith(f"stack k8s: {MOST} problems in kvmlab:lab\n")


@pytest.mark.parametrize(
    ("text", "shown"),
    [("wéb 1", "wéb 1"), ("a\nb", r"a\nb"), ("\x1b[2J", r"\x1b[2J"), ("\ud800\u202e", r"\ud800\u202e")],
)
def test_printable(text: str, shown: str) -> None:
    """Nothing in a line ends it early or reaches the terminal as a command."""
    assert printable(text) == shown


def test_shorten() -> None:
    """Short texts stay, long ones keep both ends."""
    assert shorten("a" * 60) == "a" * 60
    assert shorten("a" * 40 + "b" * 40, 11) == "aaaa...bbbb"
