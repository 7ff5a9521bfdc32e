"""A machine with nothing of libvirt on it: namespaces, with files of its own above this machine's.

Nothing of this machine changes, and there is no network: all that can be installed is what the test has made.
"""

import os
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[3]
RECORD = "/var/lib/kvmlab/setup"

# The first process: all that is mounted. It says when it is done, and then takes in processes whose parent is gone.
BOOT = r"""
mount --make-rprivate /
for directory in usr etc var; do
    mkdir -p "$STATE/$directory/upper" "$STATE/$directory/work" "$TOOLS/$directory"
    layers=lowerdir=$TOOLS/$directory:/$directory,upperdir=$STATE/$directory/upper,workdir=$STATE/$directory/work
    mount -t overlay -o "$layers" overlay "/$directory"
done
mount -t tmpfs tmpfs /run
mount -t tmpfs tmpfs /opt
mkdir /run/lock
[ ! -e /dev/kvm ] || mount --bind /dev/null /dev/kvm
rm -rf /var/lib/kvmlab /usr/bin/virsh /usr/sbin/libvirtd /usr/sbin/virt*d
ldconfig
echo up
while :; do sleep 3600 & wait || :; done
"""

ENDS_WITH_US = ("setpriv", "--pdeathsig", "KILL")


class Machine:
    """A machine that is up."""

    def __init__(self, state: Path, tools: Path) -> None:
        self.process = subprocess.Popen(
            (*ENDS_WITH_US, "unshare", "-mnpf", "--kill-child", "--mount-proc", "sh", "-euc", BOOT),
            env={**os.environ, "STATE": str(state), "TOOLS": str(tools)},
            stdout=subprocess.PIPE,
        )
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == b"up\n"
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        self.first = children.read_text("ascii").split()[0]

    def close(self) -> None:
        """End all that runs there."""
        self.process.kill()
        self.process.communicate()

    def command(self, *command: str, **environment: str) -> "subprocess.Popen[str]":
        """Start a command there."""
        inside = ("nsenter", "-t", self.first, "-m", "-n", "-p", f"--wdns={ROOT}")
        return subprocess.Popen(
            (*inside, *command),
            cwd=ROOT,
            env={**os.environ, "HOME": "/run", "PATH": "/usr/sbin:/usr/bin:/sbin:/bin", **environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *command: str, **environment: str) -> "subprocess.CompletedProcess[str]":
        """Run a command there to its end."""
        process = self.command(*command, **environment)
        output, errors = process.communicate(timeout=60)
        return subprocess.CompletedProcess(command, process.returncode, output, errors)

    def do(self, script: str, **environment: str) -> str:
        """Run lines of shell that work; what they say."""
        done = self.run("sh", "-euc", script, **environment)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def setup(self, verb: str, *packages: str) -> str:
        """Call host/setup.sh, which works; its last line."""
        done = self.run("host/setup.sh", verb, PACKAGES=" ".join(packages))
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout.strip().splitlines()[-1]

    def refused(self, *packages: str) -> str:
        """Call it for packages that it cannot install; the one line that it says."""
        done = self.run("host/setup.sh", "packages", PACKAGES=" ".join(packages), LIBVIRT_SECONDS="1")
        assert done.returncode == 1, done.stdout + done.stderr
        [line] = done.stderr.splitlines()
        return line
