"""`python -m bundle.check DIRECTORY RECIPE`: whether the bundle in a directory is of a recipe, and is as it was sealed.

Says what is damaged, and nothing of what is of another recipe or was never sealed; exits with 1 for all of these.
"""

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from bundle.seal import measure


def problems(directory: Path, sealed: Mapping[str, Mapping[str, object]]) -> Iterator[str]:
    """What is not as it was sealed, a sentence each.

    Args:
        directory: the bundle's.
        sealed: digest and size of each of its files.
    """
    for name, expected in sealed.items():
        path = directory / name
        if not path.is_file():
            yield f"{path}: must be there, got none"
            continue
        actual = measure(path)
        for what in ("bytes", "sha256"):
            if actual[what] != expected[what]:
                yield f"{path}: its {what} must be {expected[what]}, got {actual[what]}"
                break


def read(directory: Path) -> Mapping[str, Any] | None:
    """What bundle.json says, or None where there is none that can be read."""
    try:
        said: object = json.loads((directory / "bundle.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return said if isinstance(said, dict) else None  # pyright: ignore[reportUnknownVariableType] (json's)


def main(arguments: Sequence[str]) -> int:
    """Look.

    Returns:
        The exit status.
    """
    directory, recipe = Path(arguments[0]), arguments[1]
    said = read(directory)
    if said is None or said.get("recipe") != recipe:
        return 1
    found = list(problems(directory, said["files"]))
    for problem in found:
        print(problem)  # noqa: T201 (a command line tool)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
