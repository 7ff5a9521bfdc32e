"""What we define, and what others have defined, is what libvirt takes it for."""

import re
from collections.abc import Iterator
from ipaddress import IPv4Network
from pathlib import Path

import pytest

from components.host_facts import HostFacts
from components.probe import Probe
from tests.engine.conftest import ROOT, run

pytestmark = pytest.mark.usefixtures("untouched")

DOMAINS = sorted((ROOT / "tests" / "cases" / "domain").iterdir())
NETWORKS = sorted((ROOT / "tests" / "cases" / "network").iterdir())
IPV6 = """\
<network>
  <name>kvmlab-test6</name>
  <bridge name="kvmlab-test6"/>
  <ip family="ipv6" address="fd12:3456:789a::1" prefix="64"/>
  <ip address="10.213.78.1" netmask="255.255.255.0">
    <dhcp>
      <range start="10.213.78.100" end="10.213.78.200"/>
      <host mac="52:54:00:00:00:01" name="web" ip="10.213.78.9"/>
      <host mac="52:54:00:00:00:02" ip="10.213.78.10"/>
    </dhcp>
  </ip>
</network>
"""
BLANK = (
    "<network><name>kvmlab test</name><bridge name='kvmlab-testb'/><ip address='10.213.79.1' prefix='24'/></network>"
)
DOMAIN = "<domain type='qemu'><name>{}</name>{}<memory>1024</memory><os><type>hvm</type></os></domain>"


def facts(lab: str = "kvmlabtest") -> HostFacts:
    """This machine, as the program sees it."""
    return Probe("local", {"LAB": lab, "POOL_PATH": f"/var/lib/libvirt/images/{lab}", "FILES": ""}).facts()


def define(kind: str, xml: str, directory: Path) -> None:
    """Define a network or domain, by libvirt's own schema."""
    file = directory / "definition.xml"
    file.write_text(xml)
    done = run("virsh", "-q", kind, "--validate", str(file))
    assert done.status == 0, done.errors


@pytest.mark.parametrize("case", NETWORKS, ids=lambda case: case.stem)
def test_network(case: Path, tmp_path: Path) -> None:
    """The network that the unit tests keep passes libvirt's schema and is stored under its name and UUID."""
    name, xml = "kvmlabtestsix", case.read_text("utf-8")
    try:
        define("net-define", re.sub("<name>.*?<", f"<name>{name}<", xml).replace("kl-six", "kl-testsix"), tmp_path)
        assert run("virsh", "-q", "net-uuid", name).output.strip() in xml
    finally:
        run("virsh", "-q", "net-undefine", name)


@pytest.mark.parametrize("case", DOMAINS, ids=lambda case: case.stem)
def test_domain(case: Path, tmp_path: Path) -> None:
    """The domain that the unit tests keep passes libvirt's schema; what it was defined from is there to be read."""
    name = "kvmlabtest-node-1"
    kept = case.read_text("utf-8")
    # Where there is no KVM, libvirt has no emulator for its domains.
    text = kept.replace("<name>six-node-1<", f"<name>{name}<").replace('type="kvm"', 'type="qemu"')
    try:
        define("define", text, tmp_path)
        # The same schema, by the tool that others check with; it calls xmllint.
        done = run("virt-xml-validate", str(tmp_path / "definition.xml"), "domain")
        assert done.status == 0, done.errors
        digest = kept.partition('definition="')[2][:32]
        assert digest in run("virsh", "-q", "metadata", name, "urn:kvmlab", "--config").output
    finally:
        run("virsh", "-q", "undefine", "--nvram", name)


@pytest.fixture
def networks(tmp_path: Path) -> Iterator[None]:
    """Networks as other people have them: with IPv6 too, and with a blank in the name."""
    try:
        define("net-define", IPV6, tmp_path)
        define("net-define", BLANK, tmp_path)
        yield
    finally:
        for name in ("kvmlab-test6", "kvmlab test"):
            run("virsh", "-q", "net-undefine", name)


@pytest.mark.usefixtures("networks")
def test_other_peoples_networks() -> None:
    """Whatever networks a host has, those of IPv4 are known, and the rest does no harm."""
    found = facts()
    assert found.libvirt == "ok"
    assert found.networks["kvmlab-test6"] == (IPv4Network("10.213.78.0/24"),)
    assert found.bridges["kvmlab-test6"] == "kvmlab-test6"
    assert {name: str(held) for name, held in found.reservations["kvmlab-test6"].items()} == {"web": "10.213.78.9"}
    assert found.networks["kvmlab test"] == (IPv4Network("10.213.79.0/24"),)


def test_domains(tmp_path: Path) -> None:
    """Domains with a name of the lab are told with what they say of themselves, even if that is nothing."""
    described = {"kvmlabtest-a": "somebody's own", "kvmlabtest-b": "", "kvmlabtest-c": "guest of kvmlab lab kvmlabtest"}
    try:
        for name, text in described.items():
            define("define", DOMAIN.format(name, f"<description>{text}</description>" if text else ""), tmp_path)
        define("define", DOMAIN.format("kvmlabtest2-a", ""), tmp_path)
        assert facts().domains == described
    finally:
        for name in (*described, "kvmlabtest2-a"):
            run("virsh", "-q", "undefine", name)


def test_this_machine() -> None:
    """The plain facts are those of the kernel."""
    found = facts()
    assert found.memory_kib == int(Path("/proc/meminfo").read_text().split()[1])
    assert found.kvm_device == Path("/dev/kvm").is_char_device()
    assert "lo" in [interface for interface, _ in found.addresses]
    assert found.root
    assert found.pool_free_kib > 0
