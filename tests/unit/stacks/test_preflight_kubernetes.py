"""What a host is asked for a cluster, and what of it is only told; what it must have is in tests/cases/preflight."""

from typing import Any

import pytest

from stacks import preflight
from tests.unit.stacks.labs import host, lab

PODS = "local: lab.kubernetes.podCidr: 10.244.0.0/16 overlaps with"
SERVICES = "local: lab.kubernetes.serviceCidr: 10.96.0.0/16 overlaps with"
END = "pods will not reach what is there in 10.244.0.0/16"


def test_question() -> None:
    """Routes, and the bundle where there is one; nothing of other labs."""
    asked = preflight.question(lab({"kind": "kubernetes", "kubernetes": {"source": "bundle"}}))
    assert asked["GUEST_BUNDLE"] == "/var/lib/kvmlab/kubernetes/1.35.4"
    assert asked["GUEST_ROUTES"] == "yes"
    assert "GUEST_BUNDLE" not in preflight.question(lab({"kind": "kubernetes"}))
    assert (
        not {"GUEST_BUNDLE", "GUEST_ROUTES"} & preflight.question(lab({"kind": "guests", "guests": {"a": {}}})).keys()
    )


@pytest.mark.parametrize(
    ("facts", "told"),
    [
        ({"routes": [["eth0", "192.0.2.0/24"], ["wg0", "10.8.0.7/32"]]}, []),
        (
            {"routes": [["wg0", "10.0.0.0/9"]]},
            [f"{SERVICES} 10.0.0.0/9, to which the host has a route by 'wg0'; {END.replace('244', '96')}"],
        ),
        (
            {"routes": [["wg0", "10.244.3.0/24"]]},
            [f"{PODS} 10.244.3.0/24, to which the host has a route by 'wg0'; {END}"],
        ),
        # To a node, so that the host reaches pods.
        ({"routes": [["kl-quickstart", "10.244.0.0/16"]]}, []),
        # Of an address of the host's own: that is an error.
        ({"routes": [["eth1", "10.244.3.0/24"]], "addresses": [["eth1", "10.244.3.1/24"]]}, []),
    ],
)
def test_routes(facts: dict[str, Any], told: list[str]) -> None:
    """A way of the host's that pods have not is no reason to stop."""
    asked = lab({"kind": "kubernetes", "network": {"cidr": "10.20.7.0/24"}})
    found = preflight.warnings(asked, host({"pool_free_kib": 10**9, **facts}))
    assert [line for line in found if "overlaps" in line] == told
