"""What the workflows call.

usage: python -m forge affected [--gone] [--plain] BASE HEAD
                                        the stacks that a change touches, or deletes, as JSON or a line each
       python -m forge comment --stack NAME [--on NUMBER] [FILE]   keep a stack's one comment on a pull request
       python -m forge settle --touched STACKS --gone STACKS       and say what is true of those without a preview

FILE, or what is read from standard input, is what `make preview-comment` prints. The rest is told by the environment
that runners set, and by GITHUB_TOKEN, or FORGEJO_TOKEN or GITEA_TOKEN.
"""

import argparse
import json
import os
import sys
from pathlib import Path

from forge import ForgeError, comments, documents, git, names
from forge.affected import affected, gone
from forge.api import Api
from forge.target import target
from forge.web import Web


def main(arguments: list[str]) -> int:
    """Do it; 0, or 1 with one line of what is wrong."""
    parser = argparse.ArgumentParser(prog="python -m forge", description="what the workflows call")
    commands = parser.add_subparsers(dest="command", required=True)
    of_change = commands.add_parser("affected", help="the stacks that a change touches, as JSON")
    of_change.add_argument("--gone", action="store_true", help="those whose config it deletes instead")
    of_change.add_argument("--plain", action="store_true", help="a line each")
    of_change.add_argument("base", help="where the change is to go, or zeros for nothing")
    of_change.add_argument("head", help="the change")
    of_comment = commands.add_parser("comment", help="keep a stack's one comment on a pull request")
    of_comment.add_argument("--stack", required=True)
    of_comment.add_argument("--on", type=int, metavar="NUMBER", help="of an issue; default: the event's pull request")
    of_comment.add_argument("file", nargs="?", default="-", help="what make preview-comment printed; default: stdin")
    of_rest = commands.add_parser("settle", help="say what is true of stacks that have no preview")
    of_rest.add_argument("--touched", required=True, metavar="STACKS", help="what affected prints")
    of_rest.add_argument("--gone", required=True, metavar="STACKS", help="what affected --gone prints")
    given = parser.parse_args(arguments)
    try:
        told = {"affected": _affected, "comment": _comment, "settle": _settle}[given.command](given)
    except ForgeError as error:
        sys.stderr.write(f"error: {error}\n")
        return 1
    sys.stdout.write(told)
    return 0


def _affected(given: argparse.Namespace) -> str:
    changed, before, after = git.changed(given.base, given.head)
    stacks = gone(before, after) if given.gone else affected(changed, before, after)
    return "".join(f"{stack}\n" for stack in stacks) if given.plain else f"{json.dumps(stacks)}\n"


def _comment(given: argparse.Namespace) -> str:
    stack = names.stack(given.stack)
    place = target(os.environ, _read, given.on)
    wrong = None
    try:
        body = comments.text(stack, _read(given.file))
    except ForgeError as error:
        body, wrong = comments.unmade(stack), error
    done = comments.publish(Api(place, Web(place)), stack, body)
    if wrong:
        raise wrong
    return f"{done}: the comment of stack {stack} on {place.repository}#{place.number}\n"


def _settle(given: argparse.Namespace) -> str:
    place = target(os.environ, _read)
    changed = comments.settle(Api(place, Web(place)), _stacks(given.touched), _stacks(given.gone))
    return "".join(f"changed: the comment of stack {stack}\n" for stack in changed) or "ok: nothing else to say\n"


def _stacks(told: str) -> list[str]:
    """As affected prints them: JSON, or a line each."""
    listed = [documents.text(stack) for stack in documents.sequence(documents.of_json(told))]
    is_json = told.lstrip().startswith("[")
    return [names.stack(stack) for stack in (listed if is_json else told.split())]


def _read(file: str) -> str:
    try:
        raw = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    except OSError as error:
        raise ForgeError(f"{file}: must be a readable file, got {error.strerror}") from error
    return raw.decode("utf-8", "replace")


sys.exit(main(sys.argv[1:]))
