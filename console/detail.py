"""One thing about a component that is to be another."""

from dataclasses import dataclass

from components.effects import Effect

Hunk = tuple[str, ...]
"""Lines of a unified diff, the first of which says where they are."""


@dataclass(frozen=True)
class Detail:
    """What changes, or what is to be said of it."""

    what: str
    effect: Effect | None = None
    """What that does; none where it goes without saying."""
    before: str | None = None
    """None is not there."""
    after: str | None = None
    hunks: tuple[Hunk, ...] = ()
    """Of a document, in place of before and after."""

    @property
    def text(self) -> str:
        """In one line, without the document."""
        change = " -> ".join(value for value in (self.before, self.after) if value is not None)
        does = f"({self.effect})" if self.effect else ""
        return " ".join(part for part in (self.what, change, does) if part)
