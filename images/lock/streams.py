"""An image's address with its version left open, as `https://example.org/{version}/disk-{version}.qcow2`. Pure."""

import re
from collections.abc import Iterable, Mapping
from html import unescape
from urllib.parse import unquote, urljoin

from images.lock import LockError

NAME = re.compile(r"\{([a-z]+)\}")
VERSION = r"[0-9]{1,18}(?:[.-][0-9]{1,18})*"
"""What a name in braces stands for: numbers, so neither `latest` nor `10-beta`."""
HREF = re.compile(r"""href\s*=\s*["']([^"']+)["']""", re.IGNORECASE)


def pattern(template: str, known: Mapping[str, str]) -> re.Pattern[str]:
    """What fits a template: a group for each name, except for those that are known."""
    parts: list[str] = []
    open_names: set[str] = set()
    for number, part in enumerate(NAME.split(template)):
        if number % 2 == 0:
            parts.append(re.escape(part))
        elif part in known:
            parts.append(re.escape(known[part]))
        else:
            parts.append(f"(?P={part})" if part in open_names else f"(?P<{part}>{VERSION})")
            open_names.add(part)
    return re.compile("".join(parts))


def fill(template: str, values: Mapping[str, str]) -> str:
    """A template with its names' values.

    Raises:
        LockError: for a name that has none.
    """
    for name in NAME.findall(template):
        if name not in values:
            raise LockError(f"must have only {', '.join(values)} in braces, got {name!r} in {template!r}; correct it")
    return NAME.sub(lambda match: values[match[1]], template)


def order(versions: Mapping[str, str]) -> list[list[int]]:
    """What versions are compared by: 10.10 comes after 10.9."""
    return [[int(number) for number in re.findall(r"[0-9]+", version)] for version in versions.values()]


def newest(names: Iterable[str], like: re.Pattern[str]) -> dict[str, str] | None:
    """The versions in the newest of the names that fit."""
    found = [match.groupdict() for name in names if (match := like.fullmatch(name))]
    return max(found, key=order, default=None)


def listed(page: str, address: str) -> set[str]:
    """The names in a folder by its listing in HTML, whichever server wrote that; what else is in it may be no names."""
    folder = urljoin(address, ".")
    names: set[str] = set()
    for href in HREF.findall(page):
        try:
            url = urljoin(folder, unescape(href))
        except ValueError:
            continue  # such as http://[
        if url.startswith(folder):
            names.add(unquote(url.removeprefix(folder)).removesuffix("/"))
    return names
