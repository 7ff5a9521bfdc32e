"""`make up`, `make destroy`, `make preview`, `make preview-comment`, `make graph`: Pulumi's run, in terms of guests.

usage: python -m console up|destroy|preview|preview-comment|graph STACK [FLAG...]
       python -m console preview-comment STACK FILE   of what `pulumi preview --json --show-sames` printed; - is stdin

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

from console import graph, previews, protection
from console.display import display
from console.events import read
from console.progress import Progress


def main(operation: str, stack: str, *flags: str) -> int:
    """Run it and show it; Pulumi is given the flags."""
    if operation == "preview":
        return previews.show(stack, *flags)
    if operation == "preview-comment":
        return previews.show_comment(stack, *flags)
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
            for text in progress.take(event, time.monotonic()) if event else ():
                shown.line(text)
            shown.tick(progress, time.monotonic())
        status = process.wait()
    for text in progress.end(time.monotonic()):
        shown.line(text)
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
