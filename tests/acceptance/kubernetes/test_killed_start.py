"""A run that is killed while a cluster's first control plane starts: the next one ends what it has begun."""

from collections.abc import Iterator

import pytest

from tests.e2e.cluster import Cluster
from tests.e2e.lab import host

pytestmark = [pytest.mark.usefixtures("libvirt"), pytest.mark.timeout(3600)]

STACK = "acc-killed"


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    """A lab of one control plane and one worker that is not there yet; after the test, the host is as it was."""
    lab = Cluster(STACK, "10.20.63.0/24")
    lab.sweep()
    found = host()
    lab.ask(1)
    yield lab
    lab.remove()
    assert host() == found


def test_a_run_is_killed_while_the_control_plane_starts(cluster: Cluster) -> None:
    """By SIGKILL, engine, program and scripts; kubeadm, on the node, may still be at work when the next run comes."""
    cluster.kill_during("up", "control-plane-1: its control plane starts")
    cluster.pulumi("cancel", "--yes")
    cluster.make("up")
    cluster.make("kubeconfig")
    cluster.is_ready(1)
    assert cluster.changes() == {}
