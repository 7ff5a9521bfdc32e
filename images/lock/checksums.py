"""Files of checksums, in the two forms in which publishers write them. Pure."""

import re

from images.lock import LockError

DIGITS = {"sha256": 64, "sha512": 128}
GNU = re.compile(r"(?P<digest>[0-9a-fA-F]+)\s+\*?(?:\./)?(?P<name>\S+)")
"""`sha512sum FILE`: `<hex>  <name>`, or `<hex> *<name>`."""
BSD = re.compile(r"(?P<algorithm>\w+) \((?:\./)?(?P<name>\S+)\) = (?P<digest>[0-9a-fA-F]+)")
"""`sha512sum --tag FILE`: `SHA512 (<name>) = <hex>`."""


def find(text: str, name: str, algorithm: str) -> str:
    """The digest of a file.

    Raises:
        LockError: where there is none, or where there are several.
    """
    found = {
        match["digest"].lower()
        for line in text.splitlines()
        if (match := GNU.fullmatch(line.strip()) or BSD.fullmatch(line.strip()))
        and match["name"] == name
        and match.groupdict().get("algorithm", algorithm).lower() == algorithm
        and len(match["digest"]) == DIGITS[algorithm]
    }
    if len(found) != 1:
        rule = f"must have one {algorithm} of {name} in its checksum file"
        raise LockError(f"{rule}, got {len(found) or 'none'}; look at the file, and correct stream or checksums")
    return found.pop()
