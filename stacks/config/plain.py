"""What every lab is made of, whatever its keys mean: text, numbers, lists and mappings, not too deep and not too much.

What is beyond that is refused before any field is looked at, so that nothing behind has to expect it.
"""

from typing import TypeGuard, cast

from components.errors import got
from stacks.config.problems import not_text
from stacks.config.raw import MARK, Place, Raw

DEEPEST = 32
"""Levels below `lab`: cloud-config has no use for half of them, and Python gives up on some hundred."""

LARGEST = 128 * 1024
"""Characters of a whole lab: the engine hands it over in one environment variable, and Linux takes no longer one.

See MAX_ARG_STRLEN in https://man7.org/linux/man-pages/man2/execve.2.html
"""


class Again:
    """Stands for a key that its mapping has already."""

    def __init__(self, key: str) -> None:
        self.key = key


class TooLargeError(ValueError):
    """The whole is so large that it is not read to its end."""

    def __init__(self, place: Place) -> None:
        super().__init__(
            f"must fit into the {LARGEST} characters of a whole lab, got more up to here;"
            " move what is long into a file of cloud-init/"
        )
        self.place = place


def plain(value: object) -> tuple[Raw, dict[Place, str]]:
    """A copy that is safe to read, and what is wrong with the original, by place.

    Keys that are wrong are left out, and what is too deep is `None`. Other values that are wrong are still there, or
    their mapping would look as if it lacked them.

    Raises:
        TooLargeError: the whole is too large.
    """
    copying = _Copying()
    return copying.copy(value, ()), copying.refused


class _Copying:
    def __init__(self) -> None:
        self.refused: dict[Place, str] = {}
        self._left = LARGEST

    def copy(self, value: object, place: Place) -> Raw:
        self._count(1, place)
        match value:
            case dict() | list() if len(place) == DEEPEST:
                self.refused[place] = f"must be nested at most {DEEPEST} levels deep, got more; flatten it"
                return None
            case dict():
                items = cast("dict[object, object]", value).items()
                return {key: self.copy(item, (*place, key)) for key, item in items if self._is_key(key, place)}
            case list():
                items = enumerate(cast("list[object]", value))
                return [self.copy(item, (*place, index)) for index, item in items]
            case str():
                self._text(value, place)
            case int() | float() | None:
                pass
            case _:
                # From no YAML that the engine reads, but YAML has dates, bytes and sets.
                self.refused[place] = f"must be text, a number, a list or a mapping, got {type(value).__name__}"
        return cast("Raw", value)

    def _is_key(self, key: object, place: Place) -> TypeGuard[str]:
        match key:
            case str() if MARK in key:
                self.refused[*place, key] = "must be text without the character NUL, got one; take it out"
            case str():
                return self._text(key, (*place, key))
            case Again():
                self.refused[*place, key.key] = "must be given once, got it twice; drop one"
            case _:
                # YAML reads the key 007 as the number 7: what was meant is lost by then.
                self.refused[*place, got(key)] = not_text(key)
        return False

    def _text(self, text: str, place: Place) -> bool:
        self._count(len(text), place)
        try:
            text.encode()
        except UnicodeEncodeError:
            rule = "must be text that UTF-8 can hold"
            self.refused[place] = f"{rule}, got half of a surrogate pair; write the character itself"
            return False
        return True

    def _count(self, characters: int, place: Place) -> None:
        self._left -= characters
        if self._left < 0:
            raise TooLargeError(place)
