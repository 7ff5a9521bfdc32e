"""The lab of kind `kubernetes`: guests that are the nodes of a cluster, and plain ones beside them."""

from collections.abc import Sequence

import pulumi

from components.errors import Problem
from components.host_facts import HostFacts
from stacks import guests, manifests
from stacks.config import Lab


def problems(lab: Lab) -> list[Problem]:
    """What is wrong beyond the config."""
    return [*guests.problems(lab), *manifests.problems(lab)]


def compose(lab: Lab, placed: Sequence[tuple[Lab, HostFacts]]) -> list[pulumi.Resource]:
    """Make the lab real.

    Args:
        lab: what is asked for.
        placed: the part of it on each host, and the host as it is now, found able to carry that.

    Returns:
        What is made last: when all of these are there, the lab is.
    """
    return guests.compose(lab, placed)
