"""What Git knows of a change; the only place that asks it."""

import re
import subprocess

from forge import ForgeError, names
from forge.tree import Tree, is_read

_NOTHING = re.compile(r"0{40}|0{64}")
"""What a server calls the commit before a branch's first one."""


def changed(base: str, head: str) -> tuple[list[str], Tree, Tree]:
    """The paths that differ between two commits, or since they parted, and what there is before and after.

    Args:
        base: where the change is to go, or forty zeros for nothing.
        head: the change.

    Raises:
        ForgeError: there is no such commit here, or they have no common one.
    """
    after = _commit(head, "HEAD")
    if _NOTHING.fullmatch(base):
        before = _git("hash-object", "-t", "tree", "--stdin").decode().strip()
    else:
        before = _parting(_commit(base, "BASE"), after)
    paths = _git("diff", "--name-only", "--no-renames", "--no-ext-diff", "-z", before, after)
    return _split(paths), _tree(before), _tree(after)


def _commit(revision: str, what: str) -> str:
    try:
        return _git("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}").decode().strip()
    except subprocess.CalledProcessError as error:
        got = names.one_line(ascii(revision), 100)
        raise ForgeError(f"{what}: must be a commit that is here, got {got}; fetch it (fetch-depth: 0)") from error


def _parting(base: str, head: str) -> str:
    try:
        return _git("merge-base", base, head).decode().split()[0]
    except subprocess.CalledProcessError as error:
        raise ForgeError(
            f"BASE: must have a commit in common with HEAD, got {base[:12]} and {head[:12]}; "
            "fetch the history (fetch-depth: 0)"
        ) from error


def _tree(commit: str) -> Tree:
    """What is read of a commit's files; never from the work tree, where a link may lead anywhere."""
    entries: dict[str, str] = {}
    for line in _split(_git("ls-tree", "-r", "-z", commit)):
        kind, _, path = line.partition("\t")
        mode, _, name = kind.split()
        entries[path] = name if mode.startswith("100") else ""
    wanted = {path: name for path, name in entries.items() if name and is_read(path)}
    # `info size\n`, the text, a line feed, and so on, in the order of the questions.
    answer = _git("cat-file", "--batch", told="".join(f"{name}\n" for name in wanted.values()).encode())
    texts: dict[str, str] = {}
    for path in wanted:
        head, _, answer = answer.partition(b"\n")
        size = int(head.split()[2])
        texts[path], answer = answer[:size].decode("utf-8", "replace"), answer[size + 1 :]
    return Tree(entries, texts)


def _split(told: bytes) -> list[str]:
    return [part.decode("utf-8", "surrogateescape") for part in told.split(b"\0") if part]


def _git(*arguments: str, told: bytes = b"") -> bytes:
    done = subprocess.run(["git", *arguments], input=told, capture_output=True, check=True)  # noqa: S603, S607 (no shell)
    return done.stdout
