"""host/facts.sh for real: on this machine, with little to go by, and on machines that a namespace makes up."""

import os
import platform
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from components.machine_facts import Address, Drops, Interface, KvmDevice, MachineFacts, Route, parse
from tests.engine.conftest import ROOT, run

SCRIPT = ROOT / "host" / "facts.sh"
AS_NOBODY = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")
COREUTILS = ("cut", "df", "id", "nproc", "readlink", "stat", "timeout", "uname")
FEDORA = """NAME="Fedora Linux"
VERSION="43 (Server Edition)"
ID=fedora
VERSION_ID=43
PRETTY_NAME="Fedora Linux 43 (Server Edition)"
"""
ROCKY = """NAME="Rocky Linux"
ID="rocky"
ID_LIKE="rhel centos fedora"
VERSION_ID="9.6"
PRETTY_NAME="Rocky Linux 9.6 (Blue Onyx)"
"""
ARCH = """NAME='Arch Linux'
PRETTY_NAME='Arch Linux'
ID=arch
BUILD_ID=rolling
"""
NAMESPACE = """
mount -t sysfs none /sys
mount -t tmpfs none /run
ip link set lo up
ip tuntap add lan0 mode tap
ip link add br0 type bridge
ip link set br0 address 02:00:00:00:00:01
ip link set lan0 address 02:00:00:00:00:02 master br0 up
ip address add 192.0.2.9/24 dev br0
ip link set br0 up
ip route add default via 192.0.2.1 dev br0 metric 100
"""
"""A network, processes and a /run of its own: nothing of this machine's is touched, libvirt not even asked."""
OWN = ("unshare", "--mount", "--net", "--pid", "--fork", "--mount-proc")


def ask(*before: str, environment: Mapping[str, str] | None = None) -> MachineFacts:
    """What the script says, as it would over SSH: it comes on stdin, and finds nothing of ours beside it."""
    with SCRIPT.open("rb") as script:
        done = subprocess.run(
            [*before, "/bin/sh", "-s"],
            stdin=script,
            capture_output=True,
            text=True,
            check=True,
            cwd="/",
            env=environment,
        )
    assert done.stderr == ""
    return parse(done.stdout)


def made_up(setup: str, **environment: str) -> MachineFacts:
    """What it says of a machine with a network of its own, after some commands."""
    return ask(*OWN, "sh", "-euc", f'{NAMESPACE}\n{setup}\nexec "$@"', "sh", environment={**os.environ, **environment})


@pytest.fixture
def room() -> Iterator[Path]:
    """A directory that anyone may read; tmp_path is root's alone."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)


def tool(room: Path, name: str, text: str) -> None:
    """A stand-in that prints a text."""
    (room / name).write_text(f"#!/bin/sh\ncat <<'END'\n{text}END\n", "utf-8")
    (room / name).chmod(0o755)


def plant(room: Path, path: str, text: str) -> str:
    """The command that puts a text where a file is."""
    file = room / path.replace("/", "_")
    file.write_text(text, "utf-8")
    return f"mount --bind {file} {path}"


def test_this_machine() -> None:
    """What it says is what Python finds out by itself."""
    facts = ask()
    release = platform.freedesktop_os_release()
    assert (facts.os_id, facts.os_name) == (release["ID"], release["PRETTY_NAME"])
    assert (facts.kernel, facts.machine) == (platform.release(), platform.machine())
    assert facts.cpus == len(os.sched_getaffinity(0))
    assert facts.memory_kib == os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 1024
    assert facts.root
    assert facts.rules_seen
    assert (facts.kvm_device is not None) == Path("/dev/kvm").exists()
    links = {link.name for link in Path("/sys/class/net").iterdir() if (link / "ifindex").exists()}
    # Guests of other runs come and go.
    assert {link.name for link in facts.interfaces if not link.name.startswith(("vnet", "kl-"))} == {
        name for name in links - {"lo"} if not name.startswith(("vnet", "kl-"))
    }
    root = facts.filesystem_of("/")
    assert root is not None
    assert root.size_kib == shutil.disk_usage("/").total // 1024


def test_it_changes_nothing() -> None:
    """Modules, firewall, interfaces and files of the host are as before."""

    def state() -> list[str]:
        looks = (
            "ls /sys/module; ip -o address | grep -v vnet; cat /proc/mounts",
            "iptables-save | grep -v '^#' | sed 's/\\[.*//'",
            "find /etc /run/libvirt /var/lib/libvirt -xdev ! -path '*/qemu/*' -printf '%p %T@ %m %U %G\\n' | sort",
            "ps -e -o comm= | grep -E '^(libvirt|virt|dnsmasq|qemu)' | sort",
        )
        return [run("sh", "-c", look).output for look in looks]

    before = state()
    ask()
    assert state() == before


def test_nobody_sees_less() -> None:
    """It says so, and is as quiet about it."""
    facts = ask(*AS_NOBODY)
    assert not facts.root
    assert not facts.rules_seen
    assert facts.drops == frozenset()
    assert facts.interfaces
    assert facts.os_id


def test_a_shell_and_coreutils_are_enough(room: Path) -> None:
    """What other tools would have told is missing, and nothing else."""
    for name in COREUTILS:
        (room / name).symlink_to(shutil.which(name) or name)
    setup = f'mount -t tmpfs none /usr/sbin; PATH={room}; exec "$@"'
    facts = ask("unshare", "--mount", "/bin/sh", "-euc", setup, "sh")
    assert facts.os_id
    assert facts.memory_kib
    assert facts.interfaces
    assert facts.filesystems
    assert (facts.tools, facts.versions, facts.addresses, facts.kernel_log) == (frozenset(), {}, (), "no")


@pytest.mark.parametrize(
    ("release", "told"),
    [
        (FEDORA, ("fedora", (), "43", "Fedora Linux 43 (Server Edition)", "fedora")),
        (ROCKY, ("rocky", ("rhel", "centos", "fedora"), "9.6", "Rocky Linux 9.6 (Blue Onyx)", "fedora")),
        (ARCH, ("arch", (), "", "Arch Linux", "arch")),
        ("", ("", (), "", "", "")),
    ],
)
def test_os_release(room: Path, release: str, told: tuple[object, ...]) -> None:
    """With quotes of either kind and without."""
    facts = made_up(plant(room, "/etc/os-release", release))
    assert (facts.os_id, facts.os_like, facts.os_version, facts.os_name, facts.family) == told


def test_network() -> None:
    """Kinds, ports, addresses and the way out; nobody manages what is made by hand."""
    facts = made_up("")
    assert {link for link in facts.interfaces if link.name in ("br0", "lan0")} == {
        Interface("br0", "bridge", "down", "02:00:00:00:00:01", "none", "-"),
        Interface("lan0", "virtual", "down", "02:00:00:00:00:02", "none", "br0"),
    }
    assert facts.addresses == (Address("br0", "192.0.2.9/24"),)
    assert facts.default_routes == (Route("br0", 100, "inet"),)
    assert not facts.libvirt_sockets


NM = "mkdir -p /run/NetworkManager/devices; printf '[device]\\nmanaged={}\\n' >/run/NetworkManager/devices/$index"
NETWORKD = "mkdir -p /run/systemd/netif/links; printf '{}\\n' >/run/systemd/netif/links/$index"
IFUPDOWN = "mount -t tmpfs none /etc; mkdir /etc/network; printf '{}\\n' >/etc/network/interfaces"
CONFIGURED = "NETWORK_FILE=/run/systemd/network/{}.network\\nADMIN_STATE=configured\\nOPER_STATE=routable"


@pytest.mark.parametrize(
    ("daemon", "setup", "manager"),
    [
        ("NetworkManager", NM.format("true"), "NetworkManager"),
        ("NetworkManager", NM.format("false"), "none"),
        ("something-else", NM.format("true"), "none"),
        ("systemd-networkd", NETWORKD.format(CONFIGURED.format("20-wired")), "systemd-networkd"),
        ("systemd-networkd", NETWORKD.format(CONFIGURED.format("10-netplan-br0")), "netplan"),
        ("systemd-networkd", NETWORKD.format("ADMIN_STATE=unmanaged"), "none"),
        ("something-else", NETWORKD.format(CONFIGURED.format("20-wired")), "none"),
        ("something-else", IFUPDOWN.format("auto br0\\n  iface br0 inet dhcp"), "ifupdown"),
        ("NetworkManager", IFUPDOWN.format("iface br0 inet static") + ";" + NM.format("false"), "ifupdown"),
        ("something-else", IFUPDOWN.format("iface br01 inet dhcp"), "none"),
        (
            "wickedd",
            "mount -t tmpfs none /etc; mkdir -p /etc/sysconfig/network; : >/etc/sysconfig/network/ifcfg-br0",
            "wicked",
        ),
        ("wickedd", "mount -t tmpfs none /etc", "none"),
    ],
)
def test_who_manages_an_interface(room: Path, daemon: str, setup: str, manager: str) -> None:
    """What a daemon left behind counts while it runs."""
    shutil.copy("/bin/sleep", room / daemon)
    begin = f"{room}/{daemon} 600 >/dev/null 2>&1 & index=$(cat /sys/class/net/br0/ifindex)"
    wait = f"until grep -qs {daemon[:15]} /proc/*/comm; do sleep 0.1; done"
    facts = made_up(f"{begin}; {setup}; {wait}")
    assert {link.name: link.manager for link in facts.interfaces}["br0"] == manager


def test_a_daemon_in_a_container_is_not_the_hosts(room: Path) -> None:
    """Its processes are seen from the host, and it manages nothing here."""
    shutil.copy("/bin/sleep", room / "NetworkManager")
    begin = f"unshare --pid --fork {room}/NetworkManager 600 >/dev/null 2>&1 & index=$(cat /sys/class/net/br0/ifindex)"
    wait = "until grep -qs NetworkManager /proc/*/comm; do sleep 0.1; done"
    facts = made_up(f"{begin}; {NM.format('true')}; {wait}")
    assert {link.name: link.manager for link in facts.interfaces}["br0"] == "none"


def test_kvm_and_the_kernels_log(room: Path) -> None:
    """An APIC that is disabled says nothing of virtualization; both logs are read."""
    tool(
        room,
        "dmesg",
        "[    0.01] Local APIC disabled by BIOS -- you can enable it\n[    0.2] x86/cpu: SGX disabled by BIOS.\n",
    )
    cpu = "processor\t: 0\nvendor_id\t: GenuineIntel\nflags\t\t: fpu vmx ept\nvmx flags\t: vnmi\n\nflags\t\t: svm\n"
    setup = plant(room, "/proc/cpuinfo", cpu)
    path = f"{room}:{os.environ['PATH']}"
    tool(room, "journalctl", "Linux version 6.12.57+deb13-amd64 (debian-kernel@lists.debian.org)\n")
    facts = made_up(setup, PATH=path)
    assert (facts.cpu_vendor, facts.cpu_flags) == ("GenuineIntel", frozenset({"vmx"}))
    assert (facts.bios_says, facts.kernel_log) == ("", "whole")
    for line in (
        "kvm: disabled by bios",
        "[    4.1] kvm: support for 'kvm_intel' disabled by bios",
        "[    0.135737] x86/cpu: VMX (outside TXT) disabled by BIOS",
        "kvm_intel: VMX not enabled (by BIOS) in MSR_IA32_FEAT_CTL on CPU 0",
        "SVM disabled (by BIOS) in MSR_VM_CR",
    ):
        tool(room, "journalctl", f"systemd[1]: Hello.\n{line}\n")
        facts = made_up(setup, PATH=path)
        assert (facts.bios_says, facts.kernel_log) == (line, "part")


@pytest.mark.parametrize(
    ("target", "resolver"),
    [
        ("/run/systemd/resolve/stub-resolv.conf", "systemd-resolved"),
        ("/run/NetworkManager/resolv.conf", "NetworkManager"),
        ("/run/resolvconf/resolv.conf", "resolvconf"),
        ("/etc/my.conf", "file"),
    ],
)
def test_names(target: str, resolver: str) -> None:
    """Whose file it is tells its place."""
    conf = r"# by hand\nsearch lan\nnameserver 192.0.2.53\nnameserver 2001:db8::53\n"
    link = f"mkdir -p {target.rpartition('/')[0]}; printf '{conf}' >{target}; ln -s {target} /etc/resolv.conf"
    facts = made_up(f"mount -t tmpfs none /etc; {link}")
    assert (facts.resolver, facts.nameservers) == (resolver, ("192.0.2.53", "2001:db8::53"))


def test_kvm_device() -> None:
    """Who may use it is told as it is."""
    facts = made_up(
        "mount -t tmpfs none /dev; mknod /dev/null c 1 3; mknod -m 640 /dev/kvm c 10 232; chgrp daemon /dev/kvm"
    )
    assert facts.kvm_device == KvmDevice("640", "root", "daemon")


def test_firewall(room: Path) -> None:
    """Chains that drop are named, those of iptables by its own listing, in a network of its own."""
    (room / "ufw.conf").write_text("# comment\nENABLED=yes\nLOGLEVEL=low\n", "utf-8")
    hook = "\tchain {} {{\n\t\ttype filter hook {} priority filter; policy {};\n\t}}\n"
    mine = [("in", "input", "drop"), ("out", "output", "drop"), ("ok", "input", "accept")]
    chains = (
        f"table inet mine {{\n{''.join(hook.format(*chain) for chain in mine)}\tchain plain {{\n\t}}\n}}\n"
        f"table ip filter {{\n{hook.format('FORWARD', 'forward', 'accept')}}}\n"
    )
    tool(room, "nft", chains)
    planted = (
        "mkdir /run/alternatives; mount --bind /etc/alternatives /run/alternatives; mount -t tmpfs none /etc;"
        f" ln -s /run/alternatives /etc; mkdir /etc/ufw; cp {room}/ufw.conf /etc/ufw/"
    )
    facts = made_up(f"iptables -P FORWARD DROP; {planted}", PATH=f"{room}:{os.environ['PATH']}")
    assert facts.drops == {Drops("inet", "mine", "in", "input"), Drops("ip", "filter", "FORWARD", "forward")}
    assert facts.firewalls == {"ufw"}
    assert made_up("").drops == frozenset()


@pytest.mark.parametrize(
    ("conf", "backend"),
    [
        ('#firewall_backend = "nftables"\n', "nftables"),
        ('#firewall_backend = "nftables"\nfirewall_backend = "iptables"\n', "iptables"),
        ("# Master configuration file for the network driver.\n", ""),
    ],
)
def test_libvirt(room: Path, conf: str, backend: str) -> None:
    """What answers, what waits behind a socket, and where rules are written: as set, or as the distribution has it."""
    shutil.copy("/bin/sleep", room / "virtqemud")
    (room / "network.conf").write_text(conf, "utf-8")
    tool(room, "virsh", "qemu:///system\n")
    setup = (
        "mkdir /run/alternatives; mount --bind /etc/alternatives /run/alternatives; mount -t tmpfs none /etc;"
        f" ln -s /run/alternatives /etc; mkdir /etc/libvirt /run/libvirt; cp {room}/network.conf /etc/libvirt;"
        " python3 -c \"import socket; socket.socket(socket.AF_UNIX).bind('/run/libvirt/virtqemud-sock')\""
    )
    path = f"{room}:{os.environ['PATH']}"
    facts = made_up(setup, PATH=path)
    assert (facts.libvirt_sockets, facts.libvirt_running, facts.libvirt_answers) == ({"virtqemud"}, frozenset(), "")
    assert facts.firewall_backend == backend
    run_it = (
        f"{setup}; {room}/virtqemud 600 >/dev/null 2>&1 & until grep -qs virtqemud /proc/*/comm; do sleep 0.1; done"
    )
    facts = made_up(run_it, PATH=path)
    assert (facts.libvirt_running, facts.libvirt_answers) == ({"virtqemud"}, "yes")
    (room / "virsh").write_text(
        "#!/bin/sh\necho 'error: failed to connect' >&2\necho 'error: Refused: no' >&2\nexit 1\n"
    )
    assert made_up(run_it, PATH=path).libvirt_answers == "no Refused: no"
