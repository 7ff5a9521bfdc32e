"""Run a workflow's jobs and their steps by what its YAML says, with what a runner adds.

Steps that use actions/checkout get what that does: the commit of the run, and no credentials. All else is as it stands.
"""

import itertools
import json
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from tests.acceptance.forge import expressions
from tests.acceptance.forge.root import HOME, REPOSITORY, SERVER, TOOLS, Root
from tests.forges.server import CodeHost

CHECKOUT = "actions/checkout@de0fac2e4500dabe0009e67214ff5f5447ce83dd"


@dataclass
class Step:
    """One that ran."""

    name: str
    env: Mapping[str, str]
    """What the workflow gives it, and a runner."""
    status: int
    out: str
    err: str


@dataclass
class Job:
    """One that ran, or was skipped."""

    name: str
    is_skipped: bool = False
    steps: list[Step] = field(default_factory=list[Step])
    outputs: dict[str, str] = field(default_factory=dict[str, str])
    summary: str = ""

    @property
    def is_well(self) -> bool:
        """Whether all its steps ended well."""
        return not any(step.status for step in self.steps)

    def __str__(self) -> str:
        """What it printed, for whom a test fails."""
        told = [f"[{step.status}] {step.name}\n{step.out}{step.err}" for step in self.steps]
        return "\n".join([f"job {self.name}{' skipped' if self.is_skipped else ''}", *told])


@dataclass
class Runner:
    """One code host's, for one event."""

    directory: Path
    server: Path
    """Repositories."""
    host: CodeHost
    event_name: str
    event: Mapping[str, Any]
    ref: str
    commit: str
    vars: Mapping[str, str] = field(default_factory=dict[str, str])
    secrets: Mapping[str, str] = field(default_factory=dict[str, str])
    inputs: Mapping[str, str] = field(default_factory=dict[str, str])
    base: Path = Path("/")
    is_host: bool = False
    """Whether its jobs make labs on this machine."""

    def call(self, name: str, script: str, env: Mapping[str, str]) -> Step:
        """Run a script of a test's own as a job's only step."""
        root = Root(self.directory / name, self.server, self.base, self.is_host)
        root.make()
        self._check_out(root)
        done = root.run(script, {**self._runner_env(), **env}, ["bash", "-e"])
        return Step(name, env, done.returncode, done.stdout, done.stderr)

    def run(self, workflow: str) -> dict[str, Job]:
        """All jobs in the order of what they need, by name, with the matrix's value behind a space."""
        folder = ".github" if self.host.api == "github" else ".forgejo"
        document = yaml.safe_load((REPOSITORY / folder / "workflows" / workflow).read_text("utf-8"))
        done: dict[str, Job] = {}
        for key, job in document["jobs"].items():
            needs = [done[name] for name in ([job["needs"]] if "needs" in job else [])]
            of_needs = {need.name: {"outputs": need.outputs} for need in needs}
            contexts = {**self._contexts, "needs": of_needs, "matrix": {}, "steps": {}}
            wanted = expressions.value(str(job.get("if", "'yes'")).strip(), contexts)
            if any(need.is_skipped or not need.is_well for need in needs) or not wanted:
                done[key] = Job(key, is_skipped=True)
                continue
            matrix = job.get("strategy", {}).get("matrix", {})
            for values in _product({name: expressions.single(told, contexts) for name, told in matrix.items()}):
                name = " ".join([key, *values.values()])
                done[name] = self._job(name, document, job, {**contexts, "matrix": values})
        return done

    @property
    def _contexts(self) -> Mapping[str, Any]:
        github = {
            "event": self.event,
            "event_name": self.event_name,
            "ref": self.ref,
            "repository": self.host.repository,
            "sha": self.commit,
            "token": self.host.token,
        }
        return {"github": github, "vars": self.vars, "secrets": self.secrets, "inputs": self.inputs}

    def _job(self, name: str, document: Mapping[str, Any], job: Mapping[str, Any], contexts: Mapping[str, Any]) -> Job:
        root = Root(self.directory / name.replace(" ", "-"), self.server, self.base, self.is_host)
        root.make()
        made = Job(name)
        ids: dict[str, Any] = {}
        for number, step in enumerate(job["steps"]):
            seen = {**contexts, "steps": ids}
            is_for_all_ends = "cancelled()" in str(step.get("if", ""))
            told = expressions.single(f"${{{{ {_bare(step.get('if', chr(39) + 'yes' + chr(39)))} }}}}", seen)
            if not told or not (made.is_well or is_for_all_ends):
                continue
            if "uses" in step:
                assert step["uses"] == CHECKOUT
                assert step["with"]["persist-credentials"] is False
                self._check_out(root)
                continue
            files = self._files(root, number)
            given = {**document.get("env", {}), **job.get("env", {}), **step.get("env", {})}
            env = self._runner_env() | {key: f"/tmp/{file.name}" for key, file in files.items()}  # noqa: S108 (its own)
            env |= {key: expressions.filled(str(value), seen) for key, value in given.items()}
            # As GitHub starts a step that names no shell, and Forgejo's and Gitea's runners.
            done = root.run(step["run"], env, ["bash", "-e"])
            made.steps.append(Step(step.get("name", ""), env, done.returncode, done.stdout, done.stderr))
            if "id" in step:
                lines = files["GITHUB_OUTPUT"].read_text("utf-8").splitlines()
                ids[step["id"]] = {"outputs": dict(line.split("=", 1) for line in lines)}
            made.summary += files["GITHUB_STEP_SUMMARY"].read_text("utf-8")
        outputs = {
            key: expressions.filled(value, {**contexts, "steps": ids}) for key, value in job.get("outputs", {}).items()
        }
        made.outputs.update(outputs)
        return made

    def _runner_env(self) -> dict[str, str]:
        # As a runner's own setup of Go has it.
        go = shutil.which("go")
        path = [str(Path(go).resolve().parent)] if go else []
        env = {
            "CI": "true",
            "GITHUB_ACTIONS": "true",
            "GITHUB_EVENT_NAME": self.event_name,
            "GITHUB_REF": self.ref,
            "GITHUB_SERVER_URL": f"file://{SERVER}",
            "GITHUB_SHA": self.commit,
            "GITHUB_WORKSPACE": str(TOOLS),
            "HOME": HOME,
            "LANG": "C.UTF-8",
            "PATH": ":".join([*path, "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"]),
        }
        of_host = {k: v for k, v in self.host.environment.items() if not k.endswith("TOKEN")}
        return env | of_host

    def _files(self, root: Root, number: int) -> dict[str, Path]:
        """What a runner reads after a step, and the event."""
        files: dict[str, Path] = {}
        for key in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY", "GITHUB_EVENT_PATH"):
            files[key] = root.job / "tmp" / f"{key.lower()}-{number}"
            files[key].write_text(json.dumps(self.event) if key == "GITHUB_EVENT_PATH" else "", "utf-8")
        return files

    def _check_out(self, root: Root) -> None:
        url = f"file://{self.server}/{self.host.repository}"
        git = ["git", "-C", str(root.workspace)]
        for command in (
            ["init", "-q"],
            ["fetch", "-q", url, "+refs/heads/*:refs/remotes/origin/*", f"+{self.ref}:refs/run"],
            ["checkout", "-q", "--detach", self.commit],
        ):
            subprocess.run([*git, *command], check=True, capture_output=True)


def _bare(condition: str) -> str:
    return condition.strip().removeprefix("${{").removesuffix("}}").strip()


def _product(matrix: Mapping[str, Any]) -> Iterator[dict[str, str]]:
    for values in itertools.product(*matrix.values()):
        yield dict(zip(matrix, values, strict=True))
