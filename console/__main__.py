"""`make up`, `make destroy`, `make preview` and `make graph`: Pulumi's run, shown in terms of guests.

usage: python -m console up|destroy|preview|graph STACK [FLAG...]

Plain `pulumi up` does the same and shows it in Pulumi's own way. Exit status: Pulumi's.
"""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from queue import Empty, SimpleQueue
from threading import Thread

from console import graph, protection, steps, text
from console.display import display
from console.events import read
from console.progress import Progress


def main(operation: str, stack: str, *flags: str) -> int:
    """Run it and show it; Pulumi is given the flags."""
    if operation == "preview":
        return preview(stack, *flags)
    if operation == "graph":
        return graph.show(stack, *flags)
    if operation == "destroy" and (kept := protected(stack)):
        # Pulumi would say so when all that stands on them is gone.
        sys.stdout.write(f"error: {protection.refusal(kept)}\n")
        return 1
    return run(operation, stack, *flags)


def protected(stack: str) -> list[str]:
    """What of a stack must not be deleted, by name."""
    command = ["pulumi", "stack", "export", "--stack", stack]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, check=False)  # noqa: S603 (no shell)
    return protection.protected(json.loads(done.stdout)) if done.stdout else []


def preview(stack: str, *flags: str) -> int:
    """Say what `up` would do, or what keeps it from that."""
    command = ["pulumi", "preview", "--stack", stack, "--non-interactive", "--json", "--show-sames", *flags]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, check=False)  # noqa: S603 (no shell)
    if not done.stdout:
        return done.returncode  # why has been told
    told = json.loads(done.stdout)
    errors = [f"error: {error}" for error in steps.errors(told)]
    sys.stdout.writelines(f"{line}\n" for line in errors or (*text.lines(told), *text.said(told)))
    return done.returncode


def run(operation: str, stack: str, *flags: str) -> int:
    """Do it, and show how far it is."""
    command = ["pulumi", operation, "--stack", stack, "--yes", "--skip-preview", "--json", *flags]
    # A terminal interrupts the whole group: Pulumi ends what is under way, and this stays to say how that went. A
    # handler, since a signal that is ignored is so in children too.
    signal.signal(signal.SIGINT, _let_pulumi_end)
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)  # noqa: S603 (no shell)
    progress = Progress(stack, time.monotonic())
    shown = display()
    with closing(shown):
        for line in _lines(process):
            event = read(line) if line else None
            for told in progress.take(event, time.monotonic()) if event else ():
                shown.line(told)
            shown.tick(progress, time.monotonic())
        status = process.wait()
    for told in progress.end(time.monotonic()):
        shown.line(told)
    return status if status >= 0 else 128 - status


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


sys.exit(main(*sys.argv[1:]))
