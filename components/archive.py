"""Several small texts as one, for a script's stdin; host/lib.sh takes them apart again. Pure."""

from collections.abc import Mapping


def pack(files: Mapping[str, str]) -> str:
    """Pack files of lines: for each a line with its name and how many lines follow, then those.

    Neither encoded nor compressed. State holds two encrypted copies a guest and is written anew after each step, so its
    size is what a large lab waits for; and what a compressor writes differs between versions, which would be a change
    to every guest of a lab that two people run.

    Raises:
        ValueError: a text does not end with a new line, so that it could not come out as it went in.
    """
    packed: list[str] = []
    for name, text in files.items():
        if text and not text.endswith("\n"):
            raise ValueError(name)
        packed.append(f"{name} {text.count(chr(10))}\n{text}")
    return "".join(packed)
