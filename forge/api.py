"""The comments of an issue or pull request, as GitHub, Forgejo and Gitea have them.

https://docs.github.com/en/rest/issues/comments
Forgejo and Gitea: /api/swagger of any instance.
"""

import re
from collections.abc import Iterator, Sequence
from typing import cast

from forge import ForgeError
from forge.comments import Comment
from forge.documents import mapping, number, of_json, sequence, text
from forge.target import Kind, Target
from forge.web import Answer, Web

_NEXT = re.compile(r'<([^<>]+)>\s*;[^,]*\brel="next"')
_AUTOMATIC = {
    Kind.GITHUB: frozenset({"github-actions[bot]"}),
    Kind.FORGEJO: frozenset({"forgejo-actions", "gitea-actions"}),
}
"""Who speaks by a job's own token, which may not ask that itself. Nobody else can have these names."""
_OK, _CREATED, _NO_CONTENT, _MULTIPLE = 200, 201, 204, 300
_UNKNOWN, _REFUSED, _MISSING, _GONE, _LOCKED = 401, 403, 404, 410, 423
_PAGES = 100


class Api:
    """One issue's comments."""

    def __init__(self, target: Target, web: Web) -> None:
        """Ask nothing yet."""
        self._target = target
        self._web = web
        self._repository = f"{target.api}/repos/{target.repository}"
        self._comments = f"{self._repository}/issues/{target.number}/comments"

    def authors(self) -> frozenset[str]:
        """Whose comments are ours."""
        answer = self._web.ask("GET", f"{self._target.api}/user")
        if answer.status == _OK:
            return frozenset({text(mapping(of_json(answer.body)).get("login"))} - {""})
        if answer.status in (_REFUSED, _MISSING):
            return _AUTOMATIC[self._target.kind]
        raise self._refused(answer, "say whose the token is")

    def comments(self) -> list[Comment]:
        """All of them."""
        # Forgejo gives all at once, and knows no pages here.
        query = "?per_page=100" if self._target.kind is Kind.GITHUB else ""
        return [_comment(found) for page in self._pages(f"{self._comments}{query}") for found in page]

    def create(self, body: str) -> None:
        """Make one.

        Raises:
            UnsureError: it may be there.
        """
        answer = self._web.ask("POST", self._comments, {"body": body})
        if answer.status != _CREATED:
            raise self._refused(answer, "comment")

    def edit(self, identity: int, body: str) -> bool:
        """Give one another text; false where it is not there any more."""
        return self._is_done("PATCH", identity, {"body": body})

    def delete(self, identity: int) -> bool:
        """Take one away; false where it was not there any more."""
        return self._is_done("DELETE", identity, None)

    def _is_done(self, method: str, identity: int, document: dict[str, str] | None) -> bool:
        answer = self._web.ask(method, f"{self._repository}/issues/comments/{identity}", document)
        if answer.status in (_MISSING, _GONE):
            return False
        if not _OK <= answer.status < _MULTIPLE:
            raise self._refused(answer, "change its comment")
        return True

    def _pages(self, url: str) -> Iterator[Sequence[object]]:
        for _ in range(_PAGES):
            answer = self._web.ask("GET", url)
            if answer.status != _OK:
                raise self._refused(answer, "read the comments")
            page = of_json(answer.body)
            if not isinstance(page, list):
                raise ForgeError(f"{self._target.kind.value} answers no list of comments; is GITHUB_API_URL its API?")
            yield sequence(cast("object", page))
            following = _NEXT.search(answer.headers.get("link", ""))
            if not following:
                return
            url = following[1]
        raise ForgeError(f"#{self._target.number} has more than {_PAGES} pages of comments; open another")

    def _refused(self, answer: Answer, what: str) -> ForgeError:
        hints = {
            _UNKNOWN: "; the token is not valid, or no longer",
            _REFUSED: "; give the job `permissions: pull-requests: write`"
            if self._target.kind is Kind.GITHUB
            else "; the token may not write here, as that of a fork's run",
            _MISSING: f"; is #{self._target.number} there, and may the token see {self._target.repository}?",
            _LOCKED: "; the repository is archived",
        }
        place = f"{self._target.repository}#{self._target.number}"
        return ForgeError(f"{place}: cannot {what}: {self._web.told(answer)}{hints.get(answer.status, '')}")


def _comment(found: object) -> Comment:
    comment = mapping(found)
    identity = number(comment.get("id"))
    if identity is None:
        raise ForgeError("the server answers a comment without an id; is GITHUB_API_URL its API?")
    # A user who is gone is null on GitHub.
    return Comment(identity, text(mapping(comment.get("user")).get("login")), text(comment.get("body")))
