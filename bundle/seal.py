"""`python -m bundle.seal DIRECTORY RECIPE`: bundle.json, which says what the bundle in a directory is.

It is written last: a directory without it holds no bundle, or half of one.
"""

import hashlib
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from bundle import contents, versions
from bundle.archive import ARCHITECTURE

FILES = ("node.qcow2", "volume.img")


def manifest(pins: Mapping[str, str], recipe: str, files: Mapping[str, Mapping[str, object]]) -> Mapping[str, object]:
    """What stands in bundle.json."""
    return {
        "version": pins["KUBERNETES_VERSION"],
        "architecture": ARCHITECTURE,
        "recipe": recipe,
        "etcd": f"{pins['ETCD_VERSION']}-0",
        "coredns": f"v{pins['COREDNS_VERSION']}",
        "pause": pins["PAUSE_VERSION"],
        "images": list(contents.names(pins)),
        "files": files,
    }


def measure(path: Path) -> Mapping[str, object]:
    """A file's digest and size."""
    with path.open("rb") as file:
        return {"sha256": hashlib.file_digest(file, "sha256").hexdigest(), "bytes": path.stat().st_size}


def main(arguments: Sequence[str]) -> None:
    """Write it, in one step."""
    directory, recipe = Path(arguments[0]), arguments[1]
    files = {name: measure(directory / name) for name in FILES}
    text = json.dumps(manifest(versions.pinned(), recipe, files), indent=2)
    part = directory / "bundle.json.part"
    part.write_text(f"{text}\n", encoding="utf-8")
    part.replace(directory / "bundle.json")


if __name__ == "__main__":
    main(sys.argv[1:])
