"""Container images in one archive, as the Open Container Initiative's layout has them."""

import gzip
import hashlib
import json
import tarfile
from pathlib import Path
from typing import Any

from bundle.archive import Image, write
from bundle.layers import File

BASE = {"etc/passwd": File(b"root")}
IMAGES = [
    Image("example.org/one:1", [BASE, {"one": File(b"1")}], {"Entrypoint": ["/one"], "User": "65535:65535"}),
    Image("example.org/two:v2", [BASE]),
]


def written(path: Path) -> dict[str, bytes]:
    """The archive's files."""
    write(IMAGES, path)
    with tarfile.open(path) as tar:
        files = {member.name: tar.extractfile(member) for member in tar.getmembers()}
        assert len(files) == len(tar.getmembers())
        return {name: file.read() for name, file in files.items() if file}


def blob(files: dict[str, bytes], descriptor: dict[str, Any]) -> bytes:
    """What a descriptor points at, which is what it says."""
    data = files[f"blobs/{descriptor['digest'].replace(':', '/')}"]
    assert descriptor["digest"] == f"sha256:{hashlib.sha256(data).hexdigest()}"
    assert descriptor["size"] == len(data)
    return data


def test_every_image_is_complete(tmp_path: Path) -> None:
    """Each is found by its name, with a config and layers that are what they are said to be."""
    files = written(tmp_path / "images.tar")
    assert json.loads(files["oci-layout"]) == {"imageLayoutVersion": "1.0.0"}
    index = json.loads(files["index.json"])
    assert [entry["annotations"]["io.containerd.image.name"] for entry in index["manifests"]] == [
        i.name for i in IMAGES
    ]
    for image, entry in zip(IMAGES, index["manifests"], strict=True):
        manifest = json.loads(blob(files, entry))
        config = json.loads(blob(files, manifest["config"]))
        assert config["config"].items() >= image.config.items()
        assert (config["os"], config["architecture"]) == ("linux", "amd64")
        layers = [gzip.decompress(blob(files, layer)) for layer in manifest["layers"]]
        assert config["rootfs"]["diff_ids"] == [f"sha256:{hashlib.sha256(layer).hexdigest()}" for layer in layers]


def test_what_images_share_is_there_once(tmp_path: Path) -> None:
    """Two manifests, two configs, and the two layers of three uses."""
    assert sum(name.startswith("blobs/") for name in written(tmp_path / "images.tar")) == 6


def test_equal_images_give_equal_bytes(tmp_path: Path) -> None:
    """So a bundle's images can be compared by a digest."""
    first, second = tmp_path / "first", tmp_path / "second"
    write(IMAGES, first)
    write(IMAGES, second)
    assert first.read_bytes() == second.read_bytes()
