"""Progress on a screen that is drawn anew, and as plain lines where there is none."""

import sys
import time
from typing import Protocol

from rich.console import Console, Group
from rich.live import Live
from rich.text import Text

from console.progress import Progress, duration

PAUSE = 10
"""Seconds without a line after which a log is told that the run goes on."""
NAMED = 4
"""How many steps such a line names."""


class Display(Protocol):
    """Where a run is shown."""

    def line(self, text: str) -> None:
        """A line that stays."""
        ...

    def tick(self, progress: Progress, now: float) -> None:
        """Called about once a second, to show what is under way."""
        ...

    def close(self) -> None:
        """Leave only the lines that stay."""
        ...


class Plain:
    """Lines with the time before them, for logs."""

    def __init__(self) -> None:
        """Nothing is shown yet."""
        self._last = time.monotonic()

    def line(self, text: str) -> None:
        """Print it."""
        self._last = time.monotonic()
        for part in text.splitlines():
            sys.stdout.write(f"{time.strftime('%H:%M:%S')} {part}\n")
        sys.stdout.flush()

    def tick(self, progress: Progress, now: float) -> None:
        """A line every ten seconds in which there is none."""
        if time.monotonic() - self._last < PAUSE:
            return
        steps = progress.under_way(now)
        named = [f"{name}: {stage} ({duration(seconds)})" for name, stage, seconds in steps[:NAMED]]
        more = [f"{len(steps) - NAMED} more"] if len(steps) > NAMED else []
        self.line("; ".join(filter(None, [progress.state(now), ", ".join([*named, *more])])))

    def close(self) -> None:
        """All lines stay."""


class Screen:
    """A line for each step under way, at the foot of a terminal; what is done scrolls away above."""

    def __init__(self, console: Console) -> None:
        """Nothing is shown yet."""
        self._console = console
        self._live = Live(console=console, auto_refresh=False, transient=True)
        self._live.start()

    def line(self, text: str) -> None:
        """Print it above what is under way."""
        self._console.print(Text(text))

    def tick(self, progress: Progress, now: float) -> None:
        """Draw anew."""
        steps = progress.under_way(now)[: max(1, self._console.height - 3)]
        width = max((len(name) for name, *_ in steps), default=0)
        lines = [Text(f"  {name:<{width}}  {stage}, {duration(seconds)}") for name, stage, seconds in steps]
        for text in lines:
            text.truncate(self._console.width, overflow="ellipsis")
        self._live.update(Group(*lines, Text(progress.state(now), style="bold")), refresh=True)

    def close(self) -> None:
        """Take away what is drawn."""
        self._live.stop()


def display() -> Display:
    """A screen where output is a terminal that can be one, else lines."""
    console = Console()
    return Screen(console) if console.is_terminal and not console.is_dumb_terminal else Plain()
