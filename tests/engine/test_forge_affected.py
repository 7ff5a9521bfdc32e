"""What Git tells of a change."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ZEROS = "0" * 40
LAB = "config:\n  kvmlab:lab:\n    kind: guests\n"

Git = Callable[..., str]


@pytest.fixture
def git(tmp_path: Path) -> Git:
    """A repository with two stacks, and a way to ask Git of it."""
    env = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "GIT_CONFIG_NOSYSTEM": "1"}
    env |= {f"GIT_{who}_{what}": "a@example.org" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}

    def git(*arguments: str) -> str:
        return subprocess.run(
            ["git", *arguments], cwd=tmp_path, env=env, check=True, capture_output=True, text=True
        ).stdout

    git("init", "-q", "-b", "main")
    files = {"stacks/Pulumi.a.yaml": LAB, "stacks/Pulumi.b.yaml": LAB, "stacks/guests.py": "", "README.md": ""}
    for path, text in files.items():
        write(tmp_path, path, text)
    git("add", ".")
    git("commit", "-q", "-m", "first")
    return git


def write(at: Path, path: str, text: str) -> None:
    """A file, and the folder that it is in."""
    (at / path).parent.mkdir(parents=True, exist_ok=True)
    (at / path).write_text(text, "utf-8")


def ask(at: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """As a workflow does."""
    env = {"PATH": os.environ["PATH"], "HOME": str(at), "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "forge", "affected", *arguments]
    return subprocess.run(command, cwd=at, env=env, capture_output=True, text=True, check=False)


def told(at: Path, *arguments: str) -> list[str]:
    """The stacks that it names."""
    done = ask(at, *arguments)
    assert (done.returncode, done.stderr) == (0, "")
    return json.loads(done.stdout)


def test_a_branch(git: Git, tmp_path: Path) -> None:
    """Since it left, whatever came to main meanwhile; names may be of any letters."""
    git("switch", "-q", "-c", "change")
    write(tmp_path, "stacks/Pulumi.b.yaml", f"{LAB}    guests: {{web: {{}}}}\n")
    write(tmp_path, "docs/ä\n.md", "")
    git("rm", "-q", "stacks/Pulumi.a.yaml")
    git("add", ".")
    git("commit", "-q", "-m", "change")
    git("switch", "-q", "main")
    write(tmp_path, "stacks/guests.py", "# all\n")
    git("commit", "-q", "-a", "-m", "main")
    assert told(tmp_path, "main", "change") == ["b"]
    assert told(tmp_path, "--gone", "main", "change") == ["a"]
    assert told(tmp_path, "main~1", "main") == ["a", "b"]
    assert told(tmp_path, "main", "main") == []
    assert told(tmp_path, ZEROS, "main") == ["a", "b"]


def test_a_link_is_not_followed(git: Git, tmp_path: Path) -> None:
    """A stack's file that is a link to something else is nothing that can be read: it may need anything."""
    (tmp_path / "stacks" / "Pulumi.c.yaml").symlink_to("/etc/passwd")
    write(tmp_path, "cloud-init/x.yaml", "")
    git("add", ".")
    git("commit", "-q", "-m", "link")
    write(tmp_path, "cloud-init/x.yaml", "a: 1\n")
    git("commit", "-q", "-a", "-m", "layer")
    assert told(tmp_path, "main~1", "main") == ["c"]


@pytest.mark.parametrize("revision", ["nothing", "-x", "--output=/tmp/x", "a" * 40, "main\nmain", "$(true)", ""])
def test_no_such_commit(git: Git, tmp_path: Path, revision: str) -> None:
    """One line, and no option of Git's."""
    git("tag", "v1")
    for arguments in (("--", revision, "main"), ("--", "main", revision)):
        done = ask(tmp_path, *arguments)
        assert (done.returncode, done.stdout) == (1, "")
        assert done.stderr.count("\n") == 1
        assert "must be a commit that is here, got " in done.stderr


def test_no_history(git: Git, tmp_path: Path) -> None:
    """Two commits that have none in common: a clone without history, say."""
    git("checkout", "-q", "--orphan", "other")
    git("commit", "-q", "-m", "other")
    done = ask(tmp_path, "main", "other")
    assert (done.returncode, done.stdout) == (1, "")
    assert "must have a commit in common with HEAD" in done.stderr


def test_this_repository() -> None:
    """Its own stacks are found, and each by its name."""
    done = ask(ROOT, ZEROS, "HEAD")
    names = {file.name.split(".")[1] for file in (ROOT / "stacks").glob("Pulumi.*.yaml")}
    assert names >= {*json.loads(done.stdout)} >= {"quickstart", "six"}
