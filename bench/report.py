"""A run of the benchmark as tables: on the terminal, and in docs/benchmarks.md between two marks."""

import statistics
from collections.abc import Iterator, Mapping, Sequence
from typing import TypedDict

from bench.columns import Step
from bench.figures import Figure, Ratio
from bench.timing import ROOT

RESULTS = ROOT / "bench" / "results.json"
PAGE = ROOT / "docs" / "benchmarks.md"
BEGIN = "<!-- Written by `make bench` from bench/results.json. -->\n"
END = "<!-- The end of what `make bench` writes. -->\n"
SMALLER = {"s": ("ms", 1000), "MiB": ("KiB", 1024)}
COLUMNS = ("ours", "floor", "empty program", "plain program", "OpenTofu")


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
    figures = record["figures"]
    parts = [seen, ratios(record["ratios"]), *_by_size(figures)]
    if any(not figure["started"] for figure in figures):
        parts.append(_slopes(figures))
    if figures and (missing := [name for name in COLUMNS if name not in {figure["column"] for figure in figures}]):
        parts.append(f"Could not be built there: {', '.join(missing)}.\n")
    return "\n".join(parts)


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


def _by_size(figures: Sequence[Figure]) -> Iterator[str]:
    for guests, started in dict.fromkeys((figure["guests"], figure["started"]) for figure in figures):
        cells = {
            (figure["row"], figure["unit"], figure["column"]): _cell(figure)
            for figure in figures
            if (figure["guests"], figure["started"]) == (guests, started)
        }
        yield _grid(f"{guests} guest{'s' * (guests != 1)}{', none started' * (not started)}", cells)


def _slopes(figures: Sequence[Figure]) -> str:
    """What each guest adds, between the sizes that only stand in the state."""
    lines: dict[tuple[str, str, str], list[tuple[int, float]]] = {}
    for figure in figures:
        if not figure["started"] and figure["runs"]:
            key = (figure["row"], figure["unit"], figure["column"])
            lines.setdefault(key, []).append((figure["guests"], statistics.median(figure["runs"])))
    cells: dict[tuple[str, str, str], str] = {}
    for (row, unit, column), points in lines.items():
        if len(points) > 1:
            (small, low), (large, high) = points[0], points[-1]
            small_unit, factor = SMALLER[unit]
            cells[row, small_unit, column] = _number((high - low) / (large - small) * factor)
    return _grid("each guest more", cells)


def _grid(title: str, cells: Mapping[tuple[str, str, str], str]) -> str:
    """A table of cells by row, unit and column."""
    columns = sorted({column for *_, column in cells}, key=COLUMNS.index)
    rows = sorted(dict.fromkeys((row, unit) for row, unit, _ in cells), key=_place)
    body = [[f"{row}, {unit}", *(cells.get((row, unit, column), "") for column in columns)] for row, unit in rows]
    return _table([title, *columns], body)


def _place(row: tuple[str, str]) -> int:
    """The steps as they follow each other, then all else."""
    steps = [str(step) for step in Step]
    return steps.index(row[0]) if row[0] in steps else len(steps)


def _cell(figure: Figure) -> str:
    runs, hung, failed = figure["runs"], figure["hung"], figure["failed"]
    parts = [_number(statistics.median(runs))] if runs else []
    tries = len(runs) + hung + failed
    parts += [f"{word} {count} of {tries}" for word, count in (("hung", hung), ("failed", failed)) if count]
    return ", ".join(parts)


def _medians(ratio: Ratio) -> str:
    return ", ".join(f"{column} {_number(statistics.median(runs))}" for column, runs in ratio["runs"].items())


def _number(value: float) -> str:
    return f"{value:.{2 if abs(round(value, 2)) < 10 else 1 if abs(value) < 100 else 0}f}"


def _table(head: Sequence[str], body: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *body]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)
