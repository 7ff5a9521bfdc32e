"""A real sshd on loopback, and a directory for PATH whose ssh knows it by name and nothing else of this machine's."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

NAME = "kvmlab-test"
"""What the ssh config calls it."""


class Sshd:
    """Runs until it is stopped; every login is noted."""

    def __init__(self, directory: Path, address: str = "127.0.0.1", within: Sequence[str] = ()) -> None:
        """Start it, with keys and a config of its own.

        Args:
            directory: empty.
            address: where it listens.
            within: a command that runs another one where that address is.
        """
        self.directory = directory
        self.address = address
        self.known_hosts = directory / "known_hosts"
        self.config = directory / "config"
        self.log = directory / "log"
        self.key = directory / "user"
        self.host_key = directory / "host"
        self.bin = directory / "bin"
        for key in (self.key, self.host_key):
            _run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", str(key))
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port: int = free.getsockname()[1]
        Path("/run/sshd").mkdir(exist_ok=True)
        (directory / "sshd_config").write_text(
            f"ListenAddress {address}:{self.port}\nHostKey {self.host_key}\nPidFile none\nStrictModes no\nUsePAM no\n"
            f"AuthorizedKeysFile {self.key}.pub\nPasswordAuthentication no\nLogLevel VERBOSE\nMaxStartups 100\n",
            "utf-8",
        )
        self.known(self.public_key)
        self.configure()
        self.bin.mkdir()
        shim = self.bin / "ssh"
        shim.write_text(f'#!/bin/sh\nexec /usr/bin/ssh -F {self.config} "$@"\n', "utf-8")
        shim.chmod(0o755)
        self._daemon = subprocess.Popen(
            [*within, "/usr/sbin/sshd", "-D", "-f", directory / "sshd_config", "-E", self.log], stdin=subprocess.DEVNULL
        )
        self._wait()

    @property
    def public_key(self) -> str:
        """Its host key, type and base64."""
        return self.host_key.with_suffix(".pub").read_text("utf-8").strip()

    @property
    def environment(self) -> dict[str, str]:
        """Of whoever shall find that ssh."""
        return {"PATH": f"{self.bin}:{os.environ['PATH']}"}

    @property
    def logins(self) -> int:
        """How many there have been."""
        return self.log.read_text("utf-8").count("Accepted publickey")

    def known(self, *keys: str) -> None:
        """Write known_hosts: it has these keys of the machine."""
        self.known_hosts.write_text("".join(f"[{self.address}]:{self.port} {key}\n" for key in keys), "utf-8")

    def configure(self, *more: str, port: int | None = None) -> None:
        """Write the ssh config anew.

        Args:
            more: lines for the machine, instead of the one that names the key.
            port: another one.
        """
        lines = more or (f"IdentityFile {self.key}", "IdentitiesOnly yes")
        common = (
            f"HostName {self.address}",
            f"Port {port or self.port}",
            "User root",
            f"UserKnownHostsFile {self.known_hosts}",
        )
        self.config.write_text("\n".join([f"Host {NAME}*", *common, *lines, ""]), "utf-8")

    def stall(self) -> None:
        """Stop all of it where it is, its open connections too."""
        self._signal(signal.SIGSTOP)

    def go_on(self) -> None:
        """After a stall."""
        self._signal(signal.SIGCONT)

    def hang_up(self) -> None:
        """End the connections that are open now."""
        for pid in _family(self._daemon.pid)[1:]:
            if Path(f"/proc/{pid}/cmdline").read_bytes().startswith(b"sshd: "):
                os.kill(pid, signal.SIGKILL)

    def stop(self) -> None:
        """End it, and its connections."""
        self.go_on()
        self._signal(signal.SIGTERM)
        self._daemon.wait()

    def _signal(self, number: signal.Signals) -> None:
        for pid in _family(self._daemon.pid):
            with suppress(OSError):  # one that has ended meanwhile
                if b"sshd" in Path(f"/proc/{pid}/cmdline").read_bytes():
                    os.kill(pid, number)

    def _wait(self) -> None:
        for _ in range(100):
            if self._daemon.poll() is None and self.log.exists() and "listening" in self.log.read_text("utf-8"):
                return
            time.sleep(0.1)
        raise AssertionError(self.log.read_text("utf-8") if self.log.exists() else "sshd did not start")


@contextmanager
def on_path(directory: Path, address: str = "127.0.0.1", within: Sequence[str] = ()) -> Generator[Sshd]:
    """One whose machine is found by whatever runs meanwhile; the arguments are its own."""
    sshd = Sshd(directory, address, within)
    with pytest.MonkeyPatch.context() as patch:
        for name, value in sshd.environment.items():
            patch.setenv(name, value)
        yield sshd
    sshd.stop()


def _family(pid: int) -> list[int]:
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text("utf-8").split()
    except OSError:
        return []  # it has ended meanwhile
    return [pid, *(each for child in children for each in _family(int(child)))]


def _run(*command: str) -> None:
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
