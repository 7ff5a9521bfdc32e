"""Says of stacks what a preview says before it asks a host: `python -m stacks.lint [STACK...]`, all of stacks/ without.

No engine, no host, no credentials and no passphrase: what is encrypted stays so, and is looked at by its name alone.
Exit status: 1 where a preview would be refused.
"""

import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from components.errors import ConfigError, KvmLabError, Problem
from stacks import manifests, policy, seeds
from stacks.config import Lab
from stacks.config import file as stack_files
from stacks.config.file import StackFile
from stacks.config.problems import meant
from stacks.secrets import how_to_set, in_the_clear, unknown

STACKS = Path(__file__).parent
COUNTED = (("error", "errors"), ("warning", "warnings"), ("note", "notes"), ("waived", "waived"))


class Line(NamedTuple):
    """A line of the report, or several of one error."""

    kind: str
    """error, warning, note or waived."""
    text: str
    number: int = 1
    """How many problems it tells."""


def look(path: Path) -> list[Line]:
    """All that is to be said of a stack, by its file; the worst first."""
    if not path.is_file():
        return [_absent(path)]
    try:
        found = stack_files.read(path)
        lab = found.lab()
        problems, bare = _secrets(found)
        names = found.secrets()
        problems += manifests.problems(lab)
        if lab.guests:
            problems += [*seeds.problems(lab, names), *unknown(_screens(lab), lab.stack, names)]
        verdict = policy.judge(lab, seeds.documents(lab) if lab.guests else {})
        if problems := [*problems, *verdict.errors]:
            raise ConfigError(lab.stack, problems)
    except KvmLabError as error:
        return [Line("error", str(error), len(error.problems))]
    told = [
        *(("warning", problem) for problem in (*verdict.warnings, *bare)),
        *(("note", problem) for problem in verdict.notes),
        *(("waived", Problem(finding.path, f"{finding.rule}: {reason}")) for finding, reason in verdict.waived),
    ]
    return [Line(kind, f"stack {lab.stack}: {where}: {message}") for kind, (where, message) in told]


def _all() -> list[Path]:
    return sorted(STACKS.glob("Pulumi.*.yaml"))


def _absent(path: Path) -> Line:
    name, *names = (each.name.removeprefix("Pulumi.").removesuffix(".yaml") for each in (path, *_all()))
    message = f"must be the file of a stack, got none; {meant(name, names)}"
    return Line("error", str(KvmLabError(f"stack {name}", "its file", [Problem(f"stacks/{path.name}", message)])))


def _secrets(found: StackFile) -> tuple[list[Problem], list[Problem]]:
    """What stands beside the lab and must be encrypted: what no run takes, and what any would."""
    refused = [in_the_clear(found.stack) for is_refused in found.in_the_clear().values() if is_refused]
    bare = [
        Problem(where, f"should be secret, got plain text; {_how_to_set(found.stack, where)}")
        for where, is_refused in found.in_the_clear().items()
        if not is_refused
    ]
    return refused, bare


def _how_to_set(stack: str, where: str) -> str:
    if where == "seed":
        return f"set another with: openssl rand -hex 32 | pulumi config set --stack {stack} --secret seed"
    return how_to_set(stack, where.removeprefix("secrets."))


def _screens(lab: Lab) -> Iterable[tuple[str, str]]:
    """Where the passwords of screens are named; what they are, only a run can tell."""
    named = ((f"{guest.path}.console.password", guest.console.password) for guest in lab.guests)
    return dict.fromkeys((where, name) for where, name in named if name)


def main(arguments: Sequence[str]) -> int:
    """Look at stacks by their names or files, and print one report."""
    names = [Path(each).name.removeprefix("Pulumi.").removesuffix(".yaml") for each in arguments]
    files = [STACKS / f"Pulumi.{name}.yaml" for name in dict.fromkeys(names)] or _all()
    lines = [line for file in files for line in look(file)]
    sys.stdout.writelines(f"{line.kind}: {line.text}\n" for line in lines)
    counts = {kind: sum(line.number for line in lines if line.kind == kind) for kind, _ in COUNTED}
    told = [f"{counts[one]} {one if counts[one] == 1 else many}" for one, many in COUNTED if counts[one]]
    sys.stdout.write(f"{len(files)} stack{'' if len(files) == 1 else 's'}: {', '.join(told) or 'nothing found'}\n")
    return 1 if counts["error"] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
