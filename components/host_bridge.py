"""A bridge over an interface of the host's own, for guests that are to be on its network."""

from typing import NotRequired, TypedDict
from uuid import uuid4

import pulumi

from components.options import after, child, first_child, without_order
from components.shell import script
from components.ssh import OnHost, Ssh

SILENCE = 45
"""Nobody is heard while the addresses change hands, for which host/bridge.sh has half of its minute."""


class Bridged(TypedDict):
    """A bridge and what it stands on."""

    bridge: str
    """Plain: the bridge's name, 15 bytes at most. Change: replace."""
    interface: str
    """Plain: its port: a name, a MAC address, or `default-route` for the one that has it. Change: replace."""
    vlan: NotRequired[int]
    """Plain: the tag of a network on it: then the port is a VLAN device over it. Default none. Change: replace."""


class HostBridgeArgs(Bridged, OnHost):
    """What is bridged."""

    is_kept: NotRequired[bool]
    """Plain: the host shows that the bridge has been confirmed; else it is tried again, whatever state says. Default
    false. Change: live."""


def settings(bridged: Bridged) -> dict[str, str]:
    """What the scripts read of it; that there is no tag shows in no preview."""
    given = {"BRIDGE": bridged["bridge"], "INTERFACE": bridged["interface"]}
    return given | ({"VLAN": str(bridged["vlan"])} if "vlan" in bridged else {})


class HostBridge(pulumi.ComponentResource):
    """The interface becomes the bridge's port, its addresses and its MAC address the bridge's, at every boot.

    With a VLAN tag, the interface stays as it is, and the bridge carries that network for guests alone.

    The new configuration is on trial until a second login confirms it, by itself: without that, the old one is back
    within a minute, or at the next boot. Destroy brings the old one back, byte by byte. docs/decisions/0010.

    Replaces on: bridge, interface, vlan. Errors: an interface that is not there, wireless, or managed by none of
    ifupdown, systemd-networkd and NetworkManager; addresses that the bridge did not get.
    """

    bridge: pulumi.Output[str]
    """The bridge's name, known at preview."""

    def __init__(self, name: str, args: HostBridgeArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        asked = settings(args)
        inputs = {key.lower(): value for key, value in asked.items()}
        super().__init__("kvmlab:index:HostBridge", name, inputs, without_order(opts))
        kept = args.get("is_kept", False)
        environment = {
            **asked,
            # Something new each time, so that the scripts run.
            "RUN": "" if kept else uuid4().hex,
        }
        options = pulumi.ResourceOptions(
            delete_before_replace=True, ignore_changes=["environment.RUN"] if kept else None
        )
        triggers = list(asked.values())
        ssh: Ssh | None = {**args["ssh"], "silence_seconds": SILENCE} if "ssh" in args else None
        tried = script(
            f"{name}-trial",
            "bridge.sh apply",
            environment,
            first_child(self, opts, options),
            delete="bridge.sh restore",
            triggers=triggers,
            ssh=ssh,
        )
        # A command of its own, so a login of its own.
        self.confirmed = script(
            f"{name}-confirmed",
            "bridge.sh confirm",
            environment,
            child(self, pulumi.ResourceOptions.merge(options, after(tried))),
            triggers=triggers,
            ssh=ssh,
        )
        self.bridge = pulumi.Output.from_input(args["bridge"])
        self.register_outputs({"bridge": self.bridge})
