"""NetworkManager on a hypervisor, which is kept off what labs have there, or off altogether."""

from typing import NotRequired

import pulumi

from components.enums import NetworkManagerUse
from components.host_bridge import Bridged, settings
from components.options import first_child, without_order
from components.shell import script
from components.ssh import OnHost


class NetworkManagerArgs(OnHost):
    """What becomes of it."""

    use: NetworkManagerUse
    """Plain: `unmanaged` or `mask`. Change: replace."""
    bridged: NotRequired[Bridged]
    """Plain: a bridge over an interface of the host's own, which it is to leave alone with its port. Default none.
    Change: live."""


class NetworkManager(pulumi.ComponentResource):
    """It leaves the labs' devices alone, or is stopped and masked; destroy makes it as it was.

    Replaces on: use. Errors: it manages the bridge's interface, or, to be masked, any: nobody would manage that then.
    """

    def __init__(self, name: str, args: NetworkManagerArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        use = str(args["use"])
        super().__init__("kvmlab:index:NetworkManager", name, {"use": use}, without_order(opts))
        self.told = script(
            f"{name}-told",
            "network_manager.sh apply",
            {"NETWORK_MANAGER": use, **(settings(args["bridged"]) if "bridged" in args else {"BRIDGE": ""})},
            first_child(self, opts, pulumi.ResourceOptions(delete_before_replace=True)),
            delete="network_manager.sh delete",
            triggers=[use],
            ssh=args.get("ssh"),
        )
        self.register_outputs({})
