"""A team of two, Ann and Ben, and where their states are: in a directory, or in a bucket of a real server."""

from collections.abc import Generator
from pathlib import Path
from typing import Protocol

import pytest

from tests.acceptance.team import server
from tests.toolchain.conftest import project as project
from tests.toolchain.project import Project
from tests.toolchain.teams import Shared, checkout


class Store(Protocol):
    """Where states are, as one who damages them sees it."""

    @property
    def url(self) -> str:
        """The backend's URL."""
        ...

    def read(self, key: str) -> bytes:
        """What lies there."""
        ...

    def write(self, key: str, data: bytes) -> None:
        """Put something else in its place."""
        ...

    def list(self, directory: str) -> "list[str]":
        """All in a directory, the oldest name first."""
        ...


class Directory:
    """One on a disk."""

    def __init__(self, root: Path) -> None:
        """Make it."""
        root.mkdir()
        self.root = root
        self.url = f"file://{root}?metadata=skip"

    def read(self, key: str) -> bytes:
        """What lies there."""
        return (self.root / key).read_bytes()

    def write(self, key: str, data: bytes) -> None:
        """Put something else in its place."""
        (self.root / key).write_bytes(data)

    def list(self, directory: str) -> list[str]:
        """All in a directory, the oldest name first."""
        return sorted(str(path.relative_to(self.root)) for path in (self.root / directory).iterdir())


class Bucket:
    """One of the server's."""

    def __init__(self, at: server.Server, name: str) -> None:
        """Make it."""
        at.make(name)
        self._at, self._name = at, name
        self.url = at.url(name)

    def read(self, key: str) -> bytes:
        """What lies there."""
        return self._at.read(self._name, key)

    def write(self, key: str, data: bytes) -> None:
        """Put something else in its place."""
        self._at.write(self._name, key, data)

    def list(self, directory: str) -> list[str]:
        """All in a directory, the oldest name first."""
        return self._at.list(self._name, directory)


@pytest.fixture(scope="session")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Generator[server.Server]:
    """The server."""
    with server.running(server.build(), tmp_path_factory.mktemp("s3")) as started:
        yield started


@pytest.fixture
def store(request: pytest.FixtureRequest, s3: server.Server, tmp_path: Path) -> Store:
    """Where states are: in a bucket, unless a test asks for a directory."""
    if getattr(request, "param", "bucket") == "directory":
        return Directory(tmp_path / "states")
    return Bucket(s3, f"labs-{abs(hash(request.node.nodeid)):x}")


@pytest.fixture
def shared(store: Store, s3: server.Server, tmp_path: Path) -> Shared:
    """What each of the team has in the environment."""
    phrase = tmp_path / "phrase"
    phrase.write_text("of the team\n", "utf-8")
    return {"PULUMI_BACKEND_URL": store.url, "PULUMI_CONFIG_PASSPHRASE_FILE": str(phrase), **s3.environment}


@pytest.fixture
def ann(project: Project, tmp_path: Path) -> Project:
    """One of the team."""
    return checkout(project, tmp_path / "ann")


@pytest.fixture
def ben(project: Project, tmp_path: Path) -> Project:
    """Another one."""
    return checkout(project, tmp_path / "ben")
