"""A Linux machine that is made a hypervisor: packages, daemons, the KVM device, libvirt's limits."""

import os
from collections.abc import Sequence
from pwd import getpwuid
from typing import NotRequired
from uuid import uuid4

import pulumi

from components.options import first_child, without_order
from components.shell import script
from components.ssh import OnHost, libvirt_uri


class KvmHostArgs(OnHost):
    """What makes a hypervisor."""

    packages: Sequence[str]
    """Plain: package names, the distribution's own; those missing are installed. Change: live, none is removed."""
    carries_guests: NotRequired[bool]
    """Plain: it is to be a hypervisor; else it gets its packages, and nothing is run. Default true. Change: live."""
    owned: NotRequired[bool]
    """Plain: destroy undoes what was done to make it a hypervisor, by whatever lab; and what the machine has become is
    told by `setup.stderr`, as host/facts.sh prints it. Default false. Change: live."""
    libvirt_down: NotRequired[bool]
    """Plain: libvirt does not answer now, so it is brought up. Default false. Change: live."""


class KvmHost(pulumi.ComponentResource):
    """Packages installed, libvirt and its logging daemon running, /dev/kvm usable by QEMU.

    A user who is not root and runs Pulumi, or logs in to the host, joins libvirt and kvm: virsh answers without sudo.

    On destroy all of that stays, unless the host is owned: it carries other labs, which must be gone before.

    Replaces on: nothing.
    """

    uri: pulumi.Output[str]
    """How libvirt is reached."""

    def __init__(self, name: str, args: KvmHostArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("kvmlab:index:KvmHost", name, {}, without_order(opts))
        # Something new while libvirt is down, so that the script runs; whatever state holds while it answers.
        down, owned = args.get("libvirt_down", False), args.get("owned", False)
        verb = ("own" if owned else "apply") if args.get("carries_guests", True) else "packages"
        self.setup = script(
            f"{name}-setup",
            f"setup.sh {verb}",
            {
                "PACKAGES": " ".join(args["packages"]),
                "RUN": uuid4().hex if down else "",
                # Behind SSH it is who logs in there.
                **({} if os.geteuid() == 0 or "ssh" in args else {"LIBVIRT_USER": getpwuid(os.geteuid()).pw_name}),
            },
            first_child(self, opts, pulumi.ResourceOptions(ignore_changes=None if down else ["environment.RUN"])),
            delete="setup.sh delete" if owned else None,
            ssh=args.get("ssh"),
        )
        self.uri = pulumi.Output.from_input(libvirt_uri(args.get("ssh")))
        self.register_outputs({"uri": self.uri})
