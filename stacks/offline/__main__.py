"""Run a command beside a copy of a stack, in which it can ask no host, knows no secret, and changes nothing.

usage: python -m stacks.offline STACK [--state FILE] [--base COMMIT] -- COMMAND...

Without a file, the state is that of the stack's own backend, if it has one. The commit is what that state was made of:
by it, what is hidden in cloud-init can be compared. Exit status: the command's.
"""

import gzip
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import unquote, urlsplit

from stacks.offline import base, copies
from stacks.offline.program import BASE, REFUSED, SOURCE, STATE
from stacks.offline.words import VARIABLE, OfflineError

ROOT = Path(__file__).parents[2]
NOTHING: copies.Json = {"resources": []}
CHANGING = {"up", "update", "destroy", "down", "refresh", "import", "watch", "cancel", "state"}
"""What Pulumi, or `make`, calls what is no preview: of a copy, a destroy would remove the lab itself."""


def main(stack: str, *arguments: str) -> int:
    """Make the copy, run the command, and forget the copy."""
    at = arguments.index("--")
    options = dict(zip(arguments[:at:2], arguments[1:at:2], strict=True))
    command = arguments[at + 1 :]
    try:
        _only_looks(stack, command)
        config = _read(ROOT / "stacks" / f"Pulumi.{stack}.yaml", f"STACK={stack}")
    except OfflineError as error:
        sys.stderr.write(f"error: {error}\n")
        return 1
    with TemporaryDirectory(prefix="kvmlab-offline-") as directory:
        root, project = Path(directory), copies.project(ROOT)
        held, source = prepared(root, project, stack, options)
        own = _copy(root, (project, stack), held, config, source)
        return subprocess.run(command, env=own, check=False).returncode  # noqa: S603 (the caller's)


def prepared(root: Path, project: str, stack: str, options: Mapping[str, str]) -> tuple[copies.Json, str]:
    """What the state holds and where it is from, with what the base was beside; why not is left to the program to tell.

    So that it is told where the preview would be: in a pull request's comment, say.
    """
    try:
        text, where, source = _state(stack, project, options.get("--state"))
        held: copies.Json = copies.deployment(text, where, project, stack) if where else NOTHING
        if commit := options.get("--base"):
            base.fetch(ROOT, commit, stack, root / BASE)
    except OfflineError as error:
        (root / REFUSED).write_text(str(error), "utf-8")
        return NOTHING, ""
    return held, source


def _only_looks(stack: str, command: Sequence[str]) -> None:
    # A stack may be called so, too.
    if wrong := [word for word in command if word in CHANGING and command.count(word) > (word == stack)]:
        raise OfflineError(f"OFFLINE: is for previews alone, got {wrong[0]!r}; leave it out")


def _copy(root: Path, whose: tuple[str, str], held: copies.Json, config: str, source: str) -> dict[str, str]:
    """Write the copy of a stack, and tell the environment in which Pulumi and the program know no other."""
    project, stack = whose
    state = copies.checkpoint(held, stack, project)
    kept = root / ".pulumi" / "stacks" / project
    kept.mkdir(parents=True)
    (root / ".pulumi" / "meta.yaml").write_text("version: 1\n", "utf-8")
    (kept / f"{stack}.json").write_text(state, "utf-8")
    (root / STATE).write_text(state, "utf-8")
    (root / SOURCE).write_text(source, "utf-8")
    (root / "config.yaml").write_text(copies.config(config), "utf-8")
    own = {key: value for key, value in os.environ.items() if key != "PULUMI_CONFIG_PASSPHRASE_FILE"}
    return own | {
        "PULUMI_BACKEND_URL": f"file://{root}?metadata=skip",
        "PULUMI_CONFIG_PASSPHRASE": copies.PASSPHRASE,
        "PULUMI_OPTION_CONFIG_FILE": str(root / "config.yaml"),
        VARIABLE: str(root),
    }


def _state(stack: str, project: str, file: str | None) -> tuple[str, str, str]:
    """The state's text, empty where there is none; how messages call it, and how the preview does."""
    if file:
        where = f"STATE={file}"
        return _read(Path(file), where), where, "the state that was given"
    url = os.environ.get("PULUMI_BACKEND_URL", "")
    if url.startswith("file://"):
        kept = Path(unquote(urlsplit(url).path)) / ".pulumi" / "stacks" / project / f"{stack}.json"
        for each in (kept, kept.with_suffix(".json.gz")):
            if each.is_file():
                return _read(each, str(each)), str(each), "the state of this checkout"
        return "", "", "no state: nothing has been made yet, as far as is known here"
    command = ["pulumi", "stack", "export", "--stack", stack, "--non-interactive"]
    told = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)  # noqa: S603 (no shell)
    if told.returncode:
        reason = told.stderr.strip().splitlines()[-1:] or ["no answer"]
        raise OfflineError(f"STATE: must be given where the backend cannot be read, got {reason[0]!r}")
    return told.stdout, f"the state at {url}", "the state of its backend"


def _read(file: Path, where: str) -> str:
    try:
        content = file.read_bytes()
        return (gzip.decompress(content) if file.suffix == ".gz" else content).decode()
    except FileNotFoundError:
        raise OfflineError(f"{where}: must be there, got no file {file}") from None
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise OfflineError(f"{where}: must be text that can be read, got {error}") from None


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
