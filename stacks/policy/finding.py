"""What a rule of policy finds, and how bad that is."""

from dataclasses import dataclass
from enum import IntEnum

from components.errors import Problem
from stacks.config.lab import Rule


class Severity(IntEnum):
    """From least to most; what is found must, should or may well be otherwise."""

    NOTE = 0
    """Worth a look when a lab is reviewed: `make lint-stacks` says it, a preview does not."""
    WARNING = 1
    """Said at each preview and `up`, which go on."""
    ERROR = 2
    """The run ends before anything is changed."""

    @property
    def verb(self) -> str:
        """What begins its message."""
        return "must" if self is Severity.ERROR else "should"


@dataclass(frozen=True)
class Finding:
    """One thing that a rule has found, and of whom."""

    rule: Rule
    severity: Severity
    path: str
    message: str
    """`<rule>, got <value>; <what to do>`, without the way to waive it, and without a secret."""
    owners: frozenset[str] = frozenset()
    """Where config tells of the guests of which it was found; of none it is the lab's."""

    @property
    def problem(self) -> Problem:
        """As it is told: what to do, or where to say why it is well so."""
        (owner,) = self.owners if len(self.owners) == 1 else ("lab",)
        return Problem(self.path, f"{self.message}, or waive it by {owner}.waivers.{self.rule}")
