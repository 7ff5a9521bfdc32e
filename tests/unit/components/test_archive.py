"""Several files travel as one text."""

import base64
import io
import tarfile

from hypothesis import given
from hypothesis import strategies as st

from components.archive import pack

NAMES = st.text("abcdefghijklmnopqrstuvwxyz_-.", min_size=1, max_size=90)


def unpack(text: str) -> dict[str, tuple[str, int]]:
    """Content and mode by name, as `base64 -d | tar -x` would have them."""
    with tarfile.open(fileobj=io.BytesIO(base64.b64decode(text, validate=True))) as tar:
        files = {member.name: (tar.extractfile(member), member.mode) for member in tar}
        return {name: (file.read().decode(), mode) for name, (file, mode) in files.items() if file}


@given(st.dictionaries(NAMES, st.text()))
def test_pack(files: dict[str, str]) -> None:
    """What is packed comes out, for its owner only, and the same files make the same text."""
    assert unpack(pack(files)) == {name: (text, 0o600) for name, text in files.items()}
    assert pack(files) == pack(dict(files))


def test_packed_bytes_never_change() -> None:
    """Another text for the same files would be a change to every guest."""
    with tarfile.open(fileobj=io.BytesIO(base64.b64decode(pack({"a": "x"})))) as tar:
        (member,) = tar
        header = member.tobuf(tarfile.USTAR_FORMAT)
    expected = header + b"x".ljust(512, b"\0")
    assert base64.b64decode(pack({"a": "x"})) == expected.ljust(10240, b"\0")
    assert (member.mtime, member.uid, member.gid, member.uname, member.gname) == (0, 0, 0, "", "")
