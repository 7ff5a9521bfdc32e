"""How cost grows with a lab: 200 guests that run, and previews of 60 and of 600 that stand in the state alone."""

from contextlib import ExitStack
from statistics import median

from bench import stored
from bench.columns import Column, Step
from bench.columns.empty import empty
from bench.columns.floor import Floor
from bench.columns.ours import Ours
from bench.columns.plain import Plain
from bench.columns.pulumi import WORDS
from bench.columns.tofu import Tofu
from bench.figures import Figures, Measured, Ratio, ratio
from bench.scale import PEAK, cycle, prepare
from bench.timing import End, measure, shell

STARTED = 200
SMALL = 60
LARGE = 600
NETWORKS = {SMALL: "10.20.99.0/24", LARGE: "10.20.92.0/22"}
TURNS = 5
LIMIT = 1.0
STATE = "size of the state"
PROGRAM = "the program's part of the preview"


def growth() -> Measured:
    """Run both."""
    prepare()
    running = Figures()
    # Once each: none of it has a limit to meet. The host may have less memory than these guests are given; they are
    # empty and use a third of it.
    cycle(Floor(), STARTED, running)
    cycle(Ours(big_host=True), STARTED, running, beside=empty())
    cycle(Plain(), STARTED, running)
    cycle(Tofu(), STARTED, running)
    standing = Figures(started=False)
    with ExitStack() as ends:
        _new(standing, ends)
    with ExitStack() as ends:
        _unchanged(standing, ends)
    return Measured([_a_guest(standing)], [*running.cells(), *standing.cells()])


def _new(figures: Figures, ends: ExitStack) -> None:
    """Previews of stacks that hold nothing."""
    columns: list[Column] = [empty(), Ours("bench-new", NETWORKS[LARGE], big_host=True), Plain(), Tofu()]
    for column in columns:
        ends.callback(column.end)
        column.begin(SMALL)
    for _ in range(TURNS):
        for guests in NETWORKS:
            for column in columns:
                column.resize(guests)
                _preview(column, Step.PREVIEW_NEW, guests, figures)


def _unchanged(figures: Figures, ends: ExitStack) -> None:
    """Previews in which nothing changes, and the states that they read."""
    nothing = empty()
    ends.callback(nothing.end)
    nothing.begin(0)
    shell(nothing.pulumi(WORDS[Step.UP]))
    # Those whose records are made by real guests come first.
    plain, tofu = stored.plain(list(NETWORKS), ends), stored.tofu(list(NETWORKS), ends)
    ours = stored.ours(NETWORKS, ends)
    for _ in range(TURNS):
        for guests in NETWORKS:
            _preview(nothing, Step.PREVIEW, guests, figures)
            for labs in (ours, plain, tofu):
                if guests in labs:
                    _preview(labs[guests], Step.PREVIEW, guests, figures)
    for labs in (ours, plain, tofu):
        for guests, lab in labs.items():
            figures.add(guests, STATE, lab.name, lab.state.stat().st_size / 1024**2, "MiB")


def _preview(column: Column, step: Step, guests: int, figures: Figures) -> None:
    if (command := column.command(step)) is None:
        return
    run = measure(command, patience=column.patience, may_fail=column.may_fail)
    figures.add_run(guests, step, column.name, run)
    print(f"{guests:3} {column.name}, {step}, none started: {run.seconds:.2f} s", flush=True)
    if step is Step.PREVIEW:
        figures.add(guests, PEAK, column.name, run.peak_mib, "MiB")
        if run.program_seconds and run.end is End.WELL:
            figures.add(guests, PROGRAM, column.name, run.program_seconds)


def _a_guest(figures: Figures) -> Ratio:
    """What a guest adds to a preview, in a large lab over a small one."""
    runs = {
        f"{LARGE} guests": figures.runs(LARGE, Step.PREVIEW, "ours"),
        f"{SMALL} guests": figures.runs(SMALL, Step.PREVIEW, "ours"),
        "empty program": figures.runs(LARGE, Step.PREVIEW, "empty program"),
    }
    large, small, nothing = (median(values) for values in runs.values())
    name = f"per-guest preview cost, {LARGE} / {SMALL} guests"
    return ratio(name, LIMIT, ((large - nothing) / LARGE) / ((small - nothing) / SMALL), runs)
