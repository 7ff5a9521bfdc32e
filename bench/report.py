"""A run of the benchmark as tables: on the terminal, and in docs/benchmarks.md between two marks."""

import statistics
from collections.abc import Sequence
from itertools import groupby
from typing import TypedDict

from bench.figures import Figure, Ratio
from bench.timing import ROOT

RESULTS = ROOT / "bench" / "results.json"
PAGE = ROOT / "docs" / "benchmarks.md"
BEGIN = "<!-- Written by `make bench` from bench/results.json. -->\n"
END = "<!-- The end of what `make bench` writes. -->\n"


class Record(TypedDict):
    """What bench/results.json holds."""

    machine: dict[str, str | int]
    ratios: list[Ratio]
    figures: list[Figure]


def tables(record: Record) -> str:
    """All of a record, in Markdown."""
    machine = record["machine"]
    seen = (
        f"{machine['date']}: {machine['cores']} cores ({machine['cpu']}), {machine['memory_gib']} GiB,"
        f" Linux {machine['kernel']}, Python {machine['python']}.\n"
    )
    return "\n".join([seen, ratios(record["ratios"]), *_by_size(record["figures"])])


def ratios(rows: Sequence[Ratio]) -> str:
    """What has a limit."""
    cells = [[row["name"], f"{row['ratio']:.2f}", f"{row['limit']:.2f}", _medians(row)] for row in rows]
    return _table(["ratio", "is", "at most", "medians"], cells)


def write(record: Record) -> None:
    """Put the tables into the page."""
    before, _, rest = PAGE.read_text("utf-8").partition(BEGIN)
    after = rest.partition(END)[2]
    PAGE.write_text(f"{before}{BEGIN}\n{tables(record)}\n{END}{after}", encoding="utf-8")


def written() -> str:
    """The tables that the page holds."""
    return PAGE.read_text("utf-8").partition(BEGIN)[2].partition(END)[0].strip("\n") + "\n"


def _by_size(figures: Sequence[Figure]) -> list[str]:
    parts: list[str] = []
    for guests, group in groupby(figures, lambda figure: figure["guests"]):
        part = list(group)
        columns = list(dict.fromkeys(figure["column"] for figure in part))
        rows = dict.fromkeys((figure["row"], figure["unit"]) for figure in part)
        cells = {(figure["row"], figure["column"]): _cell(figure) for figure in part}
        body = [[f"{row}, {unit}", *(cells.get((row, column), "") for column in columns)] for row, unit in rows]
        parts.append(_table([f"{guests} guest{'s' * (guests != 1)}", *columns], body))
    return parts


def _cell(figure: Figure) -> str:
    runs, killed = figure["runs"], figure["killed"]
    median = _number(statistics.median(runs)) if runs else ""
    hung = f"hung {killed} of {killed + len(runs)}" if killed else ""
    return ", ".join(filter(None, (median, hung)))


def _medians(ratio: Ratio) -> str:
    return ", ".join(f"{column} {_number(statistics.median(runs))}" for column, runs in ratio["runs"].items())


def _number(value: float) -> str:
    return f"{value:.2f}" if value < 10 else f"{value:.1f}" if value < 100 else f"{value:.0f}"


def _table(head: Sequence[str], body: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *body]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)
