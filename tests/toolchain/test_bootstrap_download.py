"""The official downloads: what is verified, and what is refused, against a real server."""

import contextlib
import functools
import hashlib
import http.server
import io
import socket
import ssl
import tarfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.toolchain.certificate import loopback
from tests.toolchain.conftest import PULUMI, Checkout

SDK = "releases/sdk"
CLI = "pulumi-v3.274.1-linux-x64.tar.gz"
CLI_SUMS = f"{SDK}/pulumi-3.274.1-checksums.txt"
COMMAND = "pulumi/pulumi-command/releases/download/v1.2.1"


class _Handler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the name is the base class's)
        """A test's output is not the place for an access log."""


def _archive(path: Path, files: dict[str, str]) -> None:
    """Writes a release archive, and its line into the release's checksum file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, "w:gz") as archive:
        for name, text in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(text)
            member.mode = 0o755
            archive.addfile(member, io.BytesIO(text.encode()))


def _checksums(path: Path, archive: Path, line: str = "{digest}  {name}\n") -> None:
    digest = hashlib.sha256(archive.read_bytes()).hexdigest()
    path.write_text("0" * 64 + "  another.tar.gz\n" + line.format(digest=digest, name=archive.name), encoding="utf-8")


@pytest.fixture
def site(tmp_path: Path, checkout: Checkout) -> Path:
    """What the official servers serve, with stand-ins in the archives."""
    (checkout.bin / "uname").unlink()
    (checkout.bin / "uname").write_text("#!/bin/sh\ncase $1 in -s) echo Linux ;; *) echo x86_64 ;; esac\n")
    (checkout.bin / "uname").chmod(0o755)
    site = tmp_path / "site"
    _archive(site / SDK / CLI, {"pulumi/pulumi": PULUMI, "pulumi/pulumi-language-python": "#!/bin/sh\n"})
    _checksums(site / CLI_SUMS, site / SDK / CLI)
    archive = site / COMMAND / "pulumi-resource-command-v1.2.1-linux-amd64.tar.gz"
    _archive(archive, {"pulumi-resource-command": "#!/bin/sh\n", "README.md": ""})
    _checksums(site / COMMAND / "pulumi-command_1.2.1_checksums.txt", archive, "{digest} *./{name}\n")
    return site


@pytest.fixture
def server(site: Path) -> Iterator[http.server.ThreadingHTTPServer]:
    """Serves the site on loopback."""
    handler = functools.partial(_Handler, directory=str(site))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def base(server: http.server.ThreadingHTTPServer) -> str:
    """The address of the site."""
    return f"http://127.0.0.1:{server.server_port}"


def test_a_verified_download_is_installed(checkout: Checkout, base: str) -> None:
    """Each archive is checked against its release's checksum file, and the output says so."""
    result = checkout.bootstrap(KVMLAB_DOWNLOAD_BASE=base)
    assert result.returncode == 0, result.stderr
    verified = [line for line in result.stdout.splitlines() if "verified" in line]
    assert len(verified) == 2
    assert verified[0].startswith(f"toolchain: verified {CLI}: sha256 ")
    assert verified[0].endswith(f", as {base}/{CLI_SUMS} says")
    plugins = checkout.root / ".toolchain/home/plugins"
    assert (plugins / "resource-command-v1.2.1/pulumi-resource-command").is_file()
    assert (
        checkout.source("sh", 'pulumi version; echo "$PULUMI_HOME"') == f"v3.274.1\n{checkout.root}/.toolchain/home\n"
    )
    assert checkout.bootstrap("download").stdout == "ok: toolchain and .venv\n"


def test_tls_is_checked(checkout: Checkout, server: http.server.ThreadingHTTPServer, tmp_path: Path) -> None:
    """A server whose certificate nobody vouches for is not believed; one that is trusted serves the same."""
    certificate = loopback(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    base = f"https://127.0.0.1:{server.server_port}"
    refused = checkout.bootstrap("download", KVMLAB_DOWNLOAD_BASE=base)
    assert refused.returncode == 1
    assert "certificate verify failed" in refused.stdout
    trusted = checkout.bootstrap("download", KVMLAB_DOWNLOAD_BASE=base, SSL_CERT_FILE=str(certificate))
    assert trusted.returncode == 0, trusted.stdout + trusted.stderr


@pytest.mark.parametrize("way", ["auto", "download"])
def test_a_wrong_digest_stops_everything(checkout: Checkout, site: Path, base: str, way: str) -> None:
    """An archive that is not what its release says is never used, nor passed over in silence."""
    archive = site / COMMAND / "pulumi-resource-command-v1.2.1-linux-amd64.tar.gz"
    digest = hashlib.sha256(archive.read_bytes()).hexdigest()
    archive.write_bytes(b"something else")
    got = hashlib.sha256(b"something else").hexdigest()
    result = checkout.bootstrap(way, KVMLAB_DOWNLOAD_BASE=base)
    assert result.returncode == 1
    assert result.stderr == f"{archive.name}: must have sha256 {digest}, got {got}; do not use it\n"
    assert "not by build" not in result.stdout
    assert not (checkout.root / ".toolchain/bin/pulumi").exists()
    assert not (checkout.root / ".toolchain/env").exists()


def test_no_checksum_file_is_no_download(checkout: Checkout, site: Path, base: str) -> None:
    """Where a release has no checksum file, its archives are not used."""
    (site / CLI_SUMS).unlink()
    result = checkout.bootstrap("download", KVMLAB_DOWNLOAD_BASE=base)
    assert result.returncode == 1
    reason = f"{base}/{CLI_SUMS}: must be served, got status 404; the release may lack it"
    assert f"toolchain: not by download: {reason}\n" in result.stdout
    assert not (checkout.root / ".toolchain/bin/pulumi").exists()


def test_an_archive_that_no_line_names_is_not_used(checkout: Checkout, site: Path, base: str) -> None:
    """A checksum file that does not know the archive proves nothing."""
    _checksums(site / CLI_SUMS, site / SDK / CLI, "{digest}  prefix-{name}\n")
    result = checkout.bootstrap("download", KVMLAB_DOWNLOAD_BASE=base)
    assert result.returncode == 1
    assert f"{CLI}: must be in the release's checksum file, got no line for it; use another way\n" in result.stdout


def test_a_weak_digest_is_not_enough(checkout: Checkout, site: Path, base: str) -> None:
    """SHA-1 is refused, and without asking for a way the next one is tried."""
    digest = hashlib.sha1((site / SDK / CLI).read_bytes(), usedforsecurity=False).hexdigest()
    (site / CLI_SUMS).write_text(f"{digest}  {CLI}\n", encoding="utf-8")
    result = checkout.bootstrap(KVMLAB_DOWNLOAD_BASE=base)
    assert result.returncode == 1
    assert f"{CLI}: must have a SHA-256 or SHA-512 digest, got '{digest}'; use another way\n" in result.stdout
    assert "toolchain: not by build: " in result.stdout


def test_plain_http_is_refused(checkout: Checkout, site: Path) -> None:
    """Without TLS archive and digest could both be forged on the way; nothing is even asked."""
    assert site.is_dir()
    started = time.monotonic()
    result = checkout.bootstrap("download", KVMLAB_DOWNLOAD_BASE="http://192.0.2.1")
    assert time.monotonic() - started < 3
    assert result.returncode == 1
    assert f"http://192.0.2.1/{CLI_SUMS}: must be an https address, got 'http'; use TLS\n" in result.stdout


def test_a_silent_server_costs_seconds(checkout: Checkout, site: Path) -> None:
    """A server that never answers is given up after the connection's own, short, limit."""
    assert site.is_dir()
    with contextlib.ExitStack() as stack:
        # A full queue of connections that nobody accepts: the kernel drops what comes after them.
        full = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        for _ in range(4):
            client = stack.enter_context(socket.socket())
            client.setblocking(False)
            client.connect_ex(full.getsockname())
        started = time.monotonic()
        result = checkout.bootstrap("download", KVMLAB_DOWNLOAD_BASE=f"https://127.0.0.1:{full.getsockname()[1]}")
        assert time.monotonic() - started < 8
    assert result.returncode == 1
    assert "must be reachable, got " in result.stdout
