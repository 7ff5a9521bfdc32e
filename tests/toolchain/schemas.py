"""A plugin's schema beside the SDK that was generated for it, both reduced to names."""

import json
import subprocess
from typing import Any

from tests.toolchain.project import ROOT

Names = dict[str, frozenset[str]]
"""Names of properties, by the token or name of what has them."""


def ask(plugin: str) -> dict[str, Any]:
    """What a plugin answers to GetSchema.

    Args:
        plugin: name and version, or a path; shell variables of toolchain/versions.env are expanded.
    """
    command = f'. .toolchain/env && . toolchain/versions.env && command pulumi package get-schema "{plugin}"'
    result = subprocess.run(["sh", "-c", command], cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


def properties(cls: type) -> frozenset[str]:
    """The names on the wire of a generated class's properties."""
    getters = (value.fget for value in vars(cls).values() if isinstance(value, property))
    return frozenset(name for getter in getters if isinstance(name := getattr(getter, "_pulumi_name", None), str))


def served(items: dict[str, Any], *path: str) -> Names:
    """What a section of the schema lists under a path, by token."""
    names: Names = {}
    for token, item in items.items():
        found = item
        for key in path:
            found = found.get(key, {})
        names[token] = frozenset(found)
    return names
