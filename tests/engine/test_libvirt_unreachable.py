"""A libvirt daemon that is there and cannot be talked to ends a run soon, and clearly.

The real daemon goes on: only the run under test sees another socket in the place of its own.
"""

import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.engine.conftest import CASE, Checkout
from tests.engine.test_errors import LAB, assert_host_refused, lab

pytestmark = pytest.mark.usefixtures("untouched")


@pytest.fixture
def silent(tmp_path: Path) -> Iterator[Path]:
    """A directory with a socket that takes every call and answers none."""
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "libvirt-sock"))
        listening.listen()
        yield tmp_path


def test_silent(checkout: Checkout, silent: Path) -> None:
    """A daemon that hangs is given ten seconds."""
    lab(checkout, LAB)
    begun = time.monotonic()
    ended = checkout.preview(CASE, setup=f"mount --bind {silent} /run/libvirt")
    assert_host_refused(
        ended,
        "lab.host: libvirt must answer at qemu:///system, got 'no answer within 10 s';"
        " restart its daemon and try again",
    )
    assert time.monotonic() - begun < 25


def test_no_socket(checkout: Checkout, tmp_path: Path) -> None:
    """A daemon that runs and has no socket is told by libvirt's own words."""
    lab(checkout, LAB)
    ended = checkout.preview(CASE, setup=f"mount --bind {tmp_path} /run/libvirt")
    assert_host_refused(
        ended,
        'lab.host: libvirt must answer at qemu:///system, got "Failed to connect socket to'
        " '/var/run/libvirt/libvirt-sock': No such file or directory\"; restart its daemon and try again",
    )
