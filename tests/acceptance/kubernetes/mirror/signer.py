"""An OpenPGP key of the test's own, and what it signs."""

import re
import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory


class Signer:
    """A key in a directory of its own."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self.gpg("--passphrase", "", "--quick-generate-key", "kvmlab mirror", "rsa2048", "sign", "never")
        listed = self.gpg("--with-colons", "--list-keys").decode()
        self.fingerprint: str = re.findall(r"^fpr:+(\w+):", listed, re.MULTILINE)[0]

    @property
    def public(self) -> bytes:
        """The public key, as text."""
        return self.gpg("--armor", "--export")

    def sign(self, file: Path) -> None:
        """Write `InRelease` and `Release.gpg` beside a Release file."""
        (file.parent / "InRelease").write_bytes(self.gpg("--clearsign", "--output", "-", str(file)))
        (file.parent / "Release.gpg").write_bytes(self.gpg("--armor", "--detach-sign", "--output", "-", str(file)))

    def gpg(self, *arguments: str) -> bytes:
        """Run gpg with this key."""
        command = ("gpg", "--homedir", self._home, "--batch", "--quiet", "--pinentry-mode", "loopback", *arguments)
        done = subprocess.run(command, capture_output=True, check=False)
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout


@contextmanager
def signer() -> Generator[Signer]:
    """A new key, and the agent that gpg starts for it, while the context lasts."""
    # Short, since there will be a socket in it.
    with TemporaryDirectory(prefix="kvmlab-", dir="/tmp") as home:
        try:
            yield Signer(Path(home))
        finally:
            subprocess.run(["gpgconf", "--homedir", home, "--kill", "gpg-agent"], check=True)
