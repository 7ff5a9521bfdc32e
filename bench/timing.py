"""Runs two commands by turns, so that what else the machine does falls on both, and compares their medians."""

import os
import platform
import statistics
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]


class Ratio(NamedTuple):
    """Ours over the floor, medians of the same number of runs."""

    name: str
    ours: list[float]
    floor: list[float]
    limit: float

    @property
    def ratio(self) -> float:
        """How many times as long ours takes."""
        return statistics.median(self.ours) / statistics.median(self.floor)


def compare(name: str, limit: float, runs: int, ours: Callable[[], float], floor: Callable[[], float]) -> Ratio:
    """Time both by turns; each callable returns its seconds."""
    mine: list[float] = []
    bare: list[float] = []
    for number in range(runs):
        bare.append(floor())
        mine.append(ours())
        print(f"{name}: run {number + 1} of {runs}: {mine[-1]:.2f} s, floor {bare[-1]:.2f} s", flush=True)
    return Ratio(name, mine, bare, limit)


def shell(command: str, directory: Path = ROOT) -> float:
    """Seconds that a shell command takes; a failure ends the benchmark with the command's output."""
    started = time.monotonic()
    done = subprocess.run(
        ["sh", "-c", command], cwd=directory, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    seconds = time.monotonic() - started
    if done.returncode != 0:
        raise SystemExit(f"{command}: exit status {done.returncode}\n{done.stdout}{done.stderr}")
    return seconds


def machine() -> dict[str, str | int]:
    """What the figures were made on."""
    model = next((line for line in Path("/proc/cpuinfo").read_text("utf-8").splitlines() if "model name" in line), "")
    return {
        "cpu": model.partition(": ")[2],
        "cores": os.cpu_count() or 0,
        "memory_gib": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 1024**3,
        "kernel": platform.release().split("-")[0],
        "python": platform.python_version(),
    }
