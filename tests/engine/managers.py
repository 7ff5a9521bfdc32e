"""What manages the NIC of a bare machine, and how it is told to: one class for each, with a static address or DHCP."""

from dataclasses import dataclass

from tests.engine.bare import HELD, Bare

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
        # It runs as a user of its own, and needs a bus to be told that its files have changed.
        script = (
            "install -d -o systemd-network /run/systemd/netif /run/systemd/netif/links /run/systemd/netif/leases"
            " && dbus-daemon --system --fork --nopidfile"
            " && { setsid /lib/systemd/systemd-networkd </dev/null >/run/networkd.log 2>&1 & }"
        )
        up = bare.run("sh", "-c", script)
        assert up.returncode == 0, up.stderr


Manager = Ifupdown | Networkd
MANAGERS: list[Manager] = [Ifupdown("static"), Ifupdown("dhcp"), Networkd("static"), Networkd("dhcp")]
