"""How far a run has come: pure, from the engine's events and the time at which each came."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from console.events import Ended, Event, Outputs, Said, Started, Step, Summary

DONE = {
    "create": "created",
    "update": "updated",
    "delete": "removed",
    "create-replacement": "made anew",
    "delete-replaced": "removed, to be made anew",
}
COUNTED = {**DONE, "replace": "made anew", "same": "unchanged"}
ECHOES = ("update failed", "destroy failed", "Resource monitor has terminated, shutting down")
"""What Pulumi has to say when something has failed and has been told."""
_WAITS = "waits for its turn"
_OUTCOME = re.compile(r"^(changed|ok|note): ")
_SECONDS = re.compile(r" \(\d+ s\)$")


class Progress:
    """What is under way, and what is done.

    A line for each step that ends; what is under way is told on the side, so that sixty guests that wait are not sixty
    lines every ten seconds.
    """

    def __init__(self, lab: str, now: float) -> None:
        """Nothing has happened yet.

        Args:
            lab: the stack; what scripts say of a guest begins with it.
            now: seconds, of any clock.
        """
        self._lab = lab
        self._began = now
        self._since: dict[str, float] = {}
        self._stage: dict[str, str] = {}
        self._said: dict[str, set[str]] = {}
        self._guests: dict[str, bool] = {}
        self._removed = 0
        self._slowest = (0.0, "")
        self._outputs: Mapping[str, Any] = {}
        self._changes: Mapping[str, int] | None = None
        self._failed = False

    def take(self, event: Event, now: float) -> Iterator[str]:
        """The lines that an event is worth."""
        match event:
            case Started(step) if step.changes:
                self._since[step.name], self._stage[step.name] = now, "begins"
                if step.is_guest and not step.removes:
                    self._guests[step.name] = False
            case Ended(step, well):
                yield from self._end(step, now, well=well)
            case Said(about, "info", text) if about in self._stage:
                yield from self._says(about, text, now)
            case Said("", "error", text) if self._failed and text in ECHOES:
                pass
            case Said(about, severity, text):
                self._failed |= severity == "error"
                yield self._told(about, severity, text)
            case Outputs(values):
                self._outputs = values
            case Summary(changes):
                self._changes = changes
            case _:
                pass

    def under_way(self, now: float) -> list[tuple[str, str, int]]:
        """What takes its time: name, stage, and seconds; guests that wait for their turn are left out."""
        return [(name, stage, round(now - self._since[name])) for name, stage in self._stage.items() if stage != _WAITS]

    def state(self, now: float) -> str:
        """One line: how many guests are ready, how many wait, how long it has taken."""
        waiting = sum(stage == _WAITS for stage in self._stage.values())
        parts = [f"{sum(self._guests.values())} of {len(self._guests)} guests ready"] if self._guests else []
        parts += [f"{waiting} wait for their turn"] if waiting else []
        return ", ".join([*parts, duration(now - self._began)])

    def end(self, now: float) -> Iterator[str]:
        """The last lines: guests, time, slowest step, resources, and the stack's table of logins.

        None where a run has not begun, or has ended at the config: why has been told.
        """
        begun = self._slowest[1] or self._guests or self._removed
        if self._changes is None or (self._failed and not begun):
            return
        guests = f"{sum(self._guests.values())} of {len(self._guests)} guests ready" if self._guests else ""
        gone = f"{self._removed} guests removed" if self._removed else ""
        seconds, name = self._slowest
        slowest = f"; slowest: {name}, {duration(seconds)}" if name else ""
        told = ["failed" if self._failed else "", guests, gone]
        yield f"{', '.join(part for part in told if part) or 'done'} in {duration(now - self._began)}{slowest}"
        counts = [f"{count} {COUNTED.get(operation, operation)}" for operation, count in self._changes.items() if count]
        yield f"resources: {', '.join(counts) or 'none'}"
        if not self._failed:
            yield from self._outputs.get("table", ())

    def _end(self, step: Step, now: float, *, well: bool) -> Iterator[str]:
        if step.is_guest and not step.removes:
            self._guests[step.name] = well
        if not step.changes:
            return
        stage = self._stage.pop(step.name, "")
        seconds = now - self._since.pop(step.name, now)
        if not well:
            return  # the error has been told
        self._removed += step.is_guest and step.removes
        self._slowest = max(self._slowest, (seconds, step.name))
        said = "" if stage in ("begins", _WAITS) else f": {stage}"
        yield f"{step.name} {DONE.get(step.operation, step.operation)} in {duration(seconds)}{said}"

    def _says(self, about: str, text: str, now: float) -> Iterator[str]:
        notes = [bare(line) for line in text.splitlines() if line.startswith("note: ")]
        yield from (f"{about}: {self._of(about, note)}" for note in notes)
        lines = [bare(line) for line in text.splitlines()]
        self._said.setdefault(about, set()).update(lines)
        stage = _SECONDS.sub("", self._of(about, lines[-1]))
        stage = _WAITS if stage.startswith(_WAITS) else stage
        if self._stage[about] == _WAITS:
            # A guest's own time begins with its turn.
            self._since[about] = now
        self._stage[about] = stage

    def _of(self, about: str, line: str) -> str:
        """What a script says, without the guest's name."""
        return line.removeprefix(f"{self._lab}-{about}").lstrip(": ")

    def _told(self, about: str, severity: str, text: str) -> str:
        prefix = "" if severity == "info" else f"{severity}: "
        if about:
            # Pulumi's error begins with the command and repeats all of its output; what went wrong is the rest of it.
            lines = [line for line in text.splitlines() if bare(line) not in self._said.get(about, ())]
            text = "\n".join(lines[1:] or lines)
        return f"{prefix}{f'{about}: ' if about else ''}{text.removeprefix(prefix)}"


def bare(line: str) -> str:
    """What a script of host/ says, without the word that tells whether it changed anything."""
    return _OUTCOME.sub("", line)


def duration(seconds: float) -> str:
    """Seconds as people say them."""
    whole = round(seconds)
    return f"{whole} s" if whole < 60 else f"{whole // 60} min {whole % 60} s"
