"""From the text that the engine hands over to what stands in it."""

import json
import re

from stacks.config.plain import DEEPEST, Again

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[\[\]{}]')


def decode(text: str | None) -> object:
    """What is in JSON, which all config is but for plain text; a key that is given twice is marked as such."""
    if text is None:
        return None
    try:
        return _read(text)
    except RecursionError:
        return _read(_shallow(text))


def _read(text: str) -> object:
    try:
        return json.loads(text, object_pairs_hook=_marked)
    except ValueError:
        return text


def _marked(pairs: list[tuple[str, object]]) -> dict[object, object]:
    """A mapping that keeps the first of each key, where JSON would keep the last and say nothing."""
    mapping: dict[object, object] = {}
    for key, value in pairs:
        mapping[Again(key) if key in mapping else key] = value
    return mapping


def _shallow(text: str) -> str:
    """JSON whose lists and mappings are empty where they are deeper than any lab may be.

    Python's reader gives up on what is nested some hundred times. What is left is still too deep, at the same place.
    """
    kept: list[str] = []
    depth = start = 0
    for token in _TOKEN.finditer(text):
        if token[0] in "[{":
            depth += 1
            if depth == DEEPEST + 1:
                kept.append(text[start : token.end()])
                start = len(text)
        elif token[0] in "]}":
            if depth == DEEPEST + 1:
                start = token.start()
            depth -= 1
    return "".join([*kept, text[start:]])
