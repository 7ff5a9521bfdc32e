"""A lab's claim on a host: whatever bears its mark there, whether Pulumi knows of it or not."""

from collections.abc import Sequence
from uuid import uuid4

import pulumi

from components.identity import network_prefix, owner
from components.options import first_child, without_order
from components.shell import Limits, limits, script


class ClaimArgs(Limits):
    """What is claimed."""

    lab: str
    """Plain: whose mark; also the name of its pool and its network. Change: replace."""
    pool_path: str
    """Plain: directory of the pool. Change: live; what is in the old one goes with its pool and image."""
    strays: Sequence[str]
    """Plain: guests that a run has left unfinished and that config no longer names. They are removed. Change: live."""


class Claim(pulumi.ComponentResource):
    """Nothing on the host by itself: it clears up behind runs that were killed or failed.

    It is made before all else of a lab and destroyed after all else, and then removes what is left: domains, disks,
    network, pool, directory. What does not bear the lab's mark is not touched.

    Replaces on: lab.
    """

    done: pulumi.Output[str]
    """What the lab's parts wait for."""

    def __init__(self, name: str, args: ClaimArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("kvmlab:index:Claim", name, {}, without_order(opts))
        lab, strays = args["lab"], args["strays"]
        self.command = script(
            f"{name}-claim",
            "claim.sh apply",
            {
                "LAB": lab,
                "OWNER": owner(lab),
                "NETWORK_UUID": network_prefix(lab),
                "POOL_PATH": args["pool_path"],
                "STRAYS": " ".join(strays),
                # Something new each time, so that the script runs; that there are no strays any more is no news.
                "RUN": uuid4().hex if strays else "",
                **limits(args),
            },
            first_child(
                self,
                opts,
                pulumi.ResourceOptions(ignore_changes=None if strays else ["environment.STRAYS", "environment.RUN"]),
            ),
            delete="claim.sh delete",
            # Not the path: what is left at an old one when this is replaced would be the lab at its new one.
            triggers=[lab],
            ssh=args.get("ssh"),
        )
        self.done = self.command.urn
        self.register_outputs({"done": self.done})
