"""Keys follow from the seed: the same bytes every time, and for every purpose others."""

import base64
from hashlib import sha256

from hypothesis import given
from hypothesis import strategies as st

from components.keys import derive, ssh_key

NAMES = st.text("abcdefghijklmnopqrstuvwxyz0123456789-", min_size=1, max_size=20)


@given(st.text(), NAMES, NAMES)
def test_derive(seed: str, one: str, other: str) -> None:
    """A purpose has one key of 32 bytes, another purpose or seed another."""
    assert derive(seed, one) == derive(seed, one)
    assert len(derive(seed, one)) == 32
    assert (derive(seed, one) == derive(seed, other)) == (one == other)
    assert derive(seed, one) != derive(f"{seed}x", one)


def test_keys_never_change() -> None:
    """A new version of this program makes the keys of the old one: other keys are another guest."""
    key = ssh_key("5eed", "quickstart/web/host")
    assert key.public == "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJUs4wkPLGN2tD6QVwso6qa/tetq6i0HhqoXZBsiZSN/"
    assert (
        sha256(key.private.encode()).hexdigest() == "b4274e36c8f2f78db5d75a5925228e0b81253333811e1dc1b0060213ccc468ad"
    )


@given(st.text(max_size=70), NAMES)
def test_ssh_key_form(seed: str, purpose: str) -> None:
    """A key file is what PROTOCOL.key describes: marked, padded to 8 bytes, and with its public half inside."""
    key = ssh_key(seed, purpose)
    assert key == ssh_key(seed, purpose)
    first, *lines, last, end = key.private.split("\n")
    assert (first, last, end) == ("-----BEGIN OPENSSH PRIVATE KEY-----", "-----END OPENSSH PRIVATE KEY-----", "")
    assert all(len(line) <= 70 for line in lines)
    content = base64.b64decode("".join(lines))
    kind, public = key.public.split(" ")
    assert kind == "ssh-ed25519"
    assert content.startswith(b"openssh-key-v1\0")
    assert content.count(base64.b64decode(public)) == 2
