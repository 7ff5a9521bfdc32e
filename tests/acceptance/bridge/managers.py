"""What manages the NIC of a bare machine, and how it is told to: one class for each, with a static address or DHCP."""

from dataclasses import dataclass

from tests.acceptance.bridge.bare import HELD, NIC, Bare

IFUPDOWN = {
    "static": f"""\
# The primary network interface
auto lo
iface lo inet loopback

auto eth0
iface eth0 inet static
\taddress {HELD}/24
\tgateway 192.0.2.1
\tup ip route add 198.51.100.0/24 via 192.0.2.1 dev eth0
iface eth0 inet6 static
\taddress 2001:db8::10/64
# end""",
    "plain": f"auto eth0\niface eth0 inet static\n  address {HELD}\n  netmask 255.255.255.0\n  gateway 192.0.2.1\n",
    "dhcp": """\
source-directory interfaces.d
auto eth0
iface eth0 inet dhcp
""",
}
NETWORKD = {
    "static": f"""\
[Match]
Name=en* eth*

[Network]
Address={HELD}/24
Address=2001:db8::10/64
Gateway=192.0.2.1

[Route]
Destination=198.51.100.0/24
Gateway=192.0.2.1
""",
    "dhcp": "[Match]\nName=eth*\n[Network]\nDHCP=ipv4\n",
}
# The key is not the device's name, and the NIC is known by its MAC address alone.
LAN = f"network:\n  version: 2\n  ethernets:\n    lan:\n      match: {{macaddress: '{NIC}'}}\n"
NETPLAN = {
    "static": f"""\
{LAN}\
      addresses: [{HELD}/24, '2001:db8::10/64']
      routes:
      - {{to: default, via: 192.0.2.1}}
""",
    "dhcp": f"{LAN}      dhcp4: true\n",
}
KEYFILE = {
    "static": f"""\
[connection]
id=lan
uuid=5f2e7c0a-2c2e-4b56-9d2c-0b7e4f6a1c11
type=ethernet
autoconnect-priority=10

[ethernet]
mtu=1400

[ipv4]
method=manual
address1={HELD}/24,192.0.2.1
route1=198.51.100.0/24,192.0.2.1

[ipv6]
method=manual
address1=2001:db8::10/64
""",
    # What the server is told follows from the profile's name and the device's.
    "dhcp": "[connection]\nid=lan\ntype=ethernet\n[ipv4]\nmethod=auto\ndhcp-client-id=ipv6-duid\n",
}

# A bus, to be told that files have changed; and for each interface what says that udev has seen it.
START_BUS = """
dbus-daemon --system --fork --nopidfile
mkdir -p /run/udev/data
nic=$(cat /sys/class/net/eth0/ifindex)
for index in $(seq $((nic + 200))); do
    echo I:1 >"/run/udev/data/n$index"
done
"""
# It runs as a user of its own. As on real machines, udev has a name for the NIC, of which networkd makes its identifier
# for DHCP servers.
START_NETWORKD = f"""{START_BUS}
echo E:ID_NET_NAME_ONBOARD=eno1 >>"/run/udev/data/n$nic"
install -d -o systemd-network /run/systemd/netif /run/systemd/netif/links /run/systemd/netif/leases
setsid /lib/systemd/systemd-networkd </dev/null >/run/networkd.log 2>&1 &
"""
RUN_NETWORKMANAGER = """
setsid NetworkManager --no-daemon </dev/null >/run/networkmanager.log 2>&1 &
echo $! >/run/networkmanager.pid
"""


@dataclass(frozen=True)
class Ifupdown:
    """Debian's ifup and ifdown, with its DHCP client."""

    mode: str

    def install(self, bare: Bare) -> None:
        """Write what the user had written."""
        bare.write("/etc/network/interfaces", IFUPDOWN[self.mode])

    def start(self, bare: Bare) -> None:
        """Do what the machine does when it boots."""
        up = bare.run("ifup", "-a")
        assert up.returncode == 0, up.stderr


@dataclass(frozen=True)
class Networkd:
    """systemd-networkd, without the rest of systemd."""

    mode: str

    def install(self, bare: Bare) -> None:
        """Write what the user had written."""
        bare.write("/etc/systemd/network/20-wired.network", NETWORKD[self.mode])

    def start(self, bare: Bare) -> None:
        """Do what the machine does when it boots."""
        up = bare.run("sh", "-euc", START_NETWORKD)
        assert up.returncode == 0, up.stderr


@dataclass(frozen=True)
class Netplan(Networkd):
    """netplan, which makes networkd's files anew at each boot."""

    def install(self, bare: Bare) -> None:
        """Write what the user had written."""
        bare.write("/etc/netplan/50-cloud-init.yaml", NETPLAN[self.mode])

    def start(self, bare: Bare) -> None:
        """Do what the machine does when it boots."""
        # A virtual cable has no permanent address, so that it would match nothing.
        script = "/usr/libexec/netplan/generate && sed -i s/^Permanent// /run/systemd/network/10-netplan-lan.network"
        made = bare.run("sh", "-c", script)
        assert made.returncode == 0, made.stderr
        super().start(bare)


@dataclass(frozen=True)
class NetworkManager:
    """NetworkManager, with a profile of the user's."""

    mode: str

    def install(self, bare: Bare) -> None:
        """Write what the user had written."""
        bare.write("/etc/NetworkManager/system-connections/lan.nmconnection", KEYFILE[self.mode], 0o600)

    def start(self, bare: Bare) -> None:
        """Do what the machine does when it boots."""
        up = bare.run("sh", "-euc", f"{START_BUS}{RUN_NETWORKMANAGER}")
        assert up.returncode == 0, up.stderr


@dataclass(frozen=True)
class MadeUp(NetworkManager):
    """NetworkManager without any, which makes one up for each NIC."""

    mode: str = "dhcp"

    def install(self, bare: Bare) -> None:
        """There is nothing to write."""


Manager = Ifupdown | Networkd | NetworkManager
KINDS = (Ifupdown, Networkd, Netplan, NetworkManager)
MANAGERS: list[Manager] = [*(each(mode) for each in KINDS for mode in ("static", "dhcp")), MadeUp()]
