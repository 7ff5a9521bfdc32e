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
    lab.remove()
    lab.write({"kind": "guests", "network": {"cidr": "10.20.78.0/24"}, "guests": {"web": {}}})
    yield lab
    lab.remove()


def test_killed_and_run_again(lab: Lab) -> None:
    """Killed while image, disks, domain and boot are under way, then while it is destroyed."""
    found = host()
    for step in ("-image creating", "web-disks creating", "Domain web creating", "web-ready creating"):
        lab.kill_during("up", step)
    output = lab.make("up")
    assert "broke the lock" in output, output
    assert lab.ssh("web", "cloud-init status") == "status: done"
    assert lab.changes("--refresh") == {}
    assert "pending_operations" not in lab.pulumi("stack", "export").stdout

    lab.kill_during("destroy", "web-disks delet")
    lab.make("destroy")
    wait_until_quiet()
    assert host() == found
