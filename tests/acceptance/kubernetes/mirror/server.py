"""One server that is many: it answers by the name that it is asked under, on port 80 and, with TLS, on port 443."""

import socket
import socketserver
import ssl
import threading
from collections import Counter
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from posixpath import normpath
from shutil import copyfileobj
from urllib.parse import unquote

from tests.acceptance.kubernetes.mirror.answers import Answer, Answers

IP_FREEBIND = 15
"""Of Linux: an address that no interface has yet."""
NONE = Answer(b"there is none\n", "text/plain", status=404)


class Log:
    """What was asked for, by everybody."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._seen: Counter[tuple[str, int]] = Counter()

    def add(self, what: str, status: int) -> None:
        """Take it down."""
        with self._lock:
            self._seen[what, status] += 1

    @property
    def served(self) -> set[str]:
        """Names and paths of what was there."""
        return {what for what, status in self._all() if status < 400}

    @property
    def missed(self) -> set[str]:
        """Names and paths of what was not."""
        return {what for what, status in self._all() if status >= 400}

    def _all(self) -> Iterator[tuple[str, int]]:
        with self._lock:
            return iter(list(self._seen))


class _Server(ThreadingHTTPServer):
    """Waits where it is told, before there is such an address."""

    def __init__(self, place: tuple[str, int], handler: type[BaseHTTPRequestHandler]) -> None:
        super().__init__(place, handler, bind_and_activate=False)
        self.socket.setsockopt(socket.IPPROTO_IP, IP_FREEBIND, 1)
        self.server_bind()
        self.server_activate()

    def server_bind(self) -> None:
        """Ask nobody for the address's name."""
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = str(self.server_address[0]), self.server_address[1]

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that goes away, as a guest does that is cut off, is no fault of the server's."""


@contextmanager
def serving(address: str, answers: Answers, context: ssl.SSLContext) -> Generator[Log]:
    """Serve while the context lasts; what is asked for meanwhile."""
    log = Log()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_HEAD(self) -> None:
            self._answer()

        def do_GET(self) -> None:
            content = self._answer().content
            if isinstance(content, Path):
                with content.open("rb") as file:
                    copyfileobj(file, self.wfile)
            else:
                self.wfile.write(content)

        def _answer(self) -> Answer:
            path = normpath(unquote(self.path.partition("?")[0]))
            what = f"{(self.headers['Host'] or '').partition(':')[0]}{path}"
            found = answers.get(what, NONE)
            log.add(what, found.status)
            self.send_response(found.status)
            for name, value in {"Content-Type": found.kind, "Content-Length": str(found.size), **found.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            return found

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (its name in the base class)
            """Say nothing."""

    plain, secure = (_Server((address, port), Handler) for port in (80, 443))
    # Hands are shaken in the thread of each connection: one that is silent must not keep the others out.
    secure.socket = context.wrap_socket(secure.socket, server_side=True, do_handshake_on_connect=False)
    for server in (plain, secure):
        threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield log
    finally:
        for server in (plain, secure):
            server.shutdown()
            server.server_close()
