"""A bare machine, as far as networks go: namespaces with a NIC, files of its own, and a LAN behind the NIC.

Nothing of this machine changes. What the packages of a manager bring is laid over /usr of the bare machine alone.
"""

import os
import shutil
import signal
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[3]
NIC = "02:00:00:00:0a:05"
"""The MAC address of eth0."""
HELD = "192.0.2.10"
"""The static address of eth0."""

# The first process: all that is mounted, and the NIC. It says when it is done, and then is only there.
BOOT = r"""
mount --make-rprivate /
for directory in usr etc var/lib; do
    own=$STATE/$directory
    mkdir -p "$own/upper" "$own/work" "$STATE/packages/$directory"
    layers=lowerdir=$STATE/packages/$directory:/$directory,upperdir=$own/upper,workdir=$own/work
    mount -t overlay -o "$layers" overlay "/$directory"
done
mount -t tmpfs tmpfs /run
mkdir -p /run/lock /run/network /run/dbus /run/systemd/network
mount -t sysfs sysfs /sys
ip link set lo up
echo up
exec sleep infinity
"""

ENDS_WITH_US = ("setpriv", "--pdeathsig", "KILL")


def run(*command: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    """Run a command to its end."""
    return subprocess.run(
        command,
        cwd=ROOT,
        env={**os.environ, "PATH": f"{os.environ['PATH']}:/usr/sbin:/sbin", **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def started(*command: str, **environment: str) -> "subprocess.Popen[bytes]":
    """Start what says "up" when it is, and ends with us."""
    process = subprocess.Popen([*ENDS_WITH_US, *command], env={**os.environ, **environment}, stdout=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stdout.readline() == b"up\n"
    return process


class Bare:
    """A machine that can be booted again, and its LAN."""

    def __init__(self, state: Path, packages: Path) -> None:
        self.state = state
        self.running: list[subprocess.Popen[bytes]] = []
        shutil.copytree(packages, state / "packages", symlinks=True)
        self.lan = started("unshare", "-n", "sh", "-c", "echo up; exec sleep infinity")

    def boot(self) -> None:
        """Start it, with the NIC plugged in and no program running."""
        self.machine = started(
            "unshare", "-mnpf", "--kill-child", "--mount-proc", "sh", "-euc", BOOT, STATE=str(self.state)
        )
        children = Path(f"/proc/{self.machine.pid}/task/{self.machine.pid}/children")
        self.first = int(children.read_text("ascii"))
        nic = ("name", "eth0", "address", NIC, "netns", str(self.first))
        plugged = self.far("ip", "link", "add", "lan", "type", "veth", "peer", *nic)
        assert plugged.returncode == 0, plugged.stderr
        self.far("ip", "address", "add", "192.0.2.1/24", "dev", "lan")
        self.far("ip", "link", "set", "lan", "up")

    def off(self) -> None:
        """A power cut: everything that ran there is gone, and /run with it."""
        os.kill(self.first, signal.SIGKILL)
        self.machine.communicate()
        # The kernel takes its time to forget the other end.
        self.far("ip", "link", "delete", "lan")

    def close(self) -> None:
        """End both."""
        self.off()
        for each in (*self.running, self.lan):
            each.kill()
            each.communicate()

    def write(self, path: str, text: str, mode: int = 0o644) -> None:
        """Write a file that is to be there when it boots."""
        file = self.state / "etc/upper" / path.removeprefix("/etc/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")
        file.chmod(0o755 if text.startswith("#!") else mode)

    def serve(self) -> None:
        """A DHCP server on the LAN that knows nobody and has addresses for twenty."""
        options = ("--keep-in-foreground", "--conf-file=/dev/null", "--port=0", "--interface=lan", "--bind-dynamic")
        files = (f"--dhcp-leasefile={self.state}/leases", f"--pid-file={self.state}/dnsmasq.pid", "--user=root")
        pool = ("--dhcp-range=192.0.2.50,192.0.2.69,1h", f"--log-facility={self.state}/dnsmasq.log")
        lan = ("nsenter", "-t", str(self.lan.pid), "-n", "dnsmasq")
        self.running.append(subprocess.Popen([*ENDS_WITH_US, *lan, *options, *files, *pool]))

    @property
    def leases(self) -> set[tuple[str, ...]]:
        """What the DHCP server has leased: MAC address, address, name and the client's identifier."""
        return {tuple(line.split()[1:]) for line in (self.state / "leases").read_text("ascii").splitlines()}

    def run(self, *command: str, **environment: str) -> "subprocess.CompletedProcess[str]":
        """Run a command on the machine."""
        inside = ("nsenter", "-t", str(self.first), "-m", "-n", "-p", f"--wdns={ROOT}")
        return run(*inside, *command, **environment)

    def far(self, *command: str) -> "subprocess.CompletedProcess[str]":
        """Run a command at the other end of the cable."""
        return run("nsenter", "-t", str(self.lan.pid), "-n", *command)

    def reaches(self, address: str) -> bool:
        """Whether a packet from the LAN is answered there: a closed port refuses, what is not there is silent."""
        refused = 111
        script = (
            f"import socket; s = socket.socket(); s.settimeout(1); exit(s.connect_ex(({address!r}, 9)) != {refused})"
        )
        return self.far("python3", "-c", script).returncode == 0
