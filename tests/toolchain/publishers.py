"""A server that plays the publishers of guest images: their folders, listings and files of checksums."""

import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from typing import NamedTuple
from urllib.parse import urljoin, urlsplit

from images.lock.catalogue import Pin
from images.lock.streams import fill

APACHE = """\
<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 3.2 Final//EN">
<html><head><title>Index of {folder}</title></head><body><h1>Index of {folder}</h1><table>
<tr><th><a href="?C=N;O=D">Name</a></th><th><a href="?C=M;O=A">Last modified</a></th></tr>
<tr><td><img src="/icons/back.gif" alt="[PARENTDIR]"></td><td><a href="/">Parent Directory</a></td></tr>
{rows}</table></body></html>
"""
APACHE_ROW = '<tr><td><img src="/icons/unknown.gif" alt="[   ]"></td><td><a href="{name}">{name}</a></td></tr>\n'
NGINX = """\
<html>\r
<head><title>Index of {folder}</title></head>\r
<body>\r
<h1>Index of {folder}</h1><hr><pre><a href="../">../</a>\r
{rows}</pre><hr></body>\r
</html>\r
"""
NGINX_ROW = '<a href="{name}">{name}</a>          12-Jul-2026 00:10       -\r\n'
GNU, GNU_BINARY, BSD = "{digest}  {name}\n", "{digest} *{name}\n", "# {name}: 1 bytes\n{kind} ({name}) = {digest}\n"


class Publisher(NamedTuple):
    """How one writes listings and checksums, by what is known of it."""

    listing: str
    row: str
    checksums: str


DEBIAN = Publisher(APACHE, APACHE_ROW, GNU)
UBUNTU = Publisher(APACHE, APACHE_ROW, GNU_BINARY)
FEDORA = Publisher(APACHE, APACHE_ROW, BSD)
ROCKY = Publisher(NGINX, NGINX_ROW, BSD)
ARCH = Publisher(NGINX, NGINX_ROW, GNU)
PUBLISHERS = {
    "cloud.debian.org": DEBIAN,
    "cloud-images.ubuntu.com": UBUNTU,
    "download.fedoraproject.org": FEDORA,
    "dl.fedoraproject.org": FEDORA,
    "dl.rockylinux.org": ROCKY,
    "repo.almalinux.org": ARCH,
    "geo.mirror.pkgbuild.com": ARCH,
    "download.opensuse.org": ARCH,
}
"""By the host; this server has each in a folder of that name."""

Answer = Callable[["Handler"], None]


class Site:
    """What the publishers have."""

    def __init__(self, base: str) -> None:
        self.base = base
        self.files: dict[str, str] = {}
        """Texts by their paths; folders are what lies in them."""
        self.odd: dict[str, Answer] = {}
        """Paths that are answered otherwise."""
        self.asked: list[str] = []

    def here(self, catalogue: str) -> str:
        """A catalogue whose publishers are all here."""
        return catalogue.replace("https://", f"{self.base}/")

    def publish(self, pin: Pin, versions: dict[str, str], digest: str) -> str:
        """Give an image its line in its file of checksums, which makes its folder too; returns the image's address."""
        url = fill(pin.stream, pin.known | versions)
        name = url.rpartition("/")[2]
        sums = urlsplit(urljoin(url, fill(pin.checksums, pin.known | versions | {"file": name}))).path
        form = self.publisher(sums).checksums
        line = form.format(name=name, digest=digest, kind=pin.algorithm.upper())
        self.files[sums] = self.files.get(sums, "") + line
        self.files[urlsplit(url).path] = ""
        return url

    def publisher(self, path: str) -> Publisher:
        """Whose a path is."""
        return PUBLISHERS[path.split("/")[1]]

    def listing(self, folder: str) -> str | None:
        """A folder, as its server shows it; latest links are in it, which `make lock-images` is to pass over."""
        inside = [path.removeprefix(folder) for path in self.files if path.startswith(folder)]
        if not inside:
            return None
        names = {f"{name}/" if rest else name for name, rest in ((p.partition("/")[0], "/" in p) for p in inside)}
        page, row, _ = self.publisher(folder)
        rows = "".join(row.format(name=name) for name in sorted({*names, "latest/", "release/", "daily/", "SUMS.gpg"}))
        return page.format(folder=folder, rows=rows)


class Handler(BaseHTTPRequestHandler):
    """Answers from a site."""

    site: Site

    def do_GET(self) -> None:
        """One file or folder."""
        self.site.asked.append(self.path)
        if answer := self.site.odd.get(self.path):
            answer(self)
            return
        text = self.site.listing(self.path) if self.path.endswith("/") else self.site.files.get(self.path)
        self.send(404 if text is None else 200, (text or "").encode())

    def send(self, status: int, content: bytes, **headers: str) -> None:
        """A whole answer."""
        self.send_response(status)
        for name, value in {"Content-Length": str(len(content)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the name is the base class's)
        """A test's output is not the place for an access log."""


def text(content: str | bytes) -> Answer:
    """Another text."""
    return lambda handler: handler.send(200, content if isinstance(content, bytes) else content.encode())


def status(number: int) -> Answer:
    """An error."""
    return lambda handler: handler.send(number, b"<html>no</html>")


def moved(url: str) -> Answer:
    """A redirect."""
    return lambda handler: handler.send(302, b"", Location=url)


def hangs(until: threading.Event) -> Answer:
    """No answer."""

    def answer(_: Handler) -> None:
        until.wait(60)

    return answer


def drips(until: threading.Event) -> Answer:
    """A byte now and then."""

    def answer(handler: Handler) -> None:
        handler.send_response(200)
        handler.end_headers()
        while not until.is_set():
            handler.wfile.write(b"0")
            time.sleep(0.02)

    return answer


def breaks_off(handler: Handler) -> None:
    """Less than was promised."""
    handler.send(200, b"0" * 10, **{"Content-Length": "1000"})
