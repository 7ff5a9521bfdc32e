"""Requests to a server that may be slow, busy or broken: tried again as it asks, then one clear line.

By urllib alone: five kinds of requests need no more, and a step that holds a token should depend on little. No redirect
is followed, which would take the token along.
"""

import email.utils
import http.client
import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.message import Message
from typing import cast

from forge import ForgeError, UnsureError, names
from forge.documents import mapping, of_json, sequence, text
from forge.target import Kind, Target

TRIES = 5
PATIENCE = 300.0
"""Seconds that all waits of a run may take together."""
_TIMEOUT = 30.0
_MOST = 32 * 2**20
"""Bytes of an answer."""
_BUSY = 429
_REFUSED = 403
_BROKEN = 500


@dataclass(frozen=True)
class Answer:
    """What a server says."""

    status: int
    headers: Mapping[str, str]
    """By names in lower case."""
    body: bytes = b""

    @property
    def is_busy(self) -> bool:
        """Whether it did nothing, and wants to be asked later: too many requests, also by GitHub's second limit.

        https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api#exceeding-the-rate-limit
        """
        limited = "retry-after" in self.headers or self.headers.get("x-ratelimit-remaining") == "0"
        return self.status == _BUSY or (self.status == _REFUSED and limited)

    def wait(self, otherwise: float, now: float) -> float:
        """Seconds until the server would be asked again."""
        after = self.headers.get("retry-after", "").strip()
        if after.isascii() and after.isdigit():
            return float(after)
        if after:
            try:
                return max(0.0, email.utils.parsedate_to_datetime(after).timestamp() - now)
            except ValueError:
                return otherwise
        reset = self.headers.get("x-ratelimit-reset", "")
        if self.headers.get("x-ratelimit-remaining") == "0" and reset.isascii() and reset.isdigit():
            return max(1.0, float(reset) - now)
        return otherwise


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(
        self, req: urllib.request.Request, fp: object, code: int, msg: str, headers: Message, newurl: str
    ) -> None:
        """Leave the answer as it is."""


class Web:
    """A server, as one token sees it."""

    def __init__(
        self, target: Target, sleep: Callable[[float], None] = time.sleep, now: Callable[[], float] = time.time
    ) -> None:
        """Ask nothing yet."""
        self._target = target
        self._sleep = sleep
        self._now = now
        self._left = PATIENCE
        self._opener = urllib.request.build_opener(_NoRedirect())

    def ask(self, method: str, url: str, document: Mapping[str, str] | None = None) -> Answer:
        """Ask, and ask again while that may help.

        Args:
            method: GET, POST, PATCH or DELETE.
            url: below the API's address.
            document: to be sent as JSON.

        Raises:
            UnsureError: to a POST, it failed or broke off. It is not asked again: what it made can be looked for.
            ForgeError: it stays busy, broken or out of reach.
        """
        if not url.startswith(f"{self._target.api}/"):
            raise ForgeError("the server points to another one, which is not given the token")
        for last in (number == TRIES for number in range(1, TRIES + 1)):
            answer = self._once(method, url, document)
            if isinstance(answer, Answer) and not answer.is_busy and answer.status < _BROKEN:
                return answer
            told = answer if isinstance(answer, str) else self.told(answer)
            may_be_done = not isinstance(answer, Answer) or not answer.is_busy
            if last:
                raise ForgeError(f"{told}; asked {TRIES} times, run the job again later")
            self._wait(answer, told)
            if may_be_done and method == "POST":
                raise UnsureError(told)
        raise AssertionError

    def told(self, answer: Answer) -> str:
        """An answer that is a refusal, in one line without the token."""
        document = mapping(of_json(answer.body))
        errors = [mapping(error) for error in sequence(document.get("errors"))]
        said = [document.get("message"), *(error.get("message") or error.get("code") for error in errors)]
        words = names.one_line(": ".join(text(part) for part in said if part).replace(self._target.token, "***"))
        return f"{self._target.kind.value} answers {answer.status}{f' ({words})' if words else ''}"

    def _wait(self, answer: "Answer | str", told: str) -> None:
        spent = PATIENCE - self._left
        doubled = min(60.0, 1.0 + spent)
        seconds = answer.wait(doubled, self._now()) if isinstance(answer, Answer) else doubled
        if seconds > self._left:
            raise ForgeError(f"{told}, and wants to be left alone for {seconds:.0f} s; run the job again later")
        self._left -= seconds
        self._sleep(seconds)

    def _once(self, method: str, url: str, document: Mapping[str, str] | None) -> "Answer | str":
        """An answer, or why there is none."""
        data = None if document is None else json.dumps(document).encode()
        request = urllib.request.Request(url, data=data, method=method)  # noqa: S310 (http or https: target.py)
        for name, value in self._headers(data).items():
            request.add_unredirected_header(name, value)
        try:
            with self._opener.open(request, timeout=_TIMEOUT) as opened:
                return _answer(cast("http.client.HTTPResponse", opened))
        except urllib.error.HTTPError as error:
            with error:
                return _refusal(error)
        except (urllib.error.URLError, OSError, http.client.HTTPException) as error:
            reason = error.reason if isinstance(error, urllib.error.URLError) else error
            words = names.one_line(str(reason).replace(self._target.token, "***") or type(reason).__name__)
            return f"{self._target.kind.value} at {self._target.api} gives no answer ({words})"

    def _headers(self, data: bytes | None) -> Mapping[str, str]:
        is_github = self._target.kind is Kind.GITHUB
        headers = {
            "Authorization": f"{'Bearer' if is_github else 'token'} {self._target.token}",
            "Accept": "application/vnd.github+json" if is_github else "application/json",
            "User-Agent": "kvmlab",
        }
        if is_github:
            headers["X-GitHub-Api-Version"] = "2022-11-28"
        if data is not None:
            headers["Content-Type"] = "application/json"
        return headers


def _answer(opened: http.client.HTTPResponse) -> Answer:
    body = opened.read(_MOST + 1)
    if len(body) > _MOST:
        raise ForgeError(f"the server's answer must be at most {_MOST} bytes, got more")
    return Answer(opened.status, {name.lower(): value for name, value in opened.headers.items()}, body)


def _refusal(error: urllib.error.HTTPError) -> Answer:
    try:
        body = error.read(_MOST)
    except (OSError, http.client.HTTPException):
        body = b""
    return Answer(error.code, {name.lower(): value for name, value in error.headers.items()}, body)
