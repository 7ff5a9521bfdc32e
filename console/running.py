"""`make up` and `make destroy` as they run: shown, explained where they do not begin, and behind killed ones."""

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from queue import Empty, SimpleQueue
from threading import Event, Thread
from typing import NamedTuple

from console import refusals, runs
from console.display import display
from console.events import read
from console.progress import Progress


def run(operation: str, stack: str, *flags: str) -> int:
    """Do it, and show how far it is."""
    # A terminal interrupts the whole group: Pulumi ends what is under way, and this stays to say how that went. A
    # handler, since a signal that is ignored is so in children too.
    signal.signal(signal.SIGINT, _let_pulumi_end)
    command = ["pulumi", operation, "--stack", stack, "--yes", "--skip-preview", "--json", *flags]
    ended = _run(command, stack)
    if ended.said and _break_dead_lock(stack, ended.said):
        ended = _run(command, stack)
    refuse(stack, ended.said)
    if ended.status == 0 and ended.went_on:
        _clear_pending(stack)
    return ended.status


def refuse(stack: str, said: str) -> None:
    """Tell why Pulumi did not begin: in one line where we can, else in its own words."""
    lines = refusals.explained(stack, said, runs.here())
    (sys.stdout if lines else sys.stderr).write("".join(f"{line}\n" for line in lines) or said)


class Ended(NamedTuple):
    """How a run ended."""

    status: int
    said: str
    """Why it did not begin."""
    went_on: bool
    """Whether it found notes of a killed run's."""


def _run(command: list[str], stack: str) -> Ended:
    process = subprocess.Popen(  # noqa: S603 (no shell)
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    begun = Event()
    said: list[str] = []
    errors = Thread(target=_hand_on, args=(process, begun, said), daemon=True)
    errors.start()
    progress = Progress(stack, time.monotonic())
    went_on = False
    with runs.remembered(stack, process.pid):
        shown = display()
        with closing(shown):
            for line in _lines(process):
                if line:
                    begun.set()
                if refusals.PENDING in line:
                    went_on, line = True, ""
                event = read(line) if line else None
                for text in progress.take(event, time.monotonic()) if event else ():
                    shown.line(text)
                shown.tick(progress, time.monotonic())
            status = process.wait()
    # What it had started may hold its errors open, and is not waited for.
    errors.join(1)
    if begun.is_set():
        sys.stderr.writelines(said)
        for text in progress.end(time.monotonic()):
            shown.line(text)
    return Ended(status if status >= 0 else 128 - status, "" if begun.is_set() else "".join(said), went_on)


def _clear_pending(stack: str) -> None:
    """Drop a killed run's notes of what it had under way: what became of it, this run has found out on the hosts.

    Pulumi's import does so, of what it has exported. What cannot be cleared now is so behind the next run.
    """
    export, take = ["pulumi", "stack", "export", "--stack", stack], ["pulumi", "stack", "import", "--stack", stack]
    noted = subprocess.run(export, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)  # noqa: S603 (no shell)
    if noted.returncode == 0:
        done = subprocess.run(take, input=noted.stdout, capture_output=True, text=True, check=False)  # noqa: S603 (no shell)
        if done.returncode == 0:
            sys.stdout.write(f"changed: cleared what a killed run of {stack} had under way\n")


def _hand_on(process: "subprocess.Popen[str]", begun: Event, said: list[str]) -> None:
    """Its errors as they come, but for those before it has begun, which may have to be explained."""
    for line in process.stderr or ():
        if not begun.is_set():
            said.append(line)
            continue
        sys.stderr.writelines([*said, line])
        said.clear()


def _break_dead_lock(stack: str, said: str) -> bool:
    """Break the only lock there is, if it is one of a run of this checkout that is provably dead."""
    found = refusals.locks(said)
    if len(found) != 1 or not runs.is_dead(stack, found[0]):
        return False
    command = ["pulumi", "cancel", "--yes", "--stack", stack]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)  # noqa: S603 (no shell)
    if done.returncode == 0:
        pid, since = found[0].pid, found[0].since.isoformat()
        runs.forget(stack, pid)
        sys.stdout.write(f"changed: broke the lock of a run that was killed (pid {pid}, since {since})\n")
    return done.returncode == 0


def _let_pulumi_end(_number: int, _frame: object) -> None:
    pass


def _lines(process: "subprocess.Popen[str]") -> Iterator[str]:
    """What it prints, and an empty line for each second in which it prints nothing."""
    queue: SimpleQueue[str | None] = SimpleQueue()

    def fill() -> None:
        for line in process.stdout or ():
            queue.put(line)
        queue.put(None)

    Thread(target=fill, daemon=True).start()
    while True:
        try:
            line = queue.get(timeout=1)
        except Empty:
            line = ""
        if line is None:
            return
        yield line
