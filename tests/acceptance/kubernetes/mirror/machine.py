"""A file system that a script runs in as if it were a machine's, without a boot: no service starts."""

import subprocess
from collections.abc import Generator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.acceptance.bundle.built import mounted

_ENVIRONMENT = ("PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "SYSTEMD_OFFLINE=1")


class Machine:
    """One of it."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def write(self, path: str, text: str, mode: int = 0o644) -> None:
        """Write a file."""
        to = self._root / path.lstrip("/")
        to.parent.mkdir(parents=True, exist_ok=True)
        to.write_text(text, "utf-8")
        to.chmod(mode)

    def read(self, path: str) -> str:
        """Read one."""
        return (self._root / path.lstrip("/")).read_text("utf-8")

    def do(self, command: str) -> "subprocess.CompletedProcess[str]":
        """Run a command of the shell's in it, to its end."""
        inside = ("chroot", self._root, "env", "-i", *_ENVIRONMENT, "sh", "-c", command)
        return subprocess.run(inside, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)

    def must(self, command: str) -> str:
        """The same of one that works; what it says."""
        done = self.do(command)
        assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
        return done.stdout.strip()

    def install(self, script: Mapping[str, str]) -> "subprocess.CompletedProcess[str]":
        """Run the layer's script, as cloud-init does.

        Args:
            script: as write_files has it.
        """
        self.write(script["path"], script["content"], int(script["permissions"], 8))
        return self.do(script["path"])


@contextmanager
def machine(root: Path, files: Mapping[str, str]) -> Generator[Machine]:
    """Have it for a while.

    Args:
        root: the file system, whose changes are forgotten.
        files: what it has that others have not, by path; certificates among them are trusted.
    """
    with ExitStack() as mounts:
        mounts.enter_context(mounted("proc", root / "proc", "rw", "proc"))
        mounts.enter_context(mounted("run", root / "run", "rw", "tmpfs"))
        mounts.enter_context(mounted("/dev", root / "dev", "bind"))
        made = Machine(root)
        made.must("rm -rf /etc/apt/sources.list /etc/apt/sources.list.d/*")
        for path, text in files.items():
            made.write(path, text)
        made.must("update-ca-certificates")
        yield made
