"""What components of the host's own side register: hypervisor, image, pool, network."""

import os
from pwd import getpwuid

import pytest

from components.claim import Claim
from components.identity import network_uuid
from components.image import Image, ImageArgs
from components.kvm_host import KvmHost, KvmHostArgs
from components.network import Network, definition, definition_uuid
from components.pool import Pool
from tests.unit.components.arguments import CLAIM, HOST, IMAGE, NETWORK, POOL
from tests.unit.mocks import Registered, Run, run


def host(args: KvmHostArgs) -> Run:
    """Register a hypervisor."""
    return run(lambda: KvmHost("host", args))


def test_host() -> None:
    """The machine is set up; a host that answers has nothing to be run again for."""
    resources = host(HOST)
    setup = resources["Command host-setup"]
    assert setup.inputs == {
        "create": "host/setup.sh apply",
        "environment": {"PACKAGES": "qemu-kvm libvirt", "RUN": ""},
        "logging": "stdout",
    }
    assert list(setup.request.ignoreChanges) == ["environment.RUN"]
    assert resources["KvmHost host"].outputs == {"uri": "qemu:///system"}


def test_host_of_a_user(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who is not root, and runs Pulumi, is to be let in by libvirt."""
    monkeypatch.setattr(os, "geteuid", lambda: 65534)
    setup = host(HOST)["Command host-setup"]
    assert setup.inputs["environment"]["LIBVIRT_USER"] == getpwuid(65534).pw_name
    assert setup.inputs["interpreter"][0] == "sudo"


def test_host_stays() -> None:
    """A lab that is destroyed undoes nothing of what makes the machine a hypervisor."""
    assert all("delete" not in resource.inputs for resource in host(HOST).resources.values())


def test_host_whose_libvirt_is_down() -> None:
    """The script runs whatever state says, each time anew."""
    first, second = (host({**HOST, "libvirt_down": True})["Command host-setup"] for _ in range(2))
    assert first.inputs["environment"]["RUN"] != second.inputs["environment"]["RUN"]
    assert list(first.request.ignoreChanges) == []


def test_workstation() -> None:
    """It gets its packages, which go when it is destroyed; nothing of it is run."""
    setup = host({**HOST, "carries_guests": False, "owned": True})["Command host-setup"]
    assert (setup.inputs["create"], setup.inputs["delete"]) == ("host/setup.sh packages", "host/setup.sh delete")


def test_claim() -> None:
    """It is told by which marks it knows what is the lab's, and runs for strays and for nothing else."""
    claim = run(lambda: Claim("lab", CLAIM))["Command lab-claim"]
    assert claim.inputs == {
        "create": "host/claim.sh apply",
        "delete": "host/claim.sh delete",
        "environment": {
            "LAB": "six",
            "OWNER": "guest of kvmlab lab six",
            "NETWORK_UUID": network_uuid("six", "any")[:19],
            "POOL_PATH": "/srv/six",
            "STRAYS": "",
            "RUN": "",
        },
        "triggers": ["six"],
        "logging": "stdout",
    }
    assert list(claim.request.ignoreChanges) == ["environment.STRAYS", "environment.RUN"]


def test_claim_with_strays() -> None:
    """The same strays a second time are news as well."""
    first, second = (run(lambda: Claim("lab", {**CLAIM, "strays": ["a", "b"]}))["Command lab-claim"] for _ in range(2))
    assert first.inputs["environment"]["STRAYS"] == "a b"
    assert first.inputs["environment"]["RUN"] != second.inputs["environment"]["RUN"]
    assert list(first.request.ignoreChanges) == []


def image(args: ImageArgs) -> Registered:
    """Register an image."""
    return run(lambda: Image("debian", args))["Command debian-image"]


def test_image() -> None:
    """The script is told where the image comes from and goes to; a new source under one link fetches nothing anew."""
    fetched = image(IMAGE)
    assert fetched.inputs == {
        "create": "host/image.sh apply",
        "delete": "host/image.sh delete",
        "environment": {
            "LAB": "six",
            "POOL_PATH": "/srv/six",
            "LINK": "base-debian-13-01234567",
            "URL": "https://example.org/debian.qcow2",
            "DIGEST": "sha512:00",
            "BUILD": "debian-13",
        },
        "triggers": ["/srv/six", "base-debian-13-01234567"],
        "logging": "stdout",
    }
    assert fetched.request.deleteBeforeReplace


def test_image_file() -> None:
    """Of a local file there is no URL to tell, and of an archive there may be the name of the disk in it."""
    fetched = image(
        {"lab": "six", "pool_path": "/srv/six", "link": "base-file-0", "file": "/srv/debian.ova", "disk": "disk2.vmdk"}
    )
    assert fetched.inputs["environment"] == {
        "LAB": "six",
        "POOL_PATH": "/srv/six",
        "LINK": "base-file-0",
        "FILE": "/srv/debian.ova",
        "IMAGE_DISK": "disk2.vmdk",
    }


def test_pool() -> None:
    """A pool of another name or path is another pool."""
    pool = run(lambda: Pool("pool", POOL))["Command pool-pool"]
    assert pool.inputs == {
        "create": "host/pool.sh apply",
        "delete": "host/pool.sh delete",
        "environment": {"POOL": "six", "POOL_PATH": "/srv/six"},
        "triggers": ["six", "/srv/six"],
        "logging": "stdout",
    }
    assert pool.request.deleteBeforeReplace


def test_network() -> None:
    """A network of another definition is made anew in place, one of another name replaces it."""
    network = run(lambda: Network("network", NETWORK))["Command network-network"]
    uuid = definition_uuid(NETWORK)
    assert network.inputs == {
        "create": "host/network.sh apply",
        "delete": "host/network.sh delete",
        "environment": {
            "NETWORK": "six",
            "NETWORK_UUID": uuid,
            "RESERVATIONS": f"{uuid}\n<host mac='52:54:00:ab:cd:ef' name='node-1' ip='10.20.6.5'/>",
        },
        "stdin": definition(NETWORK, uuid),
        "triggers": ["six"],
        "logging": "stdout",
    }
    assert network.request.deleteBeforeReplace
    assert list(network.request.ignoreChanges) == ["environment.RESERVATIONS", "environment.KVMLAB_RUN"]
