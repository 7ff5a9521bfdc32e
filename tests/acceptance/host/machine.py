"""The bare machine of these tests: a guest of ours with systemd, a mirror of its own, and a user who is not root."""

import subprocess
import time
from pathlib import Path

from tests.e2e.lab import ROOT, Lab, run

BARE = "bare"
OUTER, INNER = "e2e-bare", "e2e-host"
GATEWAY = "10.20.84.1"
IMAGE = "/srv/empty.qcow2"


class Machine:
    """The machine, by the ssh that everybody has on PATH while these tests run."""

    before: dict[str, str]
    """What it was like when it was bare."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab

    def run(self, command: str, stdin: bytes = b"") -> str:
        """Run a command there, as the user who logs in."""
        done = subprocess.run(["ssh", "-T", BARE, command], cwd=ROOT, input=stdin, capture_output=True, check=False)
        assert done.returncode == 0, done.stderr.decode() + done.stdout.decode()
        return done.stdout.decode()

    def boot_id(self) -> str:
        """Another one after each boot; nothing while nobody gets in."""
        seen = run("ssh", "-o", "ConnectTimeout=5", BARE, "cat /proc/sys/kernel/random/boot_id")
        return seen.stdout if seen.returncode == 0 else ""

    @property
    def logins(self) -> int:
        """How many there have been, this one left out."""
        return int(self.run("sudo journalctl -q -u ssh | grep -c 'Accepted publickey'")) - 1

    def system(self) -> dict[str, str]:
        """Its packages, and digests of all in /etc.

        Of /etc/hosts its lines: the machine's own cloud-init takes one out at each boot, and puts it back at the end.
        """
        packages = self.run("dpkg --get-selections")
        files = self.run("cd /etc && sudo find . -type f -exec sha256sum {} +; sudo find . -type l -printf '%l %p\\n'")
        lines = [*packages.splitlines(), *(" ".join(reversed(line.split(None, 1))) for line in files.splitlines())]
        hosts = sorted(line for line in self.run("cat /etc/hosts").splitlines() if line)
        return {**dict(line.split(None, 1) for line in lines), "./hosts": "\n".join(hosts)}

    def addresses(self) -> list[tuple[str, str]]:
        """Device and address of all that is not libvirt's and not the loopback."""
        lines = self.run("ip -o -4 address show scope global").splitlines()
        found = [(line.split()[1], line.split()[3]) for line in lines]
        return [(device, address) for device, address in found if not device.startswith(("virbr", "kl-"))]

    def confined(self) -> list[str]:
        """What AppArmor calls the profile of each guest that runs, and how it holds."""
        return self.run(
            "for pid in $(pidof qemu-system-x86_64); do sudo cat /proc/$pid/attr/current; done"
        ).splitlines()

    def reboot(self) -> None:
        """And wait until all has come up."""
        boot = self.boot_id()
        # By force: guests that boot nothing do not answer either, and Debian waits five minutes for each.
        run("ssh", BARE, "sudo systemctl reboot --force")
        self.wait_for_boot_after(boot)

    def wait_for_boot_after(self, boot: str) -> None:
        """Until all has come up that was down, or will be."""
        for _ in range(120):
            if self.boot_id() not in ("", boot):
                break
            time.sleep(5)
        else:
            raise AssertionError("it has not come up again")
        self.run("systemctl is-system-running --wait || true")

    def asks_the_network(self) -> bool:
        """Whether its systemd-resolved asks the lab's network for the lab's names, and for no others."""
        bridge = f"kl-{INNER}"
        route = self.run(f"resolvectl default-route {bridge}")
        domain, servers = (self.run(f"resolvectl {what} {bridge}") for what in ("domain", "dns"))
        return f"~{INNER}.internal" in domain and "10.20.85.1" in servers and route.strip().endswith("no")


def empty_image(directory: Path) -> bytes:
    """A disk with nothing on it."""
    file = directory / "empty.qcow2"
    subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", file, "64M"], check=True)
    return file.read_bytes()
