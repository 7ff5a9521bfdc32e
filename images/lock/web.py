"""Small texts by HTTP: listings of folders, and files of checksums."""

import http.client
import time
from typing import IO, NamedTuple
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from images.lock import LockError

MOST = 2**20
"""Bytes; the biggest of these files has some ten thousand."""
SECONDS = 30.0


class Page(NamedTuple):
    """A text, and the address at which redirects ended."""

    url: str
    text: str


class Web:
    """What was read once is not asked for again."""

    def __init__(self, seconds: float = SECONDS) -> None:
        self._seconds = seconds
        self._opener = build_opener(_Redirects)
        self._pages: dict[str, Page] = {}

    def read(self, url: str) -> Page:
        """The text at an address.

        Raises:
            LockError: where it cannot be had.
        """
        if url not in self._pages:
            try:
                self._pages[url] = self._get(url)
            except TimeoutError:
                raise LockError(f"must read {url}, got no end of it in {self._seconds:g} s; run again") from None
            except HTTPError as error:
                raise LockError(f"must read {url}, got HTTP {error.code}; look whether it has moved") from None
            except (OSError, http.client.HTTPException, ValueError) as error:
                why = getattr(error, "reason", error)
                if isinstance(why, TimeoutError):
                    why = f"no answer in {self._seconds:g} s"
                raise LockError(f"must read {url}, got {why}; check address and network") from None
        return self._pages[url]

    def _get(self, url: str) -> Page:
        if urlsplit(url).scheme not in ("http", "https"):
            raise LockError(f"must be at an http or https address, got {url!r}; correct it")
        deadline = time.monotonic() + self._seconds
        content = b""
        # Certificates are checked: that is the opener's default.
        with self._opener.open(Request(url, headers={"User-Agent": "kvmlab"}), timeout=self._seconds) as answer:  # noqa: S310
            while piece := answer.read1(2**16):
                content += piece
                if len(content) > MOST:
                    raise LockError(f"must be at most {MOST} bytes at {url}, got more; correct the address")
                # A server that sends a byte now and then meets no time limit of the socket's.
                if time.monotonic() > deadline:
                    raise TimeoutError
            if len(content) < int(answer.headers.get("Content-Length", 0)):
                raise http.client.IncompleteRead(content)
            return Page(answer.geturl(), content.decode("utf-8", "replace"))


class _Redirects(HTTPRedirectHandler):
    """Leads from https nowhere but to https."""

    def redirect_request(
        self, req: Request, fp: IO[bytes], code: int, msg: str, headers: http.client.HTTPMessage, newurl: str
    ) -> Request | None:
        if urlsplit(newurl).scheme not in ("https", req.type):
            raise LockError(f"must lead to https, got {newurl!r} from {req.full_url}; look whether it has moved")
        return super().redirect_request(req, fp, code, msg, headers, newurl)
