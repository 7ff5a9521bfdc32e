"""Container images in one archive of the Open Container Initiative's layout, which containerd imports."""

import hashlib
import io
import json
import tarfile
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bundle.layers import Layer, archive

ARCHITECTURE = "amd64"
_EPOCH = "1970-01-01T00:00:00Z"
_TYPE = "application/vnd.oci.image"
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


@dataclass(frozen=True, slots=True)
class Image:
    """A container image."""

    name: str
    """Registry, repository and tag."""
    layers: Sequence[Layer]
    """From the lowest; images that share a layer share its bytes."""
    config: Mapping[str, object] = field(default_factory=dict[str, object])
    """What differs from root's shell with the usual PATH: User, Entrypoint, Cmd."""


def write(images: Sequence[Image], output: Path) -> None:
    """Write the images; equal images give equal bytes."""
    with tarfile.open(output, mode="w", format=tarfile.PAX_FORMAT) as tar:
        store = _Store(tar)
        manifests = [store.image(image) for image in images]
        index = {"schemaVersion": 2, "mediaType": f"{_TYPE}.index.v1+json", "manifests": manifests}
        store.file("index.json", _json(index))
        store.file("oci-layout", _json({"imageLayoutVersion": "1.0.0"}))


class _Store:
    """The archive while it is written: each blob once."""

    def __init__(self, tar: tarfile.TarFile) -> None:
        self._tar = tar
        self._blobs: set[str] = set()
        self._layers: dict[int, tuple[str, dict[str, object]]] = {}

    def file(self, path: str, data: bytes) -> None:
        info = tarfile.TarInfo(path)
        info.size, info.mode = len(data), 0o644
        self._tar.addfile(info, io.BytesIO(data))

    def image(self, image: Image) -> dict[str, object]:
        layers = [self._layer(layer) for layer in image.layers]
        config = {
            "architecture": ARCHITECTURE,
            "os": "linux",
            "created": _EPOCH,
            "config": {"Env": [f"PATH={_PATH}"], "WorkingDir": "/", **image.config},
            "rootfs": {"type": "layers", "diff_ids": [uncompressed for uncompressed, _ in layers]},
        }
        manifest = {
            "schemaVersion": 2,
            "mediaType": f"{_TYPE}.manifest.v1+json",
            "config": self._blob("config.v1+json", _json(config)),
            "layers": [descriptor for _, descriptor in layers],
        }
        annotations = {"io.containerd.image.name": image.name, "org.opencontainers.image.ref.name": image.name}
        platform = {"architecture": ARCHITECTURE, "os": "linux"}
        return {**self._blob("manifest.v1+json", _json(manifest)), "platform": platform, "annotations": annotations}

    def _layer(self, layer: Layer) -> tuple[str, dict[str, object]]:
        if id(layer) not in self._layers:
            data = archive(layer)
            self._layers[id(layer)] = (_digest(data), self._blob("layer.v1.tar+gzip", _gzip(data)))
        return self._layers[id(layer)]

    def _blob(self, kind: str, data: bytes) -> dict[str, object]:
        digest = _digest(data)
        if digest not in self._blobs:
            self._blobs.add(digest)
            self.file(f"blobs/{digest.replace(':', '/')}", data)
        return {"mediaType": f"{_TYPE}.{kind}", "digest": digest, "size": len(data)}


def _json(value: object) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


def _digest(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def _gzip(data: bytes) -> bytes:
    """Without a time and a name in its header; at the lowest level, which costs megabytes and saves half a minute."""
    compressor = zlib.compressobj(1, zlib.DEFLATED, 31)
    return compressor.compress(data) + compressor.flush()
