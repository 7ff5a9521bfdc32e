"""Secrets that are told apart, a search for them, and a watch over what a run has in processes and temporary files."""

import base64
import gzip
import re
import secrets
import threading
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple, Self

GZIP = b"\x1f\x8b"


class Planted:
    """The secrets of a test, each named by the place where it was put."""

    def __init__(self) -> None:
        """None yet."""
        self._forms: dict[str, tuple[bytes, ...]] = {}

    def plant(self, place: str) -> str:
        """A new secret for a place. Of letters, digits and hyphens only, which no quoting or escaping changes."""
        value = f"planted-{place.replace(' ', '-')}-{secrets.token_hex(12)}"
        self.add(place, value)
        return value

    def add(self, place: str, value: str) -> None:
        """A secret that follows from another one."""
        plain = value.encode()
        self._forms[place] = (plain, plain.hex().encode(), *_in_base64(plain))

    def found(self, data: bytes) -> set[str]:
        """Whose secrets stand there: plain, in hexadecimal, within anything in Base64, compressed or not."""
        if data.startswith(GZIP):
            data = gzip.decompress(data)
        # Base64 comes in lines.
        joined = re.sub(rb"\s|\\n", b"", data)
        return {place for place, forms in self._forms.items() if any(form in data or form in joined for form in forms)}

    def under(self, roots: Iterable[Path]) -> dict[Path, set[str]]:
        """The files that hold secrets, in directories or given by name."""
        files = (path for root in roots for path in (root, *root.rglob("*")) if path.is_file())
        return {file: found for file in files if (found := self.found(file.read_bytes()))}


def _in_base64(data: bytes) -> Iterable[bytes]:
    """What is the same wherever the data begins within a longer text."""
    for before in range(3):
        whole = base64.b64encode(bytes(before) + data)
        # Each character is six bits; those that share theirs with what stands before or behind are left out.
        yield whole[-(-before * 8 // 6) : (before + len(data)) * 8 // 6]


class Process(NamedTuple):
    """What a process shows to whoever may ask."""

    command: bytes
    environment: bytes


class Temporary(NamedTuple):
    """A file while it lasts."""

    path: Path
    mode: int
    directory: int
    """The mode of the directory that it is in."""
    content: bytes


class Watch:
    """Looks at all processes, and at all files of a directory, again and again while a run goes on."""

    def __init__(self, directory: Path) -> None:
        """Say which directory."""
        self.processes: set[Process] = set()
        self.files: set[Temporary] = set()
        self._directory = directory
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._look)

    def __enter__(self) -> Self:
        """Begin."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """End."""
        self._ended.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._ended.wait(0.02):
            for process in Path("/proc").glob("[0-9]*"):
                command, environment = (_read(process / name) for name in ("cmdline", "environ"))
                if command:
                    self.processes.add(Process(command, environment))
            # A directory that goes while it is listed ends the list; the next look is as soon as this one was.
            with suppress(FileNotFoundError):
                for path in self._directory.rglob("*"):
                    try:
                        modes = path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777
                    except FileNotFoundError:
                        continue
                    if path.is_file():
                        self.files.add(Temporary(path, *modes, _read(path)))


def _read(path: Path) -> bytes:
    """What is in it; nothing where it has just gone."""
    try:
        return path.read_bytes()
    except OSError:
        return b""


def by_command(planted: Planted, processes: Iterable[Process], part: str) -> dict[str, set[str]]:
    """The commands in one of whose parts secrets stand, and which."""
    found: dict[str, set[str]] = {}
    for process in processes:
        if places := planted.found(getattr(process, part)):
            found.setdefault(process.command.replace(b"\0", b" ").decode(errors="replace"), set()).update(places)
    return found
