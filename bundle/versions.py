"""The versions that a bundle is made of, from `versions.env`."""

from collections.abc import Mapping
from pathlib import Path

HERE = Path(__file__).parent


def read(text: str) -> Mapping[str, str]:
    """The values by name: lines of `NAME=value`, as a shell reads them too."""
    pairs = (line.split("=", 1) for line in text.splitlines() if "=" in line and not line.startswith("#"))
    return dict(pairs)


def pinned() -> Mapping[str, str]:
    """Those of this checkout."""
    return read((HERE / "versions.env").read_text(encoding="utf-8"))
