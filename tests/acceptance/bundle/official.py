"""A server that plays the projects' own: releases with checksums, and registries of the OCI's distribution API."""

import hashlib
import io
import json
import tarfile
import threading
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from bundle import archive, contents
from bundle.layers import File, Layer

INDEX = "application/vnd.oci.image.index.v1+json"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
PLUGINS = ("bridge", "host-local", "loopback", "portmap")


def script(says: str) -> bytes:
    """A program that says something."""
    return f"#!/bin/sh\necho {says}\n".encode()


def releases(pins: Mapping[str, str]) -> dict[str, bytes]:
    """The files of the projects' download servers, by server and path."""
    kubernetes = f"dl.k8s.io/release/v{pins['KUBERNETES_VERSION']}/bin/linux/amd64"
    files = {f"{kubernetes}/{name}": script(name) for name in ("kubeadm", "kubectl", "kubelet")}
    version = f"v{pins['CNI_VERSION']}"
    plugins = (
        f"github.com/containernetworking/plugins/releases/download/{version}/cni-plugins-linux-amd64-{version}.tgz"
    )
    files[plugins] = _tarball({f"./{name}": script(name) for name in (*PLUGINS, "vlan")})
    sums = {f"{path}.sha256": f"{_hex(data)}  {path.rpartition('/')[2]}\n".encode() for path, data in files.items()}
    return files | sums


def registries(pins: Mapping[str, str], at: Path) -> tuple[dict[str, bytes], dict[str, str]]:
    """What registries answer, by server and path, and the digests under which images are known.

    Each image is in an index beside one for another architecture, whose parts nobody may ask for.
    """
    programs: Mapping[str, Layer] = {
        "etcd": {"usr/local/bin/etcdctl": File(script("etcdctl"))},
        "flannel-cni-plugin": {"flannel": File(script("flannel"))},
    }
    images: Sequence[archive.Image] = [
        archive.Image(name, [programs.get(_short(name), {"program": File(script(_short(name)))})])
        for name in contents.pulled(pins)
    ]
    archive.write(images, at)
    answers: dict[str, bytes] = {}
    digests: dict[str, str] = {}
    with tarfile.open(at) as tar:
        blobs = {f"sha256:{Path(m.name).name}": _content(tar, m.name) for m in tar.getmembers() if "blobs/" in m.name}
        listed = json.loads(_content(tar, "index.json"))["manifests"]
    for image, manifest in zip(images, listed, strict=True):
        other = {**manifest, "digest": f"sha256:{'0' * 64}", "platform": {"architecture": "arm64", "os": "linux"}}
        index = json.dumps({"schemaVersion": 2, "mediaType": INDEX, "manifests": [other, manifest]}).encode()
        server, _, rest = image.name.partition("/")
        repository, _, tag = rest.rpartition(":")
        digests[image.name] = f"sha256:{_hex(index)}"
        for key, data in ({tag: index, digests[image.name]: index} | blobs).items():
            answers[f"{server}/v2/{repository}/manifests/{key}"] = data
            answers[f"{server}/v2/{repository}/blobs/{key}"] = data
    return answers, digests


@contextmanager
def serving(answers: Mapping[str, bytes]) -> Generator[str]:
    """Serve them on loopback; yields the mirror's address."""

    class Handler(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            self._answer()

        def do_GET(self) -> None:
            self.wfile.write(self._answer())

        def _answer(self) -> bytes:
            data = answers.get(self.path.lstrip("/").partition("?")[0])
            if data is None:
                self.send_error(404)
                return b""
            self.send_response(200)
            kind = MANIFEST if b'"layers"' in data else INDEX if b'"manifests"' in data else "application/octet-stream"
            self.send_header("Content-Type", kind if "/manifests/" in self.path else "application/octet-stream")
            self.send_header("Content-Length", str(len(data)))
            if "/v2/" in self.path:
                self.send_header("Docker-Content-Digest", f"sha256:{_hex(data)}")
            self.end_headers()
            return data

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (its name in the base class)
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()


def _short(name: str) -> str:
    return name.rpartition("/")[2].partition(":")[0]


def _hex(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _content(tar: tarfile.TarFile, name: str) -> bytes:
    file = tar.extractfile(name)
    assert file
    return file.read()


def _tarball(files: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size, info.mode = len(data), 0o755
            tar.addfile(info, io.BytesIO(data))
    return buffer.getvalue()
