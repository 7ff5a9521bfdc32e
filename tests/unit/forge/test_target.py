"""Where a comment goes, by what a runner says."""

import json

import pytest

from console import comment
from forge import ForgeError
from forge.comments import marker, text
from forge.names import one_line
from forge.target import Kind, target

EVENT = json.dumps({"pull_request": {"number": 7}})
RUNNER = {
    "GITHUB_API_URL": "https://api.github.com",
    "GITHUB_REPOSITORY": "someone/labs",
    "GITHUB_EVENT_PATH": "/event.json",
    "GITHUB_TOKEN": "ghs_x",
}


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("https://api.github.com", Kind.GITHUB),
        ("https://git.example.org/api/v3", Kind.GITHUB),
        ("https://codeberg.org/api/v1", Kind.FORGEJO),
        ("http://10.0.0.5:3000/git/api/v1/", Kind.FORGEJO),
    ],
)
def test_servers(url: str, kind: Kind) -> None:
    """They are told by their API's path."""
    place = target({**RUNNER, "GITHUB_API_URL": url}, lambda _: EVENT)
    assert (place.api, place.kind, place.number) == (url.rstrip("/"), kind, 7)


def test_tokens() -> None:
    """Each server has its own; none is shown."""
    env = {**RUNNER, "GITHUB_API_URL": "https://codeberg.org/api/v1", "FORGEJO_TOKEN": "fj_x"}
    of_github = {**env, "GITHUB_API_URL": "https://api.github.com"}
    places = [target(given, lambda _: EVENT) for given in (env, {**env, "FORGEJO_TOKEN": ""}, of_github)]
    assert [place.token for place in places] == ["fj_x", "ghs_x", "ghs_x"]
    assert "fj_x" not in repr(places)


def test_an_issue() -> None:
    """It may be named, or be the event's."""
    assert target(RUNNER, lambda _: "", 12).number == 12
    assert target(RUNNER, lambda _: '{"issue": {"number": 3}}').number == 3


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("GITHUB_API_URL", "", "must be the address of the server's API, got ''; a runner sets it"),
        (
            "GITHUB_API_URL",
            "file:///etc",
            "must be the address of the server's API, got 'file:///etc'; a runner sets it",
        ),
        (
            "GITHUB_API_URL",
            "https://u:p@h",
            "must be the address of the server's API, got 'https://u:p@h'; a runner sets it",
        ),
        ("GITHUB_REPOSITORY", "labs", "must be owner/name, got 'labs'; a runner sets it"),
        ("GITHUB_REPOSITORY", "../..", "must be owner/name, got '../..'; a runner sets it"),
        ("GITHUB_REPOSITORY", "a/b?x=", "must be owner/name, got 'a/b?x='; a runner sets it"),
        ("GITHUB_TOKEN", "", "must be a token of one word; give it to this step by `env`"),
        ("GITHUB_TOKEN", "ghs\r\nX-Evil: 1", "must be a token of one word; give it to this step by `env`"),
    ],
)
def test_what_is_lacking(name: str, value: str, told: str) -> None:
    """One line each."""
    with pytest.raises(ForgeError) as caught:
        target({**RUNNER, name: value}, lambda _: EVENT)
    assert str(caught.value) == f"{name}: {told}"


@pytest.mark.parametrize("event", ["", "{", "[]", "{}", '{"pull_request": {"number": "7"}}', '{"pull_request": 7}'])
def test_an_event_without_a_pull_request(event: str) -> None:
    """A push has none."""
    with pytest.raises(ForgeError, match=r"^GITHUB_EVENT_PATH: .* or give --on NUMBER$"):
        target(RUNNER, lambda _: event)


def test_what_a_preview_printed() -> None:
    """The comment begins with its marker, whatever was said before."""
    assert text("lab", f"ok: toolchain\r\n{marker('lab')}\r\nbody\r\n\r\n") == f"{marker('lab')}\nbody\n"
    for told in ("", "body", f" {marker('lab')}", marker("lab-2")):
        with pytest.raises(ForgeError, match="must be given its comment, got none that begins with"):
            text("lab", told)


def test_somebody_elses_words() -> None:
    """In a log they are one line, and start no command of a runner."""
    assert one_line("a\n::set-output::b\x1b[31m\r\u2028c") == "a ::set-output::b [31m c"
    assert one_line("x" * 400) == f"{'x' * 300}..."


@pytest.mark.parametrize("stack", ["six", "my-lab_2.x"])
def test_marker(stack: str) -> None:
    """A comment begins with what it is looked for by."""
    assert comment.marker(stack) == marker(stack)
