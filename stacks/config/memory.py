"""What a config meant when it was last read: reading it anew, pydantic and models first, is a tenth of a preview.

Remembered is only a lab without a problem, under a digest of all that it follows from: the config, the code that reads
it, and cloud-init's schema. The reason is in docs/decisions/0007.
"""

import json
import os
import pickle
import sys
from collections.abc import Callable
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import cast

from components.cloud_config import SCHEMA
from stacks.config.lab import Lab

ROOT = Path(__file__).parents[2]
PRIVATE = ROOT / ".kvmlab"
"""The user's alone, where the seed and the passphrase are too."""


def remembered(stack: str, question: list[object], read: Callable[[], Lab]) -> Lab:
    """The lab that a config describes.

    Args:
        stack: the stack; one lab is remembered of each.
        question: all that reading it depends on, but for files of the program; JSON can hold it.
        read: reads the config, and raises if anything is wrong with it.
    """
    file = PRIVATE / "labs" / sha256(stack.encode()).hexdigest()[:16]
    key = _digest([stack, *question])
    try:
        known = file.read_bytes()
    except OSError:
        known = b""
    seal, body = known[: sha256().digest_size], known[sha256().digest_size :]
    if body and seal == sha256(key + body).digest():
        return cast("Lab", pickle.loads(body))  # noqa: S301 (sealed by ourselves, in a directory of the user's alone)
    lab = read()
    if PRIVATE.is_dir():
        body = pickle.dumps(lab)
        _write(file, sha256(key + body).digest() + body)
    return lab


def _digest(question: list[object]) -> bytes:
    digest = sha256(json.dumps([*question, sys.version]).encode())
    code = (file for package in ("components", "stacks/config") for file in (ROOT / package).rglob("*.py"))
    for file in (*sorted(code), ROOT / "uv.lock", SCHEMA):
        digest.update(file.read_bytes() if file.is_file() else b"-")
    return digest.digest()


def _write(file: Path, content: bytes) -> None:
    """Whole or not at all; a run that cannot write reads the config each time."""
    aside = file.with_suffix(f".{os.getpid()}")
    with suppress(OSError):
        file.parent.mkdir(mode=0o700, exist_ok=True)
        aside.touch(mode=0o600)
        aside.write_bytes(content)
        aside.replace(file)
