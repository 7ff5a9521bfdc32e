"""A run that is killed, wherever it is, is made good by the next one, with nothing orphaned and nothing made twice."""

from collections.abc import Iterator

import pytest

from tests.e2e.lab import Lab, host, wait_until_quiet

# Before a test looks at the host as it is found, libvirt answers there.
pytestmark = pytest.mark.usefixtures("libvirt")


@pytest.fixture
def lab() -> Iterator[Lab]:
    """A lab that is written down and not made."""
    lab = Lab("e2e-killed")
    lab.sweep()
    lab.write({"kind": "guests", "network": {"cidr": "10.20.78.0/24"}, "guests": {"web": {}}})
    yield lab
    lab.remove()


def test_killed_and_run_again(lab: Lab) -> None:
    """Killed while image, network, disks, domain and boot are under way, then while it is destroyed."""
    found = host()
    steps = ("-image creating", "-network creating", "-guest creating", "no lease", "no SSH")
    for step in steps:
        lab.kill_during("up", step)
    output = lab.make("up")
    assert "broke the lock" in output, output
    assert lab.ssh("web", "cloud-init status") == "status: done"
    assert lab.changes("--refresh") == {}
    assert "pending_operations" not in lab.pulumi("stack", "export").stdout

    lab.kill_during("destroy", "web-guest delet")
    lab.make("destroy")
    wait_until_quiet()
    assert host() == found


def test_killed_and_destroyed(lab: Lab) -> None:
    """What Pulumi never noted goes too: the lab's claim on its host clears all that bears its mark."""
    found = host()
    lab.kill_during("up", "e2e-killed-web started")
    wait_until_quiet()
    assert "e2e-killed-web" in host()["domains"]
    lab.make("destroy")
    wait_until_quiet()
    assert host() == found


def test_killed_and_taken_out_of_config(lab: Lab) -> None:
    """A guest that no run finished, and that config names no more, goes with the next up."""
    found = host()
    quick = {"waitFor": "start", "shutdownTimeout": "0s"}
    one = {"kind": "guests", "network": {"cidr": "10.20.78.0/24"}, "guests": {"db": quick}}
    lab.write(one)
    lab.make("up")
    lab.write({**one, "guests": {"db": quick, "web": {}}})
    lab.kill_during("up", "e2e-killed-web started")
    wait_until_quiet()
    lab.write(one)
    lab.make("up")
    assert host()["domains"] == sorted([*found["domains"], "e2e-killed-db"])
    assert lab.changes() == {}
    lab.make("destroy")
    wait_until_quiet()
    assert host() == found
