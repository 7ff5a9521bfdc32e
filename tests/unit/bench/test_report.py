"""What `make bench` records and what docs/benchmarks.md shows are the same, and the tables say what was measured."""

import json

import pytest

from bench import report
from bench.figures import Figures, over
from bench.timing import End, Run


def test_the_page_shows_what_is_recorded() -> None:
    """Neither is edited by hand: `make bench` writes both."""
    record = json.loads(report.RESULTS.read_text("utf-8"))
    assert report.written() == report.tables(record)


def test_each_recorded_ratio_is_that_of_its_runs() -> None:
    """Every row has a limit, and at least three runs of each column."""
    record = json.loads(report.RESULTS.read_text("utf-8"))
    assert record["ratios"]
    for row in record["ratios"]:
        assert row["limit"] >= 1, row["name"]
        assert all(len(runs) >= 3 for runs in row["runs"].values()), row["name"]


def test_a_ratio_is_of_medians() -> None:
    """Ours over all that it is compared with, together."""
    ratio = over("up", 1.3, {"ours": [9, 3, 1], "floor": [1, 1, 5], "empty program": [0.5, 0.5, 0.5]})
    assert ratio["ratio"] == 2.0


def test_runs_without_a_good_end_are_told() -> None:
    """They are counted and are not part of the median."""
    figures = Figures()
    for end, seconds in ((End.WELL, 2.0), (End.WELL, 4.0), (End.HUNG, 120.0), (End.FAILED, 1.0)):
        figures.add_run(6, "destroy", "plain program", Run(seconds, 0, 0, end))
    figures.add_run(6, "destroy", "OpenTofu", Run(120, 0, 0, End.HUNG))
    assert report.tables(_record(figures)).splitlines()[-5:-1] == [
        "| 6 guests | plain program | OpenTofu |",
        "| --- | --- | --- |",
        "| destroy, s | 3.00, hung 1 of 4, failed 1 of 4 | hung 1 of 1 |",
        "",
    ]


def test_steps_stand_in_their_order() -> None:
    """However they were measured; ours comes first, and what a column lacks is empty."""
    figures = Figures()
    figures.add(1, "peak memory", "floor", 12.5, "MiB")
    figures.add(1, "destroy", "floor", 123.4)
    figures.add(1, "up from nothing", "ours", 1)
    assert report.tables(_record(figures)).splitlines()[-7:-2] == [
        "| 1 guest | ours | floor |",
        "| --- | --- | --- |",
        "| up from nothing, s | 1.00 |  |",
        "| destroy, s |  | 123 |",
        "| peak memory, MiB |  | 12.5 |",
    ]


def test_a_column_that_could_not_be_built_is_named() -> None:
    """It is not passed over in silence."""
    figures = Figures()
    for column in report.COLUMNS[:-1]:
        figures.add(1, "destroy", column, 1)
    assert report.tables(_record(figures)).endswith("\nCould not be built there: OpenTofu.\n")


@pytest.mark.parametrize(
    ("unit", "values", "shown"),
    [("s", (0.9, 6.3), "| preview, ms | 10.0 |"), ("MiB", (1, 10), "| preview, KiB | 17.1 |")],
)
def test_what_a_guest_adds(unit: str, values: tuple[float, float], shown: str) -> None:
    """The slope between two sizes."""
    figures = Figures(started=False)
    for guests, value in zip((60, 600), values, strict=True):
        figures.add(guests, "preview", "ours", value, unit)
    lines = report.tables(_record(figures)).splitlines()
    assert lines[lines.index("| each guest more | ours |") + 2] == shown


def _record(figures: Figures) -> report.Record:
    machine = {"date": "2026-11-25", "cores": 2, "cpu": "a CPU", "memory_gib": 23, "kernel": "6.1", "python": "3.11"}
    return {"machine": machine, "ratios": [], "figures": figures.cells()}
