"""Facts of hosts as they are kept: what a repository should not have is left out, and what is damaged is told."""

from datetime import date
from ipaddress import IPv4Interface, IPv4Network
from pathlib import Path

import pytest

from components.host_facts import DiskSource, Holder, HostLink, Running
from stacks.offline import recorded
from stacks.offline.words import OfflineError
from tests.unit.stacks.labs import lab

LAB = lab(
    {
        "kind": "guests",
        "host": "root@nas",
        "network": {"cidr": "10.20.0.0/24"},
        "guests": {"web": {"console": {"type": "vnc", "listen": "10.9.8.7", "password": "${secrets.screen}"}}},
    }
)
ANSWER = """cpu_flag vmx
memory_kib 16000000
cpus 8
kvm_device yes
root yes
package_manager apt
pool_parent /var/lib/libvirt/images
pool_writable yes
pool_total_kib 900
pool_free_kib 800
pool_disk quickstart-web.qcow2 1
written quickstart-web.qcow2
birth quickstart-web base-x -
unfinished quickstart-db.unfinished
address lo 127.0.0.1/8
address eth0 193.0.14.9/24
address eth0 10.1.2.3/16
address eth1 10.9.8.7/24
address kl-payroll 10.50.0.1/24
address6 eth0 2001:4860:4860::8888/64
link br0 bridge 1500 -
libvirt unreachable error of a socket of somebody's
domain quickstart-web guest of kvmlab lab quickstart
running 1048576 1 quickstart-web
running 2097152 2 payroll of ana
running 2097152 2 web of bob
network_uuid quickstart d8412b37-476a-2658-30b9-2e5b1bfeca67
network_uuid payroll d8412b37-476a-2658-30b9-2e5b1bfeca60
bridge payroll kl-payroll
network payroll 10.50.0.1/24
reservation quickstart web 10.20.0.81
reservation payroll ana 10.50.0.7
pool payroll /srv/payroll
pool other name /var/lib/libvirt/images/quickstart
source block b8:10 raw yes /dev/sdb
used b8:10 which is mounted at /home/ana
holder b8:10 raw no payroll of ana
state quickstart-web running
a_row_that_is_new payroll
"""
KEPT = """kvmlab_facts 1
host root@nas
stack quickstart
architecture x86_64
recorded 2026-11-26
address eth0 10.1.0.0/16
address eth1 10.9.8.7/24
address lo 127.0.0.0/8
bridge other-3 kl-payroll
cpu_flag vmx
cpus 8
domain quickstart-web guest of kvmlab lab quickstart
holder b8:10 raw no other-1
kvm_device yes
libvirt unreachable
link br0 bridge 1500 -
memory_kib 16000000
network other-3 10.50.0.1/24
network_uuid quickstart d8412b37-476a-2658-30b9-2e5b1bfeca67
package_manager apt
pool other-4 /var/lib/libvirt/images/quickstart
pool_free_kib 800
pool_parent /var/lib/libvirt/images
pool_total_kib 900
pool_writable yes
reservation quickstart web 10.20.0.81
root yes
running 1048576 1 quickstart-web
running 2097152 2 other-1
running 2097152 2 other-2
source block b8:10 raw yes /dev/sdb
used b8:10 in use
end 27
"""
AGAIN = "run `make record-facts STACK=quickstart` where the host can be reached"


def read(text: str) -> recorded.Recorded:
    """Read it as the file of the lab's host."""
    return recorded.read(text, "facts.txt", LAB, "x86_64")


def test_what_is_kept() -> None:
    """Neither names of others nor addresses that no check needs, nor what only the moment tells."""
    assert recorded.record(ANSWER, LAB, "x86_64", date(2026, 11, 26)) == KEPT


def test_what_is_read() -> None:
    """The facts of a host as it was, and the day."""
    day, facts = read(KEPT)
    assert day == "2026-11-26"
    assert (facts.has_kvm, facts.cpus, facts.memory_kib, facts.libvirt) == (True, 8, 16000000, "unreachable")
    assert facts.addresses[:2] == (("eth0", IPv4Interface("10.1.0.0/16")), ("eth1", IPv4Interface("10.9.8.7/24")))
    assert facts.networks["other-3"] == (IPv4Network("10.50.0.0/24"),)
    assert facts.running["other-2"] == Running(2097152, 2)
    assert facts.links == {"br0": HostLink("bridge", 1500, "")}
    assert facts.sources["/dev/sdb"] == DiskSource(
        "block", "b8:10", "raw", used="in use", holders=(Holder("other-1", "raw", is_shared=False),)
    )
    assert (facts.births, facts.written, facts.unfinished, facts.pool_disks) == ({}, frozenset(), frozenset(), {})


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (KEPT, "", "must begin with 'kvmlab_facts', got something else"),
        (KEPT, "\0\0", "must begin with 'kvmlab_facts', got something else"),
        ("kvmlab_facts 1", "kvmlab_facts 2", "must be of version 1, got '2'"),
        ("host root@nas", "host box", "must be of host 'root@nas', got 'box'"),
        ("stack quickstart", "stack six", "must be of stack 'quickstart', got 'six'"),
        ("architecture x86_64", "architecture aarch64", "must be of architecture 'x86_64', got 'aarch64'"),
        ("end 27\n", "", "must be whole, got a part"),
        ("cpus 8\n", "", "must be whole, got a part"),
        ("recorded 2026-11-26", "recorded today", "must be whole, got a part"),
        ("memory_kib 16000000", "memory_kib much", "must be as it was recorded, got rows that are none"),
        ("network other-3 10.50.0.1/24", "network other-3", "must be as it was recorded, got rows that are none"),
    ],
)
def test_what_is_none(old: str, new: str, message: str) -> None:
    """Each is one line, which says how to record it anew."""
    assert old in KEPT
    with pytest.raises(OfflineError) as refused:
        read(KEPT.replace(old, new))
    assert str(refused.value) == f"facts.txt: {message}; {AGAIN}"


@pytest.mark.parametrize(
    ("host", "file"),
    [("local", "local.txt"), ("root@nas", "root@nas.txt"), ("fd00::7", "fd00..7.txt"), ("../x", "...x.txt")],
)
def test_names_of_files(host: str, file: str) -> None:
    """They stay in their directory."""
    assert recorded.file_name(host) == file
    assert Path(file).name == file
