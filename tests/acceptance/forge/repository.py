"""This repository as a code host has it: with main, and with a pull request."""

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.acceptance.forge.root import REPOSITORY

ZEROS = "0" * 40


class Repository:
    """Its main is what stands here, with what is not committed yet."""

    def __init__(self, server: Path, name: str, clone: Path) -> None:
        """Make it."""
        self.server = server
        self.bare = server / name
        self.clone = clone
        self.bare.mkdir(parents=True)
        clone.mkdir()
        listed = ["git", "-C", str(REPOSITORY), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        files = subprocess.run(listed, check=True, capture_output=True).stdout
        packed = ["tar", "-C", str(REPOSITORY), "--null", "--ignore-failed-read", "-T", "-", "-cf", "-"]
        tar = subprocess.run(packed, input=files, check=True, capture_output=True).stdout
        subprocess.run(["tar", "-C", str(clone), "-xf", "-"], input=tar, check=True)
        subprocess.run(["git", "init", "-q", "--bare", "-b", "main", str(self.bare)], check=True)
        self.git("init", "-q", "-b", "main")
        self.git("remote", "add", "origin", str(self.bare))
        self.main = self.commit({})
        self.git("push", "-q", "origin", "HEAD:main")

    def git(self, *arguments: str) -> str:
        """In the clone."""
        env = {"PATH": os.environ["PATH"], "HOME": str(self.clone), "GIT_CONFIG_NOSYSTEM": "1"}
        env |= {f"GIT_{who}_{what}": "a@example.org" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
        command = ["git", "-C", str(self.clone), *arguments]
        return subprocess.run(command, env=env, check=True, capture_output=True, text=True).stdout.strip()

    def commit(self, files: Mapping[str, str | None]) -> str:
        """These texts, and those files deleted that have none; the commit."""
        for path, text in files.items():
            if text is None:
                (self.clone / path).unlink()
            else:
                (self.clone / path).write_text(text, "utf-8")
        self.git("add", "-A", "-f")
        self.git("commit", "-q", "--allow-empty", "-m", "change")
        return self.git("rev-parse", "HEAD")

    def pull(self, number: int, api: str) -> tuple[str, str]:
        """Put the clone's commit up as a pull request: the ref and the commit that runs of it have."""
        head = self.git("rev-parse", "HEAD")
        self.git("push", "-q", "-f", "origin", f"{head}:refs/pull/{number}/head")
        if api != "github":
            return f"refs/pull/{number}/head", head
        # Runs on GitHub have what would be merged.
        tree = self.git("rev-parse", f"{head}^{{tree}}")
        merge = self.git("commit-tree", tree, "-p", self.main, "-p", head, "-m", "merge")
        self.git("push", "-q", "-f", "origin", f"{merge}:refs/pull/{number}/merge")
        return f"refs/pull/{number}/merge", merge

    def event(self, number: int, owner: str) -> dict[str, Any]:
        """Of that pull request, from somebody's repository."""
        head = {"sha": self.git("rev-parse", "HEAD"), "ref": "$(touch /tmp/x)", "repo": {"full_name": owner}}
        base = {"sha": self.main, "ref": "main"}
        return {"number": number, "pull_request": {"number": number, "head": head, "base": base}}
