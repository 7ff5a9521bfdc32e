"""A flat repository of Debian packages, signed, as the Open Build Service lays it out, which pkgs.k8s.io is made by."""

import gzip
import hashlib
import subprocess
from collections.abc import Iterable
from email.utils import formatdate
from pathlib import Path

from tests.acceptance.kubernetes.mirror.answers import Answer, Answers
from tests.acceptance.kubernetes.mirror.signer import Signer

SUMS = {"MD5Sum": "md5", "SHA1": "sha1", "SHA256": "sha256"}


def complete(directory: Path, packages: str, signer: Signer, origin: str) -> None:
    """Add to packages in a directory all that makes them a repository.

    Args:
        directory: the repository's.
        packages: the part of it that the packages are in.
        signer: whose repository it is.
        origin: what it calls itself.
    """
    scanned = subprocess.run(["dpkg-scanpackages", "-m", packages], cwd=directory, capture_output=True, check=False)
    assert scanned.returncode == 0, scanned.stderr.decode()
    (directory / "Packages").write_bytes(scanned.stdout)
    (directory / "Packages.gz").write_bytes(gzip.compress(scanned.stdout, mtime=0))
    (directory / "Release").write_text(_release(directory, origin, ("Packages", "Packages.gz")), "utf-8")
    signer.sign(directory / "Release")
    (directory / "Release.key").write_bytes(signer.public)


def _release(directory: Path, origin: str, files: Iterable[str]) -> str:
    head = {
        "Archive": "deb",
        "Codename": "deb",
        "Origin": origin,
        "Label": origin.rpartition("/")[2],
        "Architectures": "amd64",
        "Date": formatdate(usegmt=True).replace("GMT", "UTC"),
    }
    lines = [f"{key}: {value}" for key, value in head.items()]
    for field, algorithm in SUMS.items():
        lines.append(f"{field}:")
        for name in files:
            content = (directory / name).read_bytes()
            lines.append(f" {hashlib.new(algorithm, content).hexdigest()} {len(content)} {name}")
    return "\n".join([*lines, ""])


def answers(directory: Path, at: str) -> Answers:
    """A repository's files, below a server's name and path; what begins with a dot is of who made it."""
    found = (path.relative_to(directory) for path in directory.rglob("*") if path.is_file())
    return {
        f"{at}/{path}": Answer(directory / path)
        for path in found
        if not str(path).startswith(".") and "/." not in str(path)
    }
