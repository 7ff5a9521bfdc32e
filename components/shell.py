"""The one seam for commands: a script of host/ becomes a resource.

Scripts run on the host that they are about. Secrets reach them by stdin, never by argument or environment.
"""

import os
from collections.abc import Mapping, Sequence

import pulumi
from pulumi_command import local


def script(
    name: str,
    call: str,
    environment: Mapping[str, pulumi.Input[str]],
    opts: pulumi.ResourceOptions,
    *,
    delete: str | None = None,
    stdin: pulumi.Input[str] | None = None,
    triggers: Sequence[pulumi.Input[str]] = (),
) -> local.Command:
    """Run a script of host/ as root when the resource is created or changed, and another call of it on delete.

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
    """
    # Root's own runs need no sudo, and state is the same for all of them.
    interpreter = None if os.geteuid() == 0 else ["sudo", "-n", "-E", "/bin/sh", "-c"]
    return _command(name, call, environment, opts, delete, stdin, triggers, interpreter)


def as_user(
    name: str,
    call: str,
    environment: Mapping[str, pulumi.Input[str]],
    opts: pulumi.ResourceOptions,
    *,
    delete: str | None = None,
    stdin: pulumi.Input[str] | None = None,
    triggers: Sequence[pulumi.Input[str]] = (),
) -> local.Command:
    """The same on the machine that runs Pulumi, as the user who does: for files that are the user's."""
    return _command(name, call, environment, opts, delete, stdin, triggers, None)


def _command(
    name: str,
    call: str,
    environment: Mapping[str, pulumi.Input[str]],
    opts: pulumi.ResourceOptions,
    delete: str | None,
    stdin: pulumi.Input[str] | None,
    triggers: Sequence[pulumi.Input[str]],
    interpreter: list[str] | None,
) -> local.Command:
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
