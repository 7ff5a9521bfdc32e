"""Where a comment goes: what a runner tells a job by its environment. Pure.

https://docs.github.com/en/actions/reference/workflows-and-actions/variables
https://forgejo.org/docs/latest/user/actions/reference/
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from urllib.parse import urlsplit

from forge import ForgeError, names
from forge.documents import mapping, number, of_json

_REPOSITORY = re.compile(r"[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+")
_TOKEN = re.compile(r"[!-~]+")


class Kind(Enum):
    """What a server is; Gitea and Forgejo have one API."""

    GITHUB = "GitHub"
    FORGEJO = "Forgejo"


_TOKENS = {Kind.GITHUB: ("GITHUB_TOKEN",), Kind.FORGEJO: ("FORGEJO_TOKEN", "GITEA_TOKEN", "GITHUB_TOKEN")}


@dataclass(frozen=True)
class Target:
    """An issue, or a pull request, which is one too, and who speaks."""

    api: str
    """The API's address, without a slash at its end."""
    kind: Kind
    repository: str
    """owner/name."""
    number: int
    token: str = field(repr=False)


def target(environment: Mapping[str, str], read: Callable[[str], str], on: int | None = None) -> Target:
    """What the environment says.

    Args:
        environment: the job's.
        read: gives a file's text: of the event that started the job.
        on: the issue's number, where the event has none.

    Raises:
        ForgeError: it lacks something.
    """
    api = environment.get("GITHUB_API_URL", "").rstrip("/")
    parts = urlsplit(api)
    if parts.scheme not in ("https", "http") or not parts.hostname or parts.username or parts.query or parts.fragment:
        raise _lacks("GITHUB_API_URL", "the address of the server's API", api)
    kind = Kind.FORGEJO if parts.path.endswith("/api/v1") else Kind.GITHUB
    repository = environment.get("GITHUB_REPOSITORY", "")
    if not _REPOSITORY.fullmatch(repository) or {".", ".."} & {*repository.split("/")}:
        raise _lacks("GITHUB_REPOSITORY", "owner/name", repository)
    token = next((environment[name] for name in _TOKENS[kind] if environment.get(name)), "")
    if not _TOKEN.fullmatch(token):
        # What it is instead is not told: it may be a token with a line feed.
        raise ForgeError(f"{_TOKENS[kind][0]}: must be a token of one word; give it to this step by `env`")
    return Target(api, kind, repository, on or _number(environment.get("GITHUB_EVENT_PATH", ""), read), token)


def _number(path: str, read: Callable[[str], str]) -> int:
    """That of the pull request or issue that an event is about."""
    try:
        event = mapping(of_json(read(path)))
    except ForgeError:
        event = mapping(None)
    found = number(mapping(event.get("pull_request") or event.get("issue")).get("number"))
    if found is None:
        raise _lacks("GITHUB_EVENT_PATH", "the file of an event with a pull request", path, "; or give --on NUMBER")
    return found


def _lacks(name: str, wanted: str, found: str, hint: str = "; a runner sets it") -> ForgeError:
    return ForgeError(f"{name}: must be {wanted}, got {names.one_line(ascii(found), 100)}{hint}")
