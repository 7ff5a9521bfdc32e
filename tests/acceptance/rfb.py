"""As much of a VNC viewer as asks to be let in: https://datatracker.ietf.org/doc/html/rfc6143#section-7.1."""

import socket

from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers import Cipher, modes

NONE, PASSWORD = 1, 2
"""Security types."""


def offered(port: int, address: str = "127.0.0.1") -> list[int]:
    """The security types that a viewer may choose from."""
    with socket.create_connection((address, port), timeout=10) as viewer:
        return _begin(viewer)


def is_let_in(port: int, password: str, address: str = "127.0.0.1") -> bool:
    """Whether a viewer gets to see the screen that has this password."""
    with socket.create_connection((address, port), timeout=10) as viewer:
        assert PASSWORD in _begin(viewer)
        viewer.sendall(bytes([PASSWORD]))
        viewer.sendall(_answer(_read(viewer, 16), password))
        return _read(viewer, 4) == bytes(4)


def _begin(viewer: socket.socket) -> list[int]:
    assert _read(viewer, 12) == b"RFB 003.008\n"
    viewer.sendall(b"RFB 003.008\n")
    return [*_read(viewer, _read(viewer, 1)[0])]


def _answer(challenge: bytes, password: str) -> bytes:
    """DES, with the bits of each byte of the key the other way round, as three times the same is."""
    key = bytes(int(f"{byte:08b}"[::-1], 2) for byte in password.encode()[:8].ljust(8, b"\0"))
    encryptor = Cipher(TripleDES(key * 3), modes.ECB()).encryptor()  # noqa: S305 (VNC's own)
    return encryptor.update(challenge)


def _read(viewer: socket.socket, length: int) -> bytes:
    data = b""
    while len(data) < length:
        more = viewer.recv(length - len(data))
        assert more, f"hung up after {data!r}"
        data += more
    return data
