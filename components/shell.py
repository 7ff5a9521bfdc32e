"""The one seam for commands: a script of host/ becomes a resource.

Scripts run on the host that they are about. Secrets reach them by stdin, never by argument or environment.
"""

import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

import pulumi
from pulumi_command import local

from components.errors import KvmLabError, Problem

ROOT = Path(__file__).parents[1]
RUN_NOW_SECONDS = 120


def script(
    name: str,
    call: str,
    environment: Mapping[str, pulumi.Input[str]],
    opts: pulumi.ResourceOptions,
    *,
    delete: str | None = None,
    stdin: pulumi.Input[str] | None = None,
    triggers: Sequence[pulumi.Input[str]] = (),
    as_root: bool = True,
) -> local.Command:
    """Run a script of host/ when the resource is created or changed, and another call of it on delete.

    The engine starts commands in the project's directory, so that state holds a script's name, not its text: a mended
    script does not run again on every guest.

    Args:
        name: the resource's name.
        call: script and argument, as in "pool.sh apply".
        environment: what the script reads; a change runs it again.
        opts: the resource's options.
        delete: what undoes it; by default nothing does.
        stdin: secrets and long texts; a change runs it again.
        triggers: a change of these deletes and creates anew.
        as_root: false runs it as the user who runs Pulumi, for files that are the user's.
    """
    # Root's own runs need no sudo, and state is the same for all of them.
    interpreter = ["sudo", "-n", "-E", "/bin/sh", "-c"] if as_root and os.geteuid() != 0 else None
    return local.Command(
        name,
        create=f"host/{call}",
        delete=f"host/{delete}" if delete else None,
        environment=dict(environment),
        stdin=stdin,
        triggers=list(triggers) or None,
        interpreter=interpreter,
        logging=local.Logging.STDOUT,
        opts=opts,
    )


def run_now(call: str, environment: Mapping[str, str]) -> None:
    """Run a script of host/ as root at once, in a hook of the engine's: what it does belongs to no resource.

    Raises:
        KvmLabError: the script failed; its own message is the error's.
    """
    settings = [f"{key}={value}" for key, value in environment.items()]
    sudo = [] if os.geteuid() == 0 else ["sudo", "-n"]
    done = subprocess.run(  # noqa: S603 (our own script, and settings that are no shell text)
        [*sudo, "/usr/bin/env", *settings, *f"host/{call}".split()],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=RUN_NOW_SECONDS,
        check=False,
    )
    if done.returncode != 0:
        path, _, message = done.stderr.strip().partition(": ")
        raise KvmLabError(f"host/{call}", "what it found", [Problem(path, message)])
