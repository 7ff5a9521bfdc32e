"""A Debian mirror with the packages that a node lacks, from this machine's own, signed anew."""

from collections.abc import Sequence
from pathlib import Path

from tests.acceptance.host.repository import fill
from tests.acceptance.kubernetes.mirror.answers import Answers
from tests.acceptance.kubernetes.mirror.repository import answers, complete
from tests.acceptance.kubernetes.mirror.signer import Signer

SERVER = "deb.debian.org"
PATH = "kvmlab"


def serve(directory: Path, packages: Sequence[str], status: str, signer: Signer) -> Answers:
    """Get them, with all that they need.

    Args:
        directory: empty.
        packages: names.
        status: what is installed, as /var/lib/dpkg/status has it.
        signer: whose repository it is.
    """
    fill(directory, "trixie", packages, status)
    complete(directory, ".", signer, "kvmlab")
    return answers(directory, f"{SERVER}/{PATH}")


def sources(signer: Signer) -> str:
    """What says so to apt, in its own form, with the key."""
    key = "".join(f" {line or '.'}\n" for line in signer.public.decode().splitlines())
    return f"Types: deb\nURIs: http://{SERVER}/{PATH}\nSuites: ./\nSigned-By:\n{key}"
