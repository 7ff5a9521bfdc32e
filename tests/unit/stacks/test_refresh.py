"""A run looks at what somebody has done by hand where Pulumi was told --refresh."""

import pytest

from stacks.refresh import asks, is_refresh


@pytest.mark.parametrize(
    ("command", "answer"),
    [
        (["pulumi", "preview", "--refresh"], True),
        (["/opt/bin/pulumi", "up", "-r", "--yes"], True),
        (["pulumi", "up", "--refresh=true"], True),
        (["pulumi", "up", "--refresh=false"], False),
        (["pulumi", "up"], False),
        (["pulumi-language-python", "--refresh"], False),
        (["vi", "--refresh"], False),
        ([], False),
    ],
)
def test_asks(command: list[str], *, answer: bool) -> None:
    """By the words of the command line alone."""
    assert asks(command) == answer


@pytest.mark.parametrize(("value", "answer"), [("true", True), ("1", True), ("false", False), ("", False)])
def test_by_the_environment(monkeypatch: pytest.MonkeyPatch, value: str, *, answer: bool) -> None:
    """As Pulumi takes options from there."""
    monkeypatch.setenv("PULUMI_OPTION_REFRESH", value)
    assert is_refresh() == answer
