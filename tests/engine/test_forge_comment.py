"""The comment of a stack, on servers that hold each request to what GitHub, Forgejo and Gitea publish."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Generator
from email.utils import formatdate
from pathlib import Path

import pytest

from forge import ForgeError
from forge.api import Api
from forge.comments import farewell, marker, publish, settle, unmade
from forge.target import target
from forge.web import PATIENCE, TRIES, Web
from tests.forges.server import BOTS, CodeHost, Fault, served

ROOT = Path(__file__).parents[2]
APIS = list(BOTS)
TEXT = f"{marker('lab')}\n**one guest is replaced**, with data lost: `|` <b> ü 🦆\n"


class Clock:
    """Nobody waits; how long it would have been is kept."""

    def __init__(self) -> None:
        """Begin at some time."""
        self.waits: list[float] = []

    def sleep(self, seconds: float) -> None:
        """Go on at once."""
        self.waits.append(seconds)

    def now(self) -> float:
        """Stand still."""
        return 1_800_000_000.0


@pytest.fixture(params=APIS)
def host(request: pytest.FixtureRequest) -> Generator[CodeHost]:
    """Each of them."""
    with served(request.param) as host:
        yield host


@pytest.fixture
def github() -> Generator[CodeHost]:
    """GitHub alone."""
    with served("github") as host:
        yield host


def said(host: CodeHost, text: str = TEXT, stack: str = "lab", clock: Clock | None = None) -> str:
    """Publish it; what was done."""
    clock = clock or Clock()
    place = target(host.environment, str, host.number)
    return publish(Api(place, Web(place, clock.sleep, clock.now)), stack, text)


def refused(host: CodeHost, text: str = TEXT, clock: Clock | None = None) -> str:
    """The one line with which it ends."""
    with pytest.raises(ForgeError) as caught:
        said(host, text, clock=clock)
    line = str(caught.value)
    assert "\n" not in line
    assert host.token not in line
    return line


def changes(host: CodeHost) -> list[str]:
    """The requests that are no questions."""
    return [request.partition(" ")[0] for request in host.requests if not request.startswith("GET")]


def test_is_made_then_changed_in_place(host: CodeHost) -> None:
    """One comment, whatever others say between; the same text costs no request."""
    assert said(host) == "created"
    host.add("alice", "looks good")
    assert said(host) == "unchanged"
    assert said(host, f"{TEXT}more\n") == "changed"
    assert [author for author, _ in host.comments.values()] == [BOTS[host.api], "alice"]
    assert host.bodies[0] == f"{TEXT}more\n"
    assert changes(host) == ["POST", "PATCH"]


def test_each_stack_has_its_own(host: CodeHost) -> None:
    """The comment of another one stays."""
    said(host)
    said(host, f"{marker('lab-2')}\nother\n", "lab-2")
    assert len(host.comments) == 2
    assert said(host) == "unchanged"


@pytest.mark.parametrize("page", [1, 2, 3])
def test_is_found_on_any_page(github: CodeHost, page: int) -> None:
    """GitHub gives a hundred at a time."""
    for number in range(100 * (page - 1) + 40):
        github.add("alice", f"{number}")
    github.add(github.login, TEXT)
    for number in range(250):
        github.add("ghost", f"{number}")
    assert said(github) == "unchanged"


def test_others_may_quote_it(host: CodeHost) -> None:
    """Only our own comment, and only one that begins with the marker, is touched."""
    before = {
        host.add("mallory", TEXT): TEXT,
        host.add("alice", f"> {TEXT}"): f"> {TEXT}",
        host.add(host.login, f"as in\n{TEXT}"): f"as in\n{TEXT}",
    }
    assert said(host) == "created"
    assert said(host, f"{TEXT}more\n") == "changed"
    assert {number: host.comments[number][1] for number in before} == before


def test_by_a_users_own_token(host: CodeHost) -> None:
    """It is asked whose it is."""
    host.is_automatic = False
    host.login = "lab-bot"
    other = host.add(BOTS[host.api], TEXT)
    assert said(host) == "created"
    assert other in host.comments
    assert said(host) == "unchanged"


def test_edited_by_somebody(host: CodeHost) -> None:
    """What is true is written over it; line ends are no edit."""
    said(host)
    number = next(iter(host.comments))
    host.comments[number] = (host.login, TEXT.replace("\n", "\r\n").rstrip())
    assert said(host) == "unchanged"
    host.comments[number] = (host.login, f"{marker('lab')}\nnothing is lost\n")
    assert said(host) == "changed"
    assert host.bodies == [TEXT]


def test_deleted_by_somebody(host: CodeHost) -> None:
    """Before a run, or between its question and its change: it is made again."""
    said(host)
    host.comments.clear()
    assert said(host) == "created"
    host.before.append(("PATCH", host.comments.clear))
    assert said(host, f"{TEXT}more\n") == "created"
    assert host.bodies == [f"{TEXT}more\n"]


def test_deleted_each_time(host: CodeHost) -> None:
    """There is an end to it."""
    for number in range(6):
        host.before += [("GET", lambda: None), ("GET", lambda number=number: _again(host, number))]
        host.before.append(("PATCH", host.comments.clear))
    said(host)
    host.before = [("PATCH", host.comments.clear) for _ in range(5)]
    for _ in range(5):
        host.before.append(("GET", lambda: None if host.comments else _again(host, 0)))
    host.before.insert(0, ("GET", lambda: None))
    assert "its comment does not stay: it is deleted each time; tried 5 times" in refused(host, f"{TEXT}more\n")


def _again(host: CodeHost, number: int) -> None:
    host.add(host.login, f"{marker('lab')}\n{number}\n")


def test_another_run_between_question_and_comment(host: CodeHost) -> None:
    """Both make one; the newest stays, which is ours."""
    host.before.append(("POST", lambda: _again(host, 1)))
    assert said(host) == "created"
    assert host.bodies == [TEXT]


def test_another_run_after_ours(host: CodeHost) -> None:
    """The other's is newer: ours goes."""
    questions = ["user", "comments"]
    host.before += [("GET", lambda: None) for _ in questions]
    host.before.append(("GET", lambda: _again(host, 2)))
    assert said(host) == "created"
    assert host.bodies == [f"{marker('lab')}\n2\n"]


def test_many_runs_at_once(host: CodeHost) -> None:
    """One comment is left, by one of them."""
    texts = [f"{marker('lab')}\nrun {number}\n" for number in range(8)]
    failed: list[BaseException] = []

    def run(text: str) -> None:
        try:
            said(host, text)
        except BaseException as error:  # noqa: BLE001 (told below)
            failed.append(error)

    threads = [threading.Thread(target=run, args=[text]) for text in texts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert len(host.bodies) == 1
    assert host.bodies[0] in texts


def test_duplicates_of_before(host: CodeHost) -> None:
    """The older ones go."""
    _again(host, 1)
    _again(host, 2)
    newest = host.add(host.login, TEXT)
    assert said(host) == "unchanged"
    assert list(host.comments) == [newest]


@pytest.mark.parametrize("method", ["GET", "PATCH"])
@pytest.mark.parametrize("status", [500, 503, 429, 0])
def test_broken_for_a_while(host: CodeHost, method: str, status: int) -> None:
    """It is asked again."""
    said(host)
    host.faults += [Fault(method, status, document=b"<html>try later</html>") for _ in range(3)]
    clock = Clock()
    assert said(host, f"{TEXT}more\n", clock=clock) == "changed"
    assert len(clock.waits) == 3
    assert clock.waits == sorted(clock.waits)
    assert host.bodies == [f"{TEXT}more\n"]


@pytest.mark.parametrize("is_done", [True, False])
@pytest.mark.parametrize("status", [502, 0])
def test_broken_while_it_is_made(host: CodeHost, status: int, *, is_done: bool) -> None:
    """Whether the comment is there is looked up: there are never two."""
    host.faults += [Fault("POST", status, is_done=is_done) for _ in range(2)]
    assert said(host) in ("created", "unchanged")
    assert host.bodies == [TEXT]


def test_broken_for_good(host: CodeHost) -> None:
    """One line."""
    host.faults += [Fault("GET", 503, document={"message": "down\n::error::no"}) for _ in range(TRIES)]
    assert refused(host).endswith(" answers 503 (down ::error::no); asked 5 times, run the job again later")
    host.faults += [Fault("POST", 500) for _ in range(TRIES)]
    assert "its comment does not stay: " in refused(host)


@pytest.mark.parametrize(
    ("status", "headers", "wait"),
    [
        (429, {"Retry-After": "7"}, 7),
        (503, {"Retry-After": "11"}, 11),
        (403, {"Retry-After": "61"}, 61),
        (403, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1800000042"}, 42),
        (429, {"Retry-After": formatdate(1_800_000_020, usegmt=True)}, 20),
        (429, {"Retry-After": "soon"}, 1),
    ],
)
def test_waits_as_long_as_it_is_told(host: CodeHost, status: int, headers: dict[str, str], wait: float) -> None:
    """Also after GitHub's second limit, which is a 403."""
    host.faults.append(Fault("POST", status, headers, {"message": "slow down"}))
    clock = Clock()
    assert said(host, clock=clock) == "created"
    assert clock.waits == [wait]
    assert host.bodies == [TEXT]


def test_is_told_to_wait_too_long(github: CodeHost) -> None:
    """No job is kept for it."""
    headers = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(1_800_000_000 + 3600)}
    github.faults.append(Fault("POST", 403, headers, {"message": "API rate limit exceeded"}))
    clock = Clock()
    told = refused(github, clock=clock)
    assert told == (
        "GitHub answers 403 (API rate limit exceeded), and wants to be left alone for 3600 s; run the job again later"
    )
    assert PATIENCE < 3600
    assert clock.waits == []


def test_may_not_write(host: CodeHost) -> None:
    """As a fork's token: one line, and what the job needs."""
    host.may_write = False
    told = refused(host)
    assert told.startswith("someone/labs#7: cannot comment: ")
    assert "answers 403 (Resource not accessible by integration); " in told
    assert ("permissions: pull-requests: write" in told) == (host.api == "github")


def test_token_of_nobody(host: CodeHost) -> None:
    """It has expired, say."""
    host.faults.append(Fault("GET", 401, document={"message": "Bad credentials"}))
    assert "cannot say whose the token is: " in refused(host)
    assert host.requests == ["GET /user"]


def test_too_long(github: CodeHost) -> None:
    """The server's own words."""
    told = refused(github, f"{TEXT}{'x' * 66_000}")
    assert told.endswith("answers 422 (Validation Failed: Body is too long (maximum is 65536 characters))")
    assert said(github, f"{TEXT}{'ü' * 60_000}") == "created"


def test_is_not_sent_elsewhere(host: CodeHost) -> None:
    """Neither a redirect nor a next page takes the token along."""
    with served("github") as other:
        host.faults.append(Fault("GET", 301, {"Location": f"{other.url}/user"}))
        assert "answers 301" in refused(host)
        link = f'<{other.url}/repos/someone/labs/issues/7/comments?page=2>; rel="next"'
        host.faults.append(Fault("GET", 200, {"Link": link}, [], path="/comments"))
        assert refused(host) == "the server points to another one, which is not given the token"
        assert other.requests == []


@pytest.mark.parametrize("body", [b"<html>sign in</html>", b'{"a": 1}', b"[" * 100_000, b'[{"id": "x"}]'])
def test_no_list(host: CodeHost, body: bytes) -> None:
    """A proxy's page, say."""
    host.faults.append(Fault("GET", 200, document=body, path="/comments"))
    assert "is GITHUB_API_URL its API?" in refused(host)


def test_nobody_listens() -> None:
    """One line."""
    with served("github") as host:
        environment = host.environment
    place = target(environment, str, 7)
    clock = Clock()
    with pytest.raises(ForgeError, match=r"^GitHub at http://127.0.0.1:\d+ gives no answer \(.*refused\); asked"):
        publish(Api(place, Web(place, clock.sleep, clock.now)), "lab", TEXT)


def test_stacks_without_a_preview(host: CodeHost) -> None:
    """What was said of them before is put right, and a deleted config is told of."""
    said(host)
    said(host, f"{marker('other')}\nchanges\n", "other")
    quoted = host.add("alice", f"{marker('third')}\nmine\n")
    place = target(host.environment, str, host.number)
    api = Api(place, Web(place))
    assert settle(api, ["lab"], ["old"]) == ["old", "other"]
    assert settle(api, ["lab"], ["old"]) == []
    other = f"{marker('other')}\n`other`: not touched by this pull request any more.\n"
    assert host.bodies == [TEXT, other, host.comments[quoted][1], farewell("old")]
    assert "`make destroy STACK=old` before" in farewell("old")


def test_as_a_step_calls_it(host: CodeHost, tmp_path: Path) -> None:
    """By the environment of a runner; the token is in no line, and in no argument."""
    event = tmp_path / "event.json"
    event.write_text(json.dumps({"pull_request": {"number": 7}}), "utf-8")
    file = tmp_path / "preview.md"
    file.write_text(f"ok: toolchain\n{TEXT}", "utf-8")
    env = {"PATH": os.environ["PATH"], "GITHUB_EVENT_PATH": str(event), **host.environment}
    command = [sys.executable, "-m", "forge", "comment", "--stack", "lab", str(file)]
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "created: the comment of stack lab on someone/labs#7\n"
    assert host.bodies == [TEXT]
    # A run that ended before its preview leaves nothing that is of an earlier commit.
    file.write_text("ok: toolchain\n", "utf-8")
    for told in (
        f"stack lab: must be given its comment, got none that begins with {marker('lab')}",
        "must be a readable",
    ):
        done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stdout, host.bodies) == (1, "", [unmade("lab")])
        assert told in done.stderr
        file.unlink(missing_ok=True)
    host.may_write = False
    file.write_text(f"{TEXT}more", "utf-8")
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (1, "", 1)
    assert host.token not in done.stderr
