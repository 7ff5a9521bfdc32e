"""Puts a backup in the place of a stack's state that is damaged or was emptied.

usage: python toolchain/lib/restore.py STACK [FILE]

FILE is a checkpoint of Pulumi's (from `.pulumi/history` or `.pulumi/backups` of a backend) or a `pulumi stack export`.
Without one, and where the backend is a directory, the newest is taken that is whole and has a lab in it. Nothing on a
host is touched.
"""

import gzip
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import unquote, urlsplit

ROOT = Path(__file__).resolve().parents[2]
GZIP = b"\x1f\x8b"


class Backup(NamedTuple):
    """One that could be put back."""

    time: str
    file: Path
    deployment: Mapping[str, Any]
    version: int


class RestoreError(Exception):
    """Why nothing was put back."""


def deployment(data: bytes) -> tuple[int, Mapping[str, Any]]:
    """Version and content of a checkpoint or an export.

    Raises:
        RestoreError: it is none, or not whole.
    """
    try:
        read = json.loads(gzip.decompress(data) if data.startswith(GZIP) else data)
        content = read["deployment"] if "deployment" in read else read["checkpoint"]["latest"]
        version = read["version"]
    except (OSError, EOFError, ValueError, KeyError, TypeError) as error:
        raise RestoreError(f"cannot be read ({error})") from error
    if not isinstance(content, dict):
        raise RestoreError("holds no resources")
    seen: set[str] = set()
    for resource in content.get("resources") or []:
        urn, parent = resource.get("urn", ""), resource.get("parent")
        if urn in seen and not resource.get("delete"):
            raise RestoreError(f"holds {urn} twice")
        if parent and parent not in seen:
            raise RestoreError(f"holds {urn} without its parent")
        if not resource.get("delete"):
            seen.add(urn)
    return version, content


def has_lab(content: Mapping[str, Any]) -> bool:
    """Whether there is more in it than what Pulumi adds by itself, also to a run that was refused."""
    return any(not resource["type"].startswith("pulumi:") for resource in content.get("resources") or [])


def backups(pulumi: Path, project: str, stack: str) -> list[Backup]:
    """Those that a directory of Pulumi's holds and that are whole, newest first."""
    found: list[Backup] = []
    for file in _files(pulumi, project, stack):
        try:
            version, content = deployment(file.read_bytes())
        except RestoreError:
            continue
        if has_lab(content):
            found.append(Backup(content["manifest"]["time"], file, content, version))
    return sorted(found, key=lambda backup: backup.time, reverse=True)


def _files(pulumi: Path, project: str, stack: str) -> Iterator[Path]:
    yield from pulumi.glob(f"stacks/{project}/{stack}.json*.bak")
    yield from pulumi.glob(f"history/{project}/{stack}/*.checkpoint.json*")
    yield from pulumi.glob(f"backups/{project}/{stack}/*.json*")


def chosen(stack: str, given: str | None) -> Backup:
    """The backup to put back.

    Raises:
        RestoreError: there is none, or nothing needs one.
    """
    if given:
        try:
            version, content = deployment(Path(given).read_bytes())
        except OSError as error:
            raise RestoreError(f"FROM: must be a file that can be read, got {given!r} ({error.strerror})") from error
        except RestoreError as error:
            raise RestoreError(f"FROM: must be a whole state, got {given!r}, which {error}; choose another") from error
        return Backup(content.get("manifest", {}).get("time", "an unknown time"), Path(given), content, version)
    url = urlsplit(os.environ["PULUMI_BACKEND_URL"])
    project = re.findall(r"^name:\s*(\S+)", (ROOT / "Pulumi.yaml").read_text("utf-8"), re.MULTILINE)[0]
    if url.scheme != "file":
        raise RestoreError(
            f"FROM: must be told where the state is in a bucket, got nothing; copy the newest of .pulumi/history/"
            f"{project}/{stack}/*.checkpoint.json from there: make restore STACK={stack} FROM=that-file"
        )
    pulumi = Path(os.path.expanduser(unquote(url.netloc + url.path))) / ".pulumi"  # noqa: PTH111 (of a URL)
    _keep_aside(pulumi, project, stack)
    found = backups(pulumi, project, stack)
    if not found:
        raise RestoreError(f"stack {stack}: must have a backup that is whole, got none in {pulumi}; see {HOW_TO}")
    return found[0]


HOW_TO = "docs/how-to/share-state.md"


def _keep_aside(pulumi: Path, project: str, stack: str) -> None:
    """Refuse to replace what needs no replacing, and keep what does."""
    state = next(iter(pulumi.glob(f"stacks/{project}/{stack}.json")), None)
    if state is None:
        return
    data = state.read_bytes()
    try:
        _, content = deployment(data)
    except RestoreError:
        pass
    else:
        if has_lab(content):
            raise RestoreError(
                f"stack {stack}: must need a backup, got a whole state; to go back all the same: FROM=file"
            )
    kept = ROOT / ".kvmlab" / f"damaged-{stack}-{time.strftime('%Y%m%d-%H%M%S')}.json"
    kept.write_bytes(data)
    kept.chmod(0o600)
    sys.stdout.write(f"note: what was there is kept as {kept}\n")


def put_back(stack: str, backup: Backup) -> None:
    """Import it, which takes the stack's lock.

    Raises:
        RestoreError: Pulumi does not take it.
    """
    text = json.dumps({"version": backup.version, "deployment": backup.deployment})
    command = ["pulumi", "stack", "import", "--stack", stack]
    done = subprocess.run(command, cwd=ROOT, input=text, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        raise RestoreError(done.stderr.strip().removeprefix("error: "))


def main(stack: str, given: str | None = None) -> int:
    """Put it back, and say which."""
    try:
        backup = chosen(stack, given)
        put_back(stack, backup)
    except RestoreError as error:
        sys.stderr.write(f"error: {error}\n")
        return 1
    resources = len(backup.deployment.get("resources") or [])
    sys.stdout.write(
        f"changed: {stack} has the state of {backup.time} again, {resources} resources, from {backup.file}\n"
    )
    sys.stdout.write(f"look at what differs from it: make preview STACK={stack}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(*(argument for argument in sys.argv[1:] if argument)))
