"""A state of many guests is made from the record of one."""

from bench import stored


def test_a_guests_resources_are_copied() -> None:
    """Under each guest's own names, wherever they stand."""
    first = {
        "urn": "urn:pulumi:bench-plain::plain::libvirt:index/domain:Domain::guest-1",
        "inputs": {"name": "bench-plain-1", "cloudinit": "/pool/bench-plain-1.iso;1-1"},
        "dependencies": ["urn:pulumi:bench-plain::plain::libvirt:index/volume:Volume::disk-1"],
    }
    copies = stored.resources(first, 12)
    assert copies[0] == first
    assert copies[11] == {
        "urn": "urn:pulumi:bench-plain::plain::libvirt:index/domain:Domain::guest-12",
        "inputs": {"name": "bench-plain-12", "cloudinit": "/pool/bench-plain-12.iso;1-1"},
        "dependencies": ["urn:pulumi:bench-plain::plain::libvirt:index/volume:Volume::disk-12"],
    }


def test_the_labs_own_resources_are_not_copied() -> None:
    """There is one network, however many guests."""
    network = {"urn": "urn:pulumi:bench-plain::plain::libvirt:index/network:Network::network"}
    assert stored.resources(network, 12) == [network]
    assert stored.instances({"attributes": {"name": "bench-tofu"}}, 12) == [{"attributes": {"name": "bench-tofu"}}]


def test_a_guests_instances_are_copied() -> None:
    """OpenTofu counts from nothing; the names count from 1."""
    copies = stored.instances({"index_key": 0, "attributes": {"id": "/pool/bench-tofu-1.qcow2"}}, 2)
    assert copies == [
        {"index_key": 0, "attributes": {"id": "/pool/bench-tofu-1.qcow2"}},
        {"index_key": 1, "attributes": {"id": "/pool/bench-tofu-2.qcow2"}},
    ]
