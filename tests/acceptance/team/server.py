"""A real server that speaks S3: SeaweedFS, built from its Go module, on loopback and with a bucket for each test."""

import hashlib
import json
import os
import secrets
import shutil
import socket
import subprocess
import time
import urllib.request
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.toolchain.project import ROOT

MODULE = Path(__file__).parent / "seaweedfs"
CACHE = ROOT / ".toolchain" / "seaweedfs"
PORTS: tuple[str, ...] = ("master", "volume", "filer", "s3")


def build() -> Path:
    """The server, built when what it is made of has changed: minutes, and a gigabyte of Go's caches."""
    made_of = hashlib.sha256(b"".join((MODULE / name).read_bytes() for name in ("go.mod", "go.sum"))).hexdigest()
    weed, stamp = CACHE / "weed", CACHE / "stamp"
    if not weed.exists() or not stamp.exists() or stamp.read_text("utf-8") != made_of:
        CACHE.mkdir(parents=True, exist_ok=True)
        options = ["-mod=readonly", "-trimpath", "-buildvcs=false", "-ldflags", "-s -w"]
        command = ["go", "build", "-C", MODULE, *options, "-o", CACHE / "new", "github.com/seaweedfs/seaweedfs/weed"]
        done = subprocess.run(
            ["nice", "-n", "19", *command],
            env={**os.environ, "GOWORK": "off", "GOFLAGS": ""},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        (CACHE / "new").rename(weed)
        stamp.write_text(made_of, "utf-8")
    return weed


class Server:
    """One that runs."""

    def __init__(self, ports: dict[str, int]) -> None:
        """Make up who may use it."""
        self.ports = ports
        self.key, self.secret = f"key-{secrets.token_hex(8)}", secrets.token_hex(20)

    @property
    def environment(self) -> dict[str, str]:
        """How a user lets Pulumi in: by variables, never by the URL."""
        return {"AWS_ACCESS_KEY_ID": self.key, "AWS_SECRET_ACCESS_KEY": self.secret}

    def url(self, bucket: str) -> str:
        """The backend's URL."""
        options = "s3ForcePathStyle=true&region=us-east-1&response_checksum_validation=when_required"
        return f"s3://{bucket}?endpoint=http://127.0.0.1:{self.ports['s3']}&{options}"

    def make(self, bucket: str) -> None:
        """Make a bucket."""
        self._ask("POST", f"{bucket}/")

    def read(self, bucket: str, key: str) -> bytes:
        """What an object holds, past S3: by the server's own files."""
        return self._ask("GET", f"{bucket}/{key}")

    def write(self, bucket: str, key: str, data: bytes) -> None:
        """Put something else in its place."""
        self._ask("PUT", f"{bucket}/{key}", data)

    def list(self, bucket: str, directory: str) -> list[str]:
        """The keys of a directory, the oldest name first."""
        told: dict[str, list[dict[str, str]] | None] = json.loads(self._ask("GET", f"{bucket}/{directory}/?limit=1000"))
        return sorted(entry["FullPath"].removeprefix(f"/buckets/{bucket}/") for entry in told["Entries"] or [])

    def _ask(self, method: str, path: str, data: bytes | None = None) -> bytes:
        url = f"http://127.0.0.1:{self.ports['filer']}/buckets/{path}"
        headers = {"Accept": "application/json"} | (
            {} if data is None else {"Content-Type": "application/octet-stream"}
        )
        request = urllib.request.Request(url, data, headers, method=method)
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 (loopback)
            return answer.read()


@contextmanager
def running(weed: Path, directory: Path) -> Generator[Server]:
    """Start it in a directory, and stop it in the end."""
    free = free_ports(2 * len(PORTS))
    ports = dict(zip(PORTS, free, strict=False))
    grpc = dict(zip(PORTS, free[len(PORTS) :], strict=True))
    server = Server(ports)
    credentials = [{"accessKey": server.key, "secretKey": server.secret}]
    identity = {"name": "team", "credentials": credentials, "actions": ["Admin", "Read", "Write", "List", "Tagging"]}
    (directory / "s3.json").write_text(json.dumps({"identities": [identity]}), "utf-8")
    (directory / "data").mkdir()
    options = [
        *(f"-{name}.port={port}" for name, port in ports.items()),
        *(f"-{name}.port.grpc={port}" for name, port in grpc.items()),
        *("-s3.port.iceberg=0", "-s3.port.lance=0", "-master.telemetry=false", "-master.volumeSizeLimitMB=64"),
        *("-filer", "-s3", f"-s3.config={directory}/s3.json", f"-filer.localSocket={directory}/filer.sock"),
        *("-ip=127.0.0.1", "-ip.bind=127.0.0.1", f"-dir={directory}/data", "-volume.max=400"),
    ]
    with (directory / "log").open("wb") as log:
        process = subprocess.Popen(
            [weed, "-logtostderr", "server", *options],
            cwd=directory,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            _wait(server, process, directory / "log")
            yield server
        finally:
            process.terminate()
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
    shutil.rmtree(directory / "data")


def _wait(server: Server, process: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + 120
    while True:
        assert process.poll() is None, log.read_text("utf-8")[-2000:]
        assert time.monotonic() < deadline, log.read_text("utf-8")[-2000:]
        with suppress(OSError):
            server.make("probe")
            server.write("probe", "is/there", b"yes")
            socket.create_connection(("127.0.0.1", server.ports["s3"]), 1).close()
            return
        time.sleep(1)


def free_ports(count: int) -> list[int]:
    """So many that nobody has."""
    held = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [each.getsockname()[1] for each in held]
    for each in held:
        each.close()
    return ports
