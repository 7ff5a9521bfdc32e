"""Unit tests start no process and use no network, even where the code under test catches every exception."""

import contextlib
import os
import socket
import subprocess
from collections.abc import Callable

import pytest


def popen() -> object:
    """Start a process."""
    return subprocess.Popen(["true"])


def run() -> object:
    """Start a process and wait for it."""
    return subprocess.run(["true"], check=False)


def spawn() -> object:
    """Start a process by the system's own call."""
    return os.posix_spawn("/bin/true", ["true"], {})


def fork() -> object:
    """Become two."""
    return os.fork()


def connect() -> object:
    """Connect to this very machine."""
    return socket.create_connection(("127.0.0.1", 1))


def resolve() -> object:
    """Ask for a name's address."""
    return socket.getaddrinfo("localhost", 22)


@pytest.mark.parametrize("leave", [popen, run, spawn, fork, connect, resolve])
def test_nothing_leaves(leave: Callable[[], object]) -> None:
    """Each way out is closed, and an `except Exception` does not hide that."""
    told = "unit tests start no process and use no network"
    with pytest.raises(BaseException, match=told), contextlib.suppress(Exception):
        leave()
