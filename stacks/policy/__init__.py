"""Policy: what a lab may do by its config and had better not, told before anything of a preview is shown.

Rules have stable names, by which config waives them with a reason; docs/decisions/0027 says why each is as bad as it
is. Only config is looked at, so that `make lint-stacks` says the same without a host.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from components.errors import Problem
from stacks.config import Lab
from stacks.config.lab import Rule
from stacks.policy import rules
from stacks.policy.finding import Finding, Severity
from stacks.policy.plain_text_secret import plain_text_secret

__all__ = ["SHOWN", "Finding", "Severity", "Verdict", "judge"]

SHOWN = 5
"""A preview tells of each rule's warnings no more than these, so that others are seen."""


@dataclass(frozen=True)
class Verdict:
    """What is found, in the order in which it is told."""

    found: tuple[Finding, ...]
    """What nobody has waived."""
    waived: tuple[tuple[Finding, str], ...]
    """With the reason."""
    stale: tuple[Problem, ...]
    """Waivers that let nothing pass."""

    @property
    def errors(self) -> list[Problem]:
        """What ends a run."""
        return self._of(Severity.ERROR)

    @property
    def warnings(self) -> list[Problem]:
        """What is said at each run."""
        return [*self._of(Severity.WARNING), *self.stale]

    @property
    def notes(self) -> list[Problem]:
        """What lint says, and no run."""
        return self._of(Severity.NOTE)

    def told(self, stack: str) -> Iterator[str]:
        """The warnings of a run, a line each, and not too many of one rule."""
        count = dict[Rule, int]()
        for finding in self.found:
            if finding.severity is Severity.WARNING:
                count[finding.rule] = count.get(finding.rule, 0) + 1
                if count[finding.rule] <= SHOWN:
                    yield _line(finding.problem)
        for rule, number in sorted(count.items()):
            if number > SHOWN:
                yield f"{rule}: {number - SHOWN} more; make lint-stacks STACK={stack} tells all"
        yield from map(_line, self.stale)

    def _of(self, severity: Severity) -> list[Problem]:
        return [finding.problem for finding in self.found if finding.severity is severity]


def judge(lab: Lab, layers: Mapping[str, Mapping[str, object]]) -> Verdict:
    """What policy says of a lab.

    Args:
        lab: what is asked for.
        layers: the documents that its guests are made of, by the names of layers.
    """
    waivers: dict[str, Mapping[Rule, str]] = {guest.path: guest.waivers for guest in lab.guests}
    used = set[tuple[str, Rule]]()
    found: list[Finding] = []
    waived: list[tuple[Finding, str]] = []
    for finding in _findings(lab, layers):
        # One that is of several guests is let pass by all of them, or by the lab.
        if finding.owners and all(finding.rule in waivers[owner] for owner in finding.owners):
            used |= {(owner, finding.rule) for owner in finding.owners}
            waived.append((finding, waivers[min(finding.owners)][finding.rule]))
        elif finding.rule in lab.waivers:
            used.add(("lab", finding.rule))
            waived.append((finding, lab.waivers[finding.rule]))
        else:
            found.append(finding)
    said = {(owner, rule) for owner, reasons in (*waivers.items(), ("lab", lab.waivers)) for rule in reasons}
    stale = [Problem(f"{owner}.waivers.{rule}", STALE) for owner, rule in sorted(said - used)]
    return Verdict(tuple(found), tuple(waived), tuple(stale))


STALE = "should let something pass, got a waiver of nothing; take it out"


def _findings(lab: Lab, layers: Mapping[str, Mapping[str, object]]) -> list[Finding]:
    """All of them, each once: a group's members share theirs."""
    checks = (
        rules.overcommit,
        rules.public_console,
        rules.unpinned_image,
        rules.unprotected_disk,
        rules.no_autostart,
        rules.even_control_planes,
    )
    found = {finding for check in checks for finding in check(lab)} | {*plain_text_secret(lab, layers)}
    return sorted(found, key=lambda finding: (finding.path, finding.rule, finding.message))


def _line(problem: Problem) -> str:
    return f"{problem.path}: {problem.message}"
