"""Container images, and the registries that have them: https://github.com/opencontainers/distribution-spec."""

import hashlib
import json
import tarfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.acceptance.bundle.official import INDEX, MANIFEST
from tests.acceptance.kubernetes.mirror.answers import Answer, Answers

NAME = "io.containerd.image.name"
SERVERS = {"docker.io": "registry-1.docker.io"}
"""Of registries that are not where their name says."""


def unpack(archive: Path, blobs: Path) -> dict[str, dict[str, Any]]:
    """Put the parts of an archive of the OCI's layout into a directory.

    Args:
        archive: the archive.
        blobs: where its parts go, each by its digest.

    Returns:
        The images' descriptors by name.
    """
    with tarfile.open(archive) as tar:
        for member in tar:
            file = tar.extractfile(member) if member.name.startswith("blobs/sha256/") else None
            if file:
                (blobs / Path(member.name).name).write_bytes(file.read())
        index = tar.extractfile("index.json")
        assert index
        listed = json.loads(index.read())["manifests"]
    return {each["annotations"][NAME]: each for each in listed}


def serve(images: Mapping[str, Mapping[str, Any]], blobs: Path) -> Answers:
    """What registries answer: by its tag, an index with another architecture beside this one, whose parts nobody has.

    Args:
        images: descriptors by name.
        blobs: the directory with their parts.
    """
    found: dict[str, Answer] = {}
    for name, descriptor in images.items():
        server, _, rest = name.partition("/")
        repository, _, tag = rest.rpartition(":")
        at = f"{SERVERS.get(server, server)}/v2/{repository}"
        content = (blobs / _hex(descriptor)).read_bytes()
        parts: dict[str, Any] = json.loads(content)
        amd64: dict[str, Any] = {"mediaType": MANIFEST, "digest": descriptor["digest"], "size": len(content)}
        index = json.dumps(
            {
                "schemaVersion": 2,
                "mediaType": INDEX,
                "manifests": [
                    {**amd64, "digest": f"sha256:{'0' * 64}", "platform": {"architecture": "arm64", "os": "linux"}},
                    {**amd64, "platform": {"architecture": "amd64", "os": "linux"}},
                ],
            }
        ).encode()
        digest = f"sha256:{hashlib.sha256(index).hexdigest()}"
        for key in (tag, digest):
            found[f"{at}/manifests/{key}"] = _told(index, INDEX, digest)
        found[f"{at}/manifests/{amd64['digest']}"] = _told(content, MANIFEST, amd64["digest"])
        for part in (parts["config"], *parts["layers"]):
            found[f"{at}/blobs/{part['digest']}"] = _told(blobs / _hex(part), part["mediaType"], part["digest"])
        found[f"{SERVERS.get(server, server)}/v2"] = Answer(b"{}", "application/json")
    return found


def _told(content: bytes | Path, kind: str, digest: str) -> Answer:
    return Answer(content, kind, {"Docker-Content-Digest": digest})


def _hex(descriptor: Mapping[str, Any]) -> str:
    return descriptor["digest"].partition(":")[2]
