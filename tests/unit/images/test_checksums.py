"""A digest is found in each form that publishers write, and nothing else is taken for one."""

import pytest

from images.lock import LockError
from images.lock.checksums import find

A, B, LONG = "a" * 64, "b" * 64, "c" * 128
NAME = "Leap-16.0+1.x86_64.qcow2"


@pytest.mark.parametrize(
    "text",
    [
        f"{A}  {NAME}\n",
        f"{A} *{NAME}\r\n",
        f"{A.upper()}  ./{NAME}\n",
        f"{B}  other.qcow2\n{A}  {NAME}\n{LONG}  {NAME}\n",
        f"SHA256 ({NAME}) = {A}\n",
        f"# {NAME}: 1024 bytes\nSHA256 ({NAME}) = {A}\nSHA512 ({NAME}) = {LONG}\nMD5 ({NAME}) = {A}\n",
        f"-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\nSHA256 ({NAME}) = {A}\n-----BEGIN PGP SIGNATURE-----\n",
        f"{A}  {NAME}\n{A}  {NAME}\n",
    ],
)
def test_forms(text: str) -> None:
    """GNU's and BSD's, among other files, other digests, and a signature."""
    assert find(text, NAME, "sha256") == A


def test_sha512() -> None:
    """The digest is of the asked kind."""
    assert find(f"{A}  {NAME}\n{LONG}  {NAME}\n", NAME, "sha512") == LONG


@pytest.mark.parametrize(
    ("text", "got"),
    [
        ("", "none"),
        ("<html>404</html>", "none"),
        (f"{A}  {NAME}.asc\n", "none"),
        (f"{A}  Leap-16x0+1.x86_64.qcow2\n", "none"),
        (f"{A[1:]}  {NAME}\n", "none"),
        (f"{A}", "none"),
        (f"SHA512 ({NAME}) = {A}\n", "none"),
        ("\0\ufffd" * 99, "none"),
        (f"{A}  {NAME}\n{B}  {NAME}\n", "2"),
    ],
)
def test_not_one(text: str, got: str) -> None:
    """What is not there is not guessed, and of two that differ none is taken."""
    with pytest.raises(LockError) as refused:
        find(text, NAME, "sha256")
    rule = f"must have one sha256 of {NAME} in its checksum file, got {got}"
    assert str(refused.value) == f"{rule}; look at the file, and correct stream or checksums"
