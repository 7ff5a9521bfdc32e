"""A network as far away as one likes: packets wait on their way, in a process that both ends are cables to.

Linux can do that by itself, where its kernel has netem; many have it not.
"""

import fcntl
import heapq
import os
import select
import struct
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager

HERE, THERE = "198.51.100.1", "198.51.100.2"
"""Addresses that are nobody's: https://www.rfc-editor.org/rfc/rfc5737"""
ENDS = {"kvmlab-here": HERE, "kvmlab-there": THERE}
_TUNSETIFF, _TUN, _BARE = 0x400454CA, 0x0001, 0x1000
_ROUTE = "ip address add {address}/30 dev {end} && ip link set {end} up"


@contextmanager
def far(seconds: float) -> Generator[tuple[str, ...]]:
    """A network namespace whose only cable takes so long to go there and back; the command that runs one in it."""
    space = subprocess.Popen(["unshare", "-n", "sh", "-c", "echo up; exec sleep infinity"], stdout=subprocess.PIPE)
    cable = None
    try:
        assert space.stdout is not None
        assert space.stdout.readline() == b"up\n"
        cable = subprocess.Popen([sys.executable, __file__, str(space.pid), str(seconds)], stdout=subprocess.PIPE)
        assert cable.stdout is not None
        assert cable.stdout.readline() == b"up\n"
        yield ("nsenter", "-t", str(space.pid), "-n")
    finally:
        for process in filter(None, (cable, space)):
            process.kill()
            process.communicate()


def _end(name: str) -> int:
    file = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(file, _TUNSETIFF, struct.pack("16sH", name.encode(), _TUN | _BARE))
    return file


def _carry(one: int, other: int, seconds: float) -> None:
    """Hand on each packet that much later."""
    waiting: list[tuple[float, int, int, bytes]] = []
    count = 0
    while True:
        left = max(0.0, waiting[0][0] - time.monotonic()) if waiting else None
        for file in select.select([one, other], [], [], left)[0]:
            count += 1
            packet = os.read(file, 65536)
            heapq.heappush(waiting, (time.monotonic() + seconds, count, other if file == one else one, packet))
        while waiting and waiting[0][0] <= time.monotonic():
            _, _, to, packet = heapq.heappop(waiting)
            os.write(to, packet)


def main(space: str, seconds: str) -> None:
    """Lay the cable and carry until killed."""
    here, there = map(_end, ENDS)
    subprocess.run(["ip", "link", "set", "kvmlab-there", "netns", space], check=True)
    for within, (end, address) in zip(((), ("nsenter", "-t", space, "-n")), ENDS.items(), strict=True):
        subprocess.run([*within, "sh", "-c", _ROUTE.format(end=end, address=address)], check=True)
    sys.stdout.write("up\n")
    sys.stdout.flush()
    _carry(here, there, float(seconds) / 2)


if __name__ == "__main__":
    main(*sys.argv[1:])
