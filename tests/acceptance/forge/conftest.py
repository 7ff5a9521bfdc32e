"""A code host with a repository, and jobs' roots."""

import os
import shutil
from collections.abc import Callable, Generator, Iterator
from pathlib import Path

import pytest

from tests.acceptance.forge.repository import Repository
from tests.acceptance.forge.runner import Runner
from tests.forges.server import CodeHost, served

Make = Callable[..., Runner]


@pytest.fixture(scope="session")
def debian() -> Path:
    """A small one, where the script `alone` has made it."""
    assert "KVMLAB_FORGE_ROOT" in os.environ, "run `make workflows`"
    return Path(os.environ["KVMLAB_FORGE_ROOT"])


@pytest.fixture(params=["github", "forgejo"])
def host(request: pytest.FixtureRequest) -> Generator[CodeHost]:
    """One of each API that has workflows here."""
    with served(request.param) as host:
        yield host


@pytest.fixture
def repository(tmp_path: Path, host: CodeHost) -> Repository:
    """This one, as it stands here, on that host."""
    return Repository(tmp_path / "server", host.repository, tmp_path / "clone")


@pytest.fixture
def made(tmp_path: Path, debian: Path) -> Iterator[Make]:
    """A runner for an event; its jobs' folders go with it."""
    runs: list[Path] = []

    def make(repository: Repository, host: CodeHost, **given: object) -> Runner:
        runs.append(tmp_path / f"run-{len(runs)}")
        return Runner(runs[-1], repository.server, host, **{"base": debian, **given})  # pyright: ignore[reportArgumentType]

    yield make
    for run in runs:
        shutil.rmtree(run, ignore_errors=True)
