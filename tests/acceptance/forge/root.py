"""A root for a job: that of a small Debian, or this machine's programs, read-only, and nothing else.

The job has a workspace, a home and a temporary folder of its own, and processes that end with each step. The toolchain
is there as a runner's cache would have it: without one, the workflows' `make setup` takes minutes. What a job writes to
it lies over it, in the job's own folder.
"""

import shlex
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).parents[3]
TOOLS = (REPOSITORY / ".venv").resolve().parent
"""Where the toolchain knows itself to be; the workspace has the same path."""
HOME = "/home/runner"
SERVER = "/srv/git"
_MADE = r"""
set -eu
mount --make-rprivate /
root=$JOB/root
mkdir -p "$root"
mount -t tmpfs -o mode=755 root "$root"
for name in bin sbin lib lib32 lib64 libx32; do
    [ ! -L "$BASE/$name" ] || cp -P "$BASE/$name" "$root/$name"
done
bind() { # FROM PATH
    mkdir -p "$root$2"
    mount --bind "$1" "$root$2"
}
bind "$BASE/usr" /usr
bind "$BASE/etc" /etc
for path in $READ; do bind "$path" "$path"; done
for path in /usr /etc $READ; do mount -o remount,ro,bind "$root$path"; done
for path in $WRITE; do
    mkdir -p "$root$path"
    mount --rbind "$path" "$root$path"
done
mkdir -p "$root/proc" "$root/dev" "$root/sys" "$root$AT" "$root/home/runner" "$root/srv/git"
mkdir -p -m 1777 "$root/tmp"
[ -d "$root/var" ] || mkdir -p "$root/var/tmp" "$root/run"
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
mount --rbind /sys "$root/sys"
mount --bind "$JOB/workspace" "$root$AT"
for name in .toolchain .venv; do
    over=$JOB/over/$name
    mkdir -p "$over/upper" "$over/work" "$root$AT/$name"
    mount -t overlay overlay -o "lowerdir=$AT/$name,upperdir=$over/upper,workdir=$over/work" "$root$AT/$name"
done
mount --bind "$JOB/home" "$root/home/runner"
mount --bind "$JOB/tmp" "$root/tmp"
mount --bind "$SERVER" "$root/srv/git"
exec chroot "$root" /usr/bin/env -i "$@"
"""


@dataclass(frozen=True)
class Root:
    """One job's."""

    job: Path
    server: Path
    """Repositories, which it sees below SERVER."""
    base: Path
    """Whose programs it has: those of a tree, or of this machine."""
    is_host: bool = False
    """Whether it may make labs on this machine: change its files, and see its processes."""

    @property
    def workspace(self) -> Path:
        """As it is seen from outside."""
        return self.job / "workspace"

    def make(self) -> None:
        """Lay out its folders."""
        for name in ("workspace", "home", "tmp"):
            (self.job / name).mkdir(parents=True)

    def run(self, script: str, env: Mapping[str, str], shell: Sequence[str]) -> "subprocess.CompletedProcess[str]":
        """Run a step's script, as it stands, with an environment that holds nothing else."""
        (self.job / "tmp" / "step.sh").write_text(script, "utf-8")
        # Python's own, which the environment names, and what `go vet` would find in a cache.
        read = [sys.base_prefix, *_go()]
        read = [path for path in read if self.base != Path("/") or not path.startswith("/usr/")]
        outer = {
            "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
            "JOB": str(self.job),
            "AT": str(TOOLS),
            "BASE": str(self.base),
            "SERVER": str(self.server),
            "READ": " ".join(map(shlex.quote, read)),
            "WRITE": "/etc /var /run" if self.is_host else "",
        }
        given = [f"{name}={value}" for name, value in env.items()]
        step = ["/bin/sh", "-c", f'cd {shlex.quote(str(TOOLS))} && exec "$@"', "sh", *shell, "/tmp/step.sh"]  # noqa: S108
        apart = ["unshare", "--mount", *([] if self.is_host else ["--pid", "--ipc", "--fork", "--kill-child=KILL"])]
        command = [*apart, "sh", "-c", _MADE, "sh", *given, *step]
        return subprocess.run(command, env=outer, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)


def _go() -> list[str]:
    """Where Go and its modules are."""
    go = shutil.which("go")
    if not go:
        return []
    done = subprocess.run([go, "env", "GOROOT", "GOMODCACHE"], capture_output=True, text=True, check=True)
    return [path for path in done.stdout.split() if Path(path).is_dir()]
