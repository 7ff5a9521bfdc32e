"""The part of GitHub's expressions that the workflows use. Anything else is an error.

https://docs.github.com/en/actions/reference/workflows-and-actions/expressions
"""

import json
import re
from collections.abc import Mapping
from typing import Any, cast

Contexts = Mapping[str, Any]

_TOKEN = re.compile(r"\s*(?:(?P<text>'(?:[^']|'')*')|(?P<name>[A-Za-z_][\w.-]*)|(?P<sign>==|!=|&&|\|\||[!()]))")
_WHOLE = re.compile(r"\$\{\{(.*?)\}\}")


def filled(text: str, contexts: Contexts) -> str:
    """A value of the YAML with its expressions as text."""
    return _WHOLE.sub(lambda found: shown(value(found[1], contexts)), text)


def shown(found: Any) -> str:
    """As an expression's value stands in text."""
    if found is None:
        return ""
    return str(found).lower() if isinstance(found, bool) else str(found)


def single(text: str, contexts: Contexts) -> Any:
    """The value of a text that is one expression, or the text."""
    found = _WHOLE.fullmatch(text.strip())
    return value(found[1], contexts) if found else text


def value(text: str, contexts: Contexts) -> Any:
    """Of one expression."""
    tokens: list[str] = []
    at = 0
    while text[at:].strip():
        found = _TOKEN.match(text, at)
        assert found, f"not read here: {text[at:]}"
        tokens.append(found[0].strip())
        at = found.end()
    parser = _Parser(tokens, contexts)
    result = parser.either()
    assert not parser.tokens, f"not read here: {text}"
    return result


class _Parser:
    def __init__(self, tokens: list[str], contexts: Contexts) -> None:
        self.tokens = tokens
        self.contexts = contexts

    def either(self) -> Any:
        left = self.both()
        while self._is("||"):
            right = self.both()
            left = left or right
        return left

    def both(self) -> Any:
        left = self.compared()
        while self._is("&&"):
            right = self.compared()
            left = left and right
        return left

    def compared(self) -> Any:
        left = self.one()
        for sign in ("==", "!="):
            if self._is(sign):
                # Nothing is as an empty text; letters' case does not matter there.
                same = shown(left).lower() == shown(self.one()).lower()
                return same if sign == "==" else not same
        return left

    def one(self) -> Any:
        token = self.tokens.pop(0)
        if token == "!":  # noqa: S105 (no password)
            return not self.one()
        if token == "(":  # noqa: S105 (no password)
            found = self.either()
            assert self._is(")")
            return found
        if token.startswith("'"):
            return token[1:-1].replace("''", "'")
        if self._is("("):
            given = [] if self.tokens[0] == ")" else [self.either()]
            assert self._is(")")
            return {"fromJSON": json.loads, "cancelled": lambda: False}[token](*given)
        return _looked_up(token, self.contexts)

    def _is(self, token: str) -> bool:
        if self.tokens and self.tokens[0] == token:
            self.tokens.pop(0)
            return True
        return False


def _looked_up(path: str, contexts: Contexts) -> Any:
    """What is not there is nothing; a context that is not there is a mistake."""
    context, *rest = path.split(".")
    assert context in contexts, f"no context {context}"
    found: Any = contexts[context]
    for name in rest:
        found = cast("dict[str, Any]", found).get(name) if isinstance(found, dict) else None
    return found
