"""The layer that installs packages, as it stands, and as it takes the mirror for the project's own."""

import re
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[4]
FILE = ROOT / "cloud-init/kubernetes-packages.yaml"
_FINGERPRINT = re.compile(r"\b[0-9A-F]{40}\b")


def script() -> dict[str, Any]:
    """The layer's entry of write_files that is the script."""
    layer: dict[str, Any] = yaml.safe_load(FILE.read_text("utf-8"))
    (command,) = layer["runcmd"]
    (found,) = (file for file in layer["write_files"] if file["path"] == command[0])
    return found


def fingerprint() -> str:
    """The one that the layer demands."""
    (found,) = _FINGERPRINT.findall(script()["content"])
    return found


def script_for(signer: str) -> dict[str, Any]:
    """The same for a repository that is signed by another key: nothing but the fingerprint is another.

    Args:
        signer: that key's fingerprint.
    """
    content = script()["content"]
    assert content.count(fingerprint()) == 1
    return {**script(), "content": content.replace(fingerprint(), signer)}


def debian_packages() -> list[str]:
    """The names of what it installs of Debian's own."""
    (words,) = re.findall(r"^again packages --no-upgrade (.*)$", script()["content"], re.MULTILINE)
    return words.split()
