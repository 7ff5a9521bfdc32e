"""Reports of problems."""

import pulumi
import pytest

from components.errors import ArgsError, ConfigError, HostError, KvmLabError, Problem, RenderError, got, shorten


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
    ],
)
def test_got(value: object, shown: str) -> None:
    """A value is shown as a line has room for it; what is inside a mapping or list is not shown."""
    assert got(value) == shown


def test_shorten() -> None:
    """Short texts stay, long ones keep both ends."""
    assert shorten("a" * 60) == "a" * 60
    assert shorten("a" * 40 + "b" * 40, 11) == "aaaa...bbbb"
