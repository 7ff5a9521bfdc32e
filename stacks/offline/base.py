"""What a repository held when the lab was last made: by it, what is hidden in cloud-init can be compared.

The seed's holder tells what is hidden from what it was by marks in the state. Who has the repository has those texts
themselves, of the commit that was deployed and of the one that is looked at, and needs no marks.
"""

import io
import re
import subprocess
import tarfile
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from components import cloud_init
from components.cloud_init import HIDDEN
from components.errors import KvmLabError
from stacks import seeds
from stacks.config import GuestSpec
from stacks.offline.labs import lab_of
from stacks.offline.words import OfflineError

CHANGED = "[hidden, changed]"
MOVED = "[hidden, perhaps moved]"
_MARK = re.compile(r"\[hidden [0-9a-f]{8}\]")
_KEY = b"for marks that nobody sees"


class Base(NamedTuple):
    """Guests as they were, and the directory of their layers."""

    guests: Mapping[str, GuestSpec]
    layers: Path

    def shown(self, guest: GuestSpec, deployed: str) -> str | None:
        """A guest's cloud-config now, for people: none where it was another one than what is deployed.

        Args:
            guest: as it is to be.
            deployed: its cloud-config in the state, with what is hidden.
        """
        before = self.guests.get(guest.name)
        if before is None:
            return None
        documents = seeds.layers(before, self.layers)
        if cloud_init.shown(documents, None, before.authorized_keys) != deployed:
            return None
        old = cloud_init.shown(documents, _KEY, before.authorized_keys)
        new = cloud_init.shown(seeds.layers(guest), _KEY, guest.authorized_keys)
        marks = {*_MARK.findall(old)}
        told = _MARK.sub(lambda mark: HIDDEN if mark[0] in marks else CHANGED, new)
        # What is hidden may also have been put in another order.
        return told if new == old or told != deployed else told.replace(HIDDEN, MOVED)


def read(root: Path, stack: str) -> Base | None:
    """What `fetch` has written; none where it could write nothing, or where that was no lab of this program's."""
    if not root.is_dir():
        return None
    try:
        return Base({guest.name: guest for guest in lab_of(root, stack).guests}, root / "cloud-init")
    except KvmLabError:
        return None


def fetch(checkout: Path, commit: str, stack: str, root: Path) -> None:
    """Write a stack's config and the layers as they were; nothing where there was no such stack.

    Args:
        checkout: the repository's.
        commit: what has been deployed, as git calls it.
        stack: the stack.
        root: where to.

    Raises:
        OfflineError: there is no such commit.
    """
    git = ["git", "-C", str(checkout)]
    found = _run([*git, "rev-parse", "--quiet", "--verify", "--end-of-options", f"{commit}^{{commit}}"])
    if found.returncode:
        raise OfflineError(f"BASE={commit}: must name a commit of this checkout, got none; fetch it, or leave BASE out")
    name = found.stdout.decode().strip()
    told = _run([*git, "archive", "--format=tar", name, "cloud-init", f"stacks/Pulumi.{stack}.yaml"])
    if told.returncode == 0:
        with tarfile.open(fileobj=io.BytesIO(told.stdout)) as archive:
            archive.extractall(root, filter="data")


def _run(command: list[str]) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False)  # noqa: S603 (no shell)
