"""What was measured, by lab size, row and column; and the ratios that have a limit."""

import statistics
from collections.abc import Mapping, Sequence
from typing import NamedTuple, TypedDict


class Figure(TypedDict):
    """One cell of a table."""

    guests: int
    row: str
    unit: str
    column: str
    runs: list[float]
    killed: int
    """How many further runs were killed since they did not end."""


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

    def __init__(self) -> None:
        self._cells: dict[tuple[int, str, str], Figure] = {}

    def add(self, guests: int, row: str, column: str, value: float | None, unit: str = "s") -> None:
        """One run more; None is one that was killed."""
        new: Figure = {"guests": guests, "row": row, "unit": unit, "column": column, "runs": [], "killed": 0}
        cell = self._cells.setdefault((guests, row, column), new)
        if value is None:
            cell["killed"] += 1
        else:
            cell["runs"].append(round(value, 3))

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
