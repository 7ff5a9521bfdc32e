"""`make up`, `make destroy`, `make preview`, `make preview-comment`, `make graph`: Pulumi's run, in terms of guests.

usage: python -m console up|destroy|preview|preview-comment|graph STACK [FLAG...]
       python -m console preview-comment STACK FILE   of what `pulumi preview --json --show-sames` printed; - is stdin

Plain `pulumi up` does the same and shows it in Pulumi's own way. Exit status: Pulumi's.
"""

import json
import os
import subprocess
import sys

from console import graph, previews, protection
from console.running import run


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
    # Where all of a lab goes, no pod of a cluster in it need find another place before its node does.
    os.environ["KVMLAB_DESTROYS"] = "yes" if operation == "destroy" and not flags else ""
    return run(operation, stack, *flags)


def protected(stack: str) -> list[str]:
    """What of a stack must not be deleted, by name."""
    command = ["pulumi", "stack", "export", "--stack", stack]
    # What keeps it from that keeps `destroy` from it too, which says why.
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)  # noqa: S603 (no shell)
    return protection.protected(json.loads(done.stdout)) if done.stdout else []


sys.exit(main(*sys.argv[1:]))
