"""Fetches one release archive, checks it against the checksum file of its release, and unpacks it.

Usage: download.py CHECKSUMS_URL ARCHIVE_URL DIRECTORY

The digest is never one that we wrote down: it comes, over TLS, from the file that the release publishes beside the
archive. Where that file is missing or does not name the archive, nothing is unpacked. Exit status 1: the digest is
wrong; 3: not reachable; 4: reachable, but nothing to check with. The system's Python runs this: standard library only.
"""

import hashlib
import http.client
import io
import re
import socket
import sys
import tarfile
import threading
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path, PurePosixPath
from typing import IO

CONNECT_SECONDS = 5
STALL_SECONDS = 10
ALGORITHMS = {64: "sha256", 128: "sha512"}


class DownloadError(Exception):
    """Why nothing was unpacked."""

    status = 1


class UnreachableError(DownloadError):
    """The server cannot be reached."""

    status = 3


class UnverifiableError(DownloadError):
    """The release does not prove what it is."""

    status = 4


def require_tls(url: str) -> None:
    """Plain HTTP would let anyone on the way write both archive and digest; loopback has no way in between."""
    parts = urllib.parse.urlsplit(url)
    if parts.scheme != "https" and parts.hostname not in {"127.0.0.1", "::1", "localhost"}:
        raise UnverifiableError(f"{url}: must be an https address, got {parts.scheme!r}; use TLS")


class CheckedRedirects(urllib.request.HTTPRedirectHandler):
    """Follows a redirect only to where we would have gone ourselves."""

    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: http.client.HTTPMessage,
        newurl: str,
    ) -> urllib.request.Request | None:
        """Refuses a step down from TLS."""
        require_tls(newurl)
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def connect(host: str, port: int) -> None:
    """Raises OSError when a server does not answer soon.

    urllib knows one time limit for connecting and for a slow body, and none at all for a name server that is silent.
    """
    outcome: list[OSError | None] = []

    def attempt() -> None:
        try:
            socket.create_connection((host, port), CONNECT_SECONDS).close()
            outcome.append(None)
        except OSError as error:
            outcome.append(error)

    thread = threading.Thread(target=attempt, daemon=True)
    thread.start()
    thread.join(CONNECT_SECONDS)
    if not outcome:
        raise TimeoutError(f"no answer in {CONNECT_SECONDS} s")
    if outcome[0] is not None:
        raise outcome[0]


def fetch(url: str) -> bytes:
    """The body at a URL; raises at once where there is no network."""
    require_tls(url)
    parts = urllib.parse.urlsplit(url)
    opener = urllib.request.build_opener(CheckedRedirects)
    try:
        if not urllib.request.getproxies().get(parts.scheme):
            connect(parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80))
        with opener.open(url, timeout=STALL_SECONDS) as response:
            return response.read()
    except urllib.error.HTTPError as error:
        raise UnverifiableError(f"{url}: must be served, got status {error.code}; the release may lack it") from error
    except (OSError, http.client.HTTPException) as error:
        reason = error.reason if isinstance(error, urllib.error.URLError) else error
        raise UnreachableError(f"{url}: must be reachable, got {reason}; check the network") from error


def published_digest(checksums: str, archive: str) -> str:
    """The digest that a release's checksum file gives for an archive."""
    for line in checksums.splitlines():
        match = re.fullmatch(r"([0-9a-fA-F]+)\s+\*?(?:\./)?(.+)", line.strip())
        if match and match[2] == archive:
            return match[1].lower()
    raise UnverifiableError(f"{archive}: must be in the release's checksum file, got no line for it; use another way")


def verify(archive: str, data: bytes, digest: str) -> str:
    """The name of the algorithm, when the digest is strong and fits."""
    algorithm = ALGORITHMS.get(len(digest))
    if algorithm is None:
        raise UnverifiableError(f"{archive}: must have a SHA-256 or SHA-512 digest, got {digest!r}; use another way")
    actual = hashlib.new(algorithm, data).hexdigest()
    if actual != digest:
        raise DownloadError(f"{archive}: must have {algorithm} {digest}, got {actual}; do not use it")
    return algorithm


def unpack(data: bytes, directory: Path) -> None:
    """Writes the archive's files below the directory and nowhere else."""
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        for member in archive:
            content = archive.extractfile(member)
            if content is None:  # a directory or a link; releases need neither
                continue
            path = PurePosixPath(member.name)
            if path.is_absolute() or ".." in path.parts:
                raise DownloadError(f"{member.name}: must stay inside the archive's directory; do not use it")
            target = directory / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content.read())
            target.chmod(0o755 if member.mode & 0o100 else 0o644)


def main(checksums_url: str, archive_url: str, directory: str) -> int:
    """Fetches, checks and unpacks; the last line says what was verified, or why not."""
    archive = archive_url.rsplit("/", 1)[-1]
    try:
        digest = published_digest(fetch(checksums_url).decode(), archive)
        data = fetch(archive_url)
        algorithm = verify(archive, data, digest)
        unpack(data, Path(directory))
    except DownloadError as error:
        sys.stderr.write(f"{error}\n")
        return error.status
    sys.stdout.write(f"{archive}: {algorithm} {digest}, as {checksums_url} says\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
