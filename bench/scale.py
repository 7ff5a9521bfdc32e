"""Labs of 1, 6 and 60 guests, made, looked at, changed and destroyed by each column in turn."""

from bench.columns import Column, Step, make_image, plain, tofu
from bench.columns.empty import empty
from bench.columns.floor import Floor
from bench.columns.ours import Ours
from bench.columns.plain import Plain
from bench.columns.tofu import Tofu
from bench.figures import Figures, Measured, Ratio, over
from bench.timing import End, Run, measure

SIZES = (1, 6, 60)
CYCLES = 3
LOOKS = (Step.PREVIEW_NEW, Step.PREVIEW, Step.UP_AGAIN, Step.REFRESH)
"""Steps that change nothing and take about a second: two runs a cycle."""
PEAK = "peak memory"


def scale() -> Measured:
    """Run all columns by turns, so that what else the machine does falls on each of them."""
    prepare()
    figures = Figures()
    for guests in SIZES:
        for _ in range(CYCLES):
            cycle(Floor(), guests, figures)
            cycle(Ours(), guests, figures, beside=empty())
            cycle(Plain(), guests, figures)
            cycle(Tofu(), guests, figures)
    return Measured(ratios(figures), figures.cells())


def prepare() -> None:
    """Build what is needed; the first time that takes minutes."""
    print("building what ours is compared with", flush=True)
    make_image()
    plain.build()
    tofu.build()


def cycle(column: Column, guests: int, figures: Figures, beside: Column | None = None) -> None:
    """A lab's life.

    Args:
        column: who makes it.
        guests: how many at first.
        figures: where each step's seconds go, and the most memory that any of them took.
        beside: a column whose step is done right before each step, with the same guests running.
    """
    columns = [beside, column] if beside else [column]
    peaks = dict.fromkeys((each.name for each in columns), 0.0)
    try:
        for each in columns:
            each.begin(guests)
        for step in Step:
            for each in columns:
                each.resize(guests + 1 if step is Step.ADD else guests)
            for each in columns * (2 if step in LOOKS else 1):
                if (command := each.command(step)) is None:
                    continue
                run = measure(command, patience=each.patience, may_fail=each.may_fail)
                figures.add_run(guests, step, each.name, run)
                peaks[each.name] = max(peaks[each.name], run.peak_mib)
                print(f"{guests:3} {each.name}, {step}: {run.seconds:.2f} s{_ill(run)}", flush=True)
                # What was killed leaves a lock; what failed at a mere look leaves nothing.
                if run.end is End.HUNG or (run.end is End.FAILED and step not in LOOKS):
                    return
    finally:
        for name, peak in peaks.items():
            figures.add(guests, PEAK, name, peak, "MiB")
        for each in columns:
            each.end()


def _ill(run: Run) -> str:
    return "" if run.end is End.WELL else f", {run.end}"


def ratios(figures: Figures) -> list[Ratio]:
    """What has a limit."""

    def compare(name: str, limit: float, guests: int, row: str, *others: str) -> Ratio:
        return over(name, limit, {column: figures.runs(guests, row, column) for column in ("ours", *others)})

    return [
        compare("up, 60 guests / floor", 1.15, 60, Step.UP, "floor"),
        compare("up, 6 guests / (floor + empty program)", 1.3, 6, Step.UP, "floor", "empty program"),
        compare("destroy, 60 guests / floor with the same kind of shutdown", 1.15, 60, Step.DESTROY, "floor"),
        compare("preview of a new stack, 6 guests / empty program", 1.5, 6, Step.PREVIEW_NEW, "empty program"),
        compare("no-change preview, 6 guests / empty program", 1.3, 6, Step.PREVIEW, "empty program"),
        compare("no-change up, 6 guests / empty program", 2.0, 6, Step.UP_AGAIN, "empty program"),
        compare("no-change preview, 60 guests / empty program", 2.0, 60, Step.PREVIEW, "empty program"),
        compare("no-change up, 60 guests / empty program", 2.5, 60, Step.UP_AGAIN, "empty program"),
        compare("refresh, 60 guests / empty program", 3.5, 60, Step.REFRESH, "empty program"),
        compare("peak memory, 60 guests / plain Pulumi program", 1.0, 60, PEAK, "plain program"),
    ]
