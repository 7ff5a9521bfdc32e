"""What the runs that take their time have in common: a table at the end of what was shown, and how long it took."""

from collections.abc import Mapping, Sequence
from pathlib import PurePath
from typing import Any, Protocol

_OUTCOMES = ("passed", "failed", "error", "skipped")


class Terminal(Protocol):
    """Of pytest's reporter, what is used here."""

    stats: Mapping[str, Sequence[Any]]

    def write_line(self, line: str) -> None:
        """Say it."""

    def section(self, title: str) -> None:
        """Begin something new."""


def pytest_terminal_summary(terminalreporter: Terminal) -> None:
    """A line for each file: its cases, how they went, and seconds, what comes before and after them included."""
    rows: dict[str, dict[str, float]] = {}
    for outcome in ("", *_OUTCOMES):
        for report in terminalreporter.stats.get(outcome, ()):
            row = rows.setdefault(PurePath(report.nodeid.partition("::")[0]).stem.removeprefix("test_"), {})
            row["seconds"] = row.get("seconds", 0) + report.duration
            # Setting up and taking down are reported beside each case, under no outcome of their own.
            if outcome:
                row[outcome] = row.get(outcome, 0) + 1
    terminalreporter.section("what was shown")
    for name, row in rows.items():
        told = ", ".join(f"{row[outcome]:.0f} {outcome}" for outcome in _OUTCOMES if outcome in row)
        terminalreporter.write_line(f"{name:<14} {told:<28} {row['seconds']:6.0f} s")
    terminalreporter.write_line(f"{'all':<14} {'':<28} {sum(row['seconds'] for row in rows.values()):6.0f} s")
