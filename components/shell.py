"""The one seam for commands: a script of host/ becomes a resource.

Scripts run on the host that they are about, which is this machine or one behind SSH. Secrets reach them by stdin, never
by argument or environment.
"""

import os
from collections.abc import Mapping, Sequence
from typing import NotRequired
from uuid import uuid4

import pulumi
from pulumi_command import local

from components.ssh import OVER_SSH, OnHost, Ssh, over_ssh


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
    ssh: Ssh | None = None,
    is_broken: bool | None = None,
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
        ssh: where it runs; by default here. Another machine deletes and creates anew.
        is_broken: true runs it although nothing has changed, since the host shows that what it made is not whole; of
            what may be found so later, false.
    """
    if is_broken:
        environment = {**environment, _AGAIN: uuid4().hex}
    elif is_broken is not None:
        opts = pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(ignore_changes=[f"environment.{_AGAIN}"]))
    if ssh:
        # Whoever logs in becomes root there, not here.
        as_root = False
        environment = {**environment, **over_ssh(ssh, environment)}
        call, delete = f"{OVER_SSH} {call}", delete and f"{OVER_SSH} {delete}"
        triggers = [*triggers, ssh["destination"]]
    interpreter = by_root() if as_root else None
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


def by_root() -> list[str] | None:
    """What makes a command root's: root's own runs need no sudo, and state is the same for all of them."""
    return ["sudo", "-n", "-E", "/bin/sh", "-c"] if os.geteuid() != 0 else None


_AGAIN = "KVMLAB_RUN"
"""Something new each time that a script is to run again; that it need not any more is no news."""

LIBVIRT_SECONDS = 120
"""What host/lib.sh takes for its limit when it is given none."""


class Limits(OnHost):
    """What components have in common that speak to libvirt."""

    libvirt_seconds: NotRequired[int]
    """Plain: how long libvirt may take for an answer, default LIBVIRT_SECONDS. Change: live."""


def limits(args: Limits) -> dict[str, str]:
    """What the scripts read of them; a default shows in no preview."""
    return {"LIBVIRT_SECONDS": str(args["libvirt_seconds"])} if "libvirt_seconds" in args else {}
