"""Each workflow's steps, as they stand in the YAML, in the order in which they stand, in roots of their own.

No network is there (`make workflows` sees to it), and the code host is a test server that holds each request to its
published API. What plays the runner is tests/acceptance/forge/runner.py.
"""

import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from forge.comments import farewell, marker
from tests.acceptance.forge.conftest import Make
from tests.acceptance.forge.repository import Repository
from tests.acceptance.forge.root import REPOSITORY
from tests.acceptance.forge.runner import Job
from tests.forges.server import CodeHost

SECRETS = {
    "PULUMI_CONFIG_PASSPHRASE": "correct-horse-battery",
    "AWS_ACCESS_KEY_ID": "AKIAEXAMPLE",
    "AWS_SECRET_ACCESS_KEY": "staple-of-the-bucket",
}
SIX = (REPOSITORY / "stacks" / "Pulumi.six.yaml").read_text("utf-8")
MORE = SIX.replace("memory: 2GiB", "memory: 3GiB")
NEW = SIX.replace("10.20.6.0", "10.20.9.0").replace("count: 6", "count: 1")


def test_there_is_no_way_out() -> None:
    """Neither for these tests nor for what they run."""
    routes = Path("/proc/net/route").read_text("utf-8").splitlines()[1:]
    assert routes == [], "run `make workflows`"


def test_a_pull_request(made: Make, host: CodeHost, repository: Repository) -> None:
    """A comment for each stack that it touches, changed in place, and put right when it touches less."""
    previews = [marker("new"), marker("six")]
    repository.commit(
        {"stacks/Pulumi.six.yaml": MORE, "stacks/Pulumi.new.yaml": NEW, "stacks/Pulumi.quickstart.yaml": None}
    )
    run(made, host, repository)
    assert sorted(first_lines(host)) == sorted([*previews, marker("quickstart")])
    assert farewell("quickstart") in host.bodies
    changed = [request for request in host.requests if not request.startswith("GET")]
    assert [request.partition(" ")[0] for request in changed] == ["POST"] * 3

    # Again, without a change: the same text, so no request that changes anything.
    texts = dict(host.comments)
    host.requests.clear()
    run(made, host, repository)
    assert {request.partition(" ")[0] for request in host.requests} == {"GET"}
    assert host.comments == texts

    # Somebody talks, edits one comment and deletes another; then the request touches one stack less.
    host.add("alice", "please do")
    edited, deleted = sorted(number for number, (_, body) in texts.items() if body.split("\n")[0] in previews)
    del host.comments[deleted]
    host.comments[edited] = (host.login, f"{host.comments[edited][1].splitlines()[0]}\nnothing is lost\n")
    repository.commit({"stacks/Pulumi.new.yaml": None})
    run(made, host, repository)
    six = next(body for body in host.bodies if body.startswith(marker("six")))
    assert "nothing is lost\n" not in six
    news = [body for body in host.bodies if body.startswith(marker("new"))]
    assert news in ([], [f"{marker('new')}\n`new`: not touched by this pull request any more.\n"])
    assert len(first_lines(host)) == len(set(first_lines(host)))


def test_only_words_change(made: Make, host: CodeHost, repository: Repository) -> None:
    """No preview, and no comment."""
    repository.commit({"README.md": "other\n"})
    jobs = run(made, host, repository)
    assert host.comments == {}
    assert not any(name.startswith("preview ") for name in jobs)


def test_a_fork(made: Make, host: CodeHost, repository: Repository) -> None:
    """Its preview is shown where the run is; it has no secret, no token, and asks the code host nothing."""
    repository.commit({"stacks/Pulumi.six.yaml": MORE})
    jobs = run(made, host, repository, owner="mallory/labs")
    ran = [job for job in jobs.values() if not job.is_skipped]
    shown = [job for job in ran if job.name.startswith("fork")]
    assert [step.name for step in shown[0].steps][-1] in ("Preview", "Show")
    assert marker("six") in shown[0].steps[-1].out
    if host.api == "github":
        assert marker("six") in shown[0].summary
    for step in (step for job in ran for step in job.steps):
        # Forgejo's run has a token to read by, which a private repository needs.
        mine = {name: value for name, value in step.env.items() if step.name != "Check out"}
        assert not {*mine.values()} & {*SECRETS.values(), host.token}
    assert host.requests == []


def test_a_preview_that_fails(made: Make, host: CodeHost, repository: Repository) -> None:
    """The run fails, and the comment says why."""
    repository.commit({"stacks/Pulumi.six.yaml": SIX.replace("cpus: 2", "cpu: 2")})
    jobs = run(made, host, repository, is_well=False)
    assert not all(job.is_well for job in jobs.values())
    assert first_lines(host) == [marker("six")]
    assert "cpus" in host.bodies[0]


def test_a_name_that_no_stack_should_have(made: Make, host: CodeHost, repository: Repository) -> None:
    """It ends the run before anything is called by it."""
    repository.commit({"stacks/Pulumi.$(touch pwned).yaml": NEW})
    jobs = run(made, host, repository, is_well=False)
    assert "rename its file in stacks/" in "".join(map(str, jobs.values()))
    assert host.comments == {}


def run(
    made: Make, host: CodeHost, repository: Repository, owner: str = "", *, is_well: bool = True
) -> Mapping[str, Job]:
    """The preview workflow, for the pull request as it is now; no secret is in what it says."""
    ref, commit = repository.pull(host.number, host.api)
    event = repository.event(host.number, owner or host.repository)
    secrets = {} if owner else SECRETS
    given = {"event_name": "pull_request", "event": event, "ref": ref, "commit": commit, "secrets": secrets}
    jobs = made(repository, host, **given).run("preview.yml")
    told = "\n".join(map(str, jobs.values()))
    assert all(job.is_well for job in jobs.values()) or not is_well, told
    for secret in (*SECRETS.values(), host.token):
        assert secret not in told + "".join(host.bodies)
    return jobs


def first_lines(host: CodeHost) -> list[str]:
    """Of our comments."""
    return [body.split("\n")[0] for author, body in host.comments.values() if author == host.login]


@pytest.mark.parametrize("workflow", ["ci.yml", "preview.yml", "deploy.yml", "drift.yml"])
def test_what_each_must_have(host: CodeHost, workflow: str) -> None:
    """No event that gives a fork secrets, no text of somebody else's in a script, and a limit for each job."""
    folder = ".github" if host.api == "github" else ".forgejo"
    text = (REPOSITORY / folder / "workflows" / workflow).read_text("utf-8")
    assert "pull_request_target" not in text
    assert "workflow_run" not in text
    assert "\npermissions: {}\n" in text
    assert text.count("runs-on:") == text.count("timeout-minutes:")
    scripts = re.findall(r"run: (?:\|\n((?: {10,}.*\n|\n)+)|(.*)\n)", text)
    assert scripts
    assert not [script for script in scripts if "${{" in "".join(script)]
    assert all(re.search(r"@[0-9a-f]{40} # v\d", use) for use in re.findall(r"uses: .*", text))
