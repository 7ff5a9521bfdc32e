"""Texts of others, with what hides in them shown: for terminals, logs and comments. Pure."""

import unicodedata

TAB = "\t"
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Controls, what turns the direction of reading or has no width, and what is no character at all."""


def visible(text: str, kept: str = "") -> str:
    """With what cannot be seen told by its code point.

    Args:
        text: what somebody wrote.
        kept: what may stay as it is.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        f"\\u{{{ord(each):x}}}" if unicodedata.category(each) in _UNSEEN and each not in kept else each for each in text
    )
