"""What can be wrong, in words that a user can act on.

pulumi.RunError        ends a program cleanly: the text is shown, no stack trace
└── KvmLabError        everything that this project raises on purpose
    ├── ConfigError    the stack's config is not a lab
    ├── ArgsError      a component was given arguments it cannot make real
    ├── RenderError    a guest's cloud-init layers do not make a valid document
    ├── HostError      a hypervisor is not able to carry the lab
    └── StateError     the stack's state is not that of the lab on its hosts

One sentence form everywhere: `<path>: <rule>, got <value>; <what to do>`.
"""

from collections.abc import Iterable
from typing import NamedTuple

from pulumi import RunError

SHOWN = 60
"""A value is cut to about this many characters in a message."""

MOST = 100
"""No report tells more problems than this: so many are one mistake many times, and to look for all takes its time."""


class Problem(NamedTuple):
    """One thing that is wrong, and where."""

    path: str
    """What `pulumi config set --path` takes."""
    message: str
    """`<rule>, got <value>; <what to do>`: lower case, no final full stop."""


class KvmLabError(RunError):
    """Everything that is wrong at once, as one report.

    Attributes:
        problems: each problem once, sorted by path, and no more than a report tells.
    """

    problems: tuple[Problem, ...]

    def __init__(self, subject: str, where: str, problems: Iterable[Problem]) -> None:
        found = sorted(set(problems))
        self.problems = tuple(found[:MOST])
        count = f"more than {MOST}" if len(found) > MOST else str(len(found))
        head = f"{subject}: {count} {'problem' if count == '1' else 'problems'} in {where}"
        super().__init__("\n  ".join([head, *(f"{path}: {message}" for path, message in self.problems)]))


class ConfigError(KvmLabError):
    """The stack's config is not a lab."""

    def __init__(self, stack: str, problems: Iterable[Problem]) -> None:
        super().__init__(f"stack {shorten(stack)}", "kvmlab:lab", problems)


class ArgsError(KvmLabError):
    """A component was given arguments it cannot make real."""

    def __init__(self, component: str, name: str, problems: Iterable[Problem]) -> None:
        super().__init__(f"{component} {name}", "its arguments", problems)


class RenderError(KvmLabError):
    """A guest's cloud-init layers do not make a valid document."""

    def __init__(self, guest: str, problems: Iterable[Problem]) -> None:
        super().__init__(f"guest {guest}", "its cloud-init", problems)


class HostError(KvmLabError):
    """A hypervisor is not able to carry the lab."""

    def __init__(self, host: str, problems: Iterable[Problem]) -> None:
        super().__init__(f"host {host}", "what it offers", problems)


class StateError(KvmLabError):
    """The stack's state is not that of the lab on its hosts."""

    def __init__(self, stack: str, problems: Iterable[Problem]) -> None:
        super().__init__(f"stack {shorten(stack)}", "what it remembers", problems)


def shorten(text: str, length: int = SHOWN) -> str:
    """Cut a long text in the middle, where a name says least."""
    if len(text) <= length:
        return text
    head = (length - 3) // 2
    return f"{text[:head]}...{text[head + 3 - length :]}"


def printable(text: str) -> str:
    """Text for a line of a report: what would break the line or steer the terminal is escaped, as Python does it."""
    return text if text.isprintable() else "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


def got(value: object) -> str:
    """A value as a message shows it: quoted when it is text, never longer than a line, and without a login in a URL."""
    match value:
        case None:
            return "nothing"
        case dict():
            return "a mapping"
        case list() | tuple():
            return "a list"
        case str():
            return repr(shorten(_without_login(value)))
        case int() if value.bit_length() > 4 * SHOWN:
            # Python refuses to write very long ones.
            return "a number too long to show"
        case float() if value.is_integer() and abs(value) < 2**63:
            return str(int(value))
        case _:
            return shorten(repr(value))


def _without_login(text: str) -> str:
    """Text without what stands before the host in a URL, which may be a password."""
    scheme, slashes, rest = text.partition("//")
    _, at, host = rest.rpartition("@")
    return f"{scheme}{slashes}...{at}{host}" if slashes and at else text
