"""What was measured, by lab size, row and column; and the ratios that have a limit."""

import statistics
from collections.abc import Mapping, Sequence
from typing import NamedTuple, TypedDict

from bench.timing import End, Run


class Figure(TypedDict):
    """One cell of a table."""

    guests: int
    started: bool
    """Whether they run; or they only stand in the state."""
    row: str
    unit: str
    column: str
    runs: list[float]
    hung: int
    """How many further runs did not end and were killed."""
    failed: int
    """How many further runs failed."""


class Ratio(TypedDict):
    """What has a limit: ours over what it is compared with."""

    name: str
    ratio: float
    limit: float
    runs: dict[str, list[float]]
    """Ours first."""


class Measured(NamedTuple):
    """What a part of the benchmark found."""

    ratios: list[Ratio]
    figures: list[Figure]


class Figures:
    """Collects runs."""

    def __init__(self, *, started: bool = True) -> None:
        self._started = started
        self._cells: dict[tuple[int, str, str], Figure] = {}

    def add(self, guests: int, row: str, column: str, value: float, unit: str = "s") -> None:
        """A figure more."""
        self._cell(guests, row, column, unit)["runs"].append(round(value, 3))

    def add_run(self, guests: int, row: str, column: str, run: Run) -> None:
        """The seconds of a run, or that it had no good end."""
        cell = self._cell(guests, row, column, "s")
        match run.end:
            case End.WELL:
                cell["runs"].append(round(run.seconds, 3))
            case End.HUNG:
                cell["hung"] += 1
            case End.FAILED:
                cell["failed"] += 1

    def _cell(self, guests: int, row: str, column: str, unit: str) -> Figure:
        return self._cells.setdefault(
            (guests, row, column),
            {
                "guests": guests,
                "started": self._started,
                "row": row,
                "unit": unit,
                "column": column,
                "runs": [],
                "hung": 0,
                "failed": 0,
            },
        )

    def runs(self, guests: int, row: str, column: str) -> list[float]:
        """Every run that came to its end."""
        return self._cells[guests, row, column]["runs"]

    def cells(self) -> list[Figure]:
        """All of it."""
        return list(self._cells.values())


def over(name: str, limit: float, runs: Mapping[str, Sequence[float]]) -> Ratio:
    """The median of ours over the sum of the others' medians."""
    ours, *others = (statistics.median(values) for values in runs.values())
    return ratio(name, limit, ours / sum(others), runs)


def ratio(name: str, limit: float, value: float, runs: Mapping[str, Sequence[float]]) -> Ratio:
    """A ratio, as it is recorded."""
    rounded = {column: [round(run, 3) for run in values] for column, values in runs.items()}
    return {"name": name, "ratio": round(value, 3), "limit": limit, "runs": rounded}
