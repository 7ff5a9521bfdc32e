"""What a server has, by name and path: `registry.k8s.io/v2/`."""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple


class Answer(NamedTuple):
    """What comes back."""

    content: bytes | Path = b""
    kind: str = "application/octet-stream"
    headers: Mapping[str, str] = {}
    status: int = 200

    @property
    def size(self) -> int:
        """Of the content."""
        return len(self.content) if isinstance(self.content, bytes) else self.content.stat().st_size


def redirect(url: str) -> Answer:
    """It is elsewhere."""
    return Answer(headers={"Location": url}, status=302)


Answers = Mapping[str, Answer]
