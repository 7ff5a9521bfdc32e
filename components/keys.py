"""SSH keys that follow from the stack's seed: the same seed, the same keys, known before there is a guest."""

import base64
import hashlib
from typing import NamedTuple

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat


class SshKey(NamedTuple):
    """An ed25519 key pair as OpenSSH writes it."""

    private: str
    """The text of a private key file. A secret."""
    public: str
    """Type and key, without a comment."""


def derive(seed: str, purpose: str) -> bytes:
    """32 bytes that only the seed's holder can make, different for every purpose (RFC 5869)."""
    return HKDF(SHA256(), length=32, salt=b"kvmlab", info=purpose.encode()).derive(seed.encode())


def ssh_key(seed: str, purpose: str) -> SshKey:
    """The key pair for a purpose: the same seed and purpose give the same bytes.

    The file format is https://github.com/openssh/openssh-portable/blob/master/PROTOCOL.key. It is written here
    because libraries put a random check number in it, and every preview would show a new key.
    """
    secret = derive(seed, purpose)
    public = Ed25519PrivateKey.from_private_bytes(secret).public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    check = hashlib.sha256(public).digest()[:4]
    kind = b"ssh-ed25519"
    public_blob = _string(kind) + _string(public)
    private_blob = check + check + public_blob + _string(secret + public) + _string(b"kvmlab")
    private_blob += bytes(range(1, 1 + -len(private_blob) % 8))
    key_file = b"openssh-key-v1\0" + _string(b"none") + _string(b"none") + _string(b"") + (1).to_bytes(4, "big")
    text = base64.b64encode(key_file + _string(public_blob) + _string(private_blob)).decode()
    lines = [text[i : i + 70] for i in range(0, len(text), 70)]
    private = "\n".join(["-----BEGIN OPENSSH PRIVATE KEY-----", *lines, "-----END OPENSSH PRIVATE KEY-----", ""])
    return SshKey(private, f"{kind.decode()} {base64.b64encode(public_blob).decode()}")


def _string(data: bytes) -> bytes:
    """A length-prefixed string (RFC 4251)."""
    return len(data).to_bytes(4, "big") + data
