"""What is remembered of a config: the lab that it means, for as long as nothing that it follows from has changed."""

import shutil
from pathlib import Path

import pytest

from components.errors import ConfigError
from stacks.config import Lab
from stacks.config.memory import remembered
from stacks.config.parsing import parse

CONFIG = {"kind": "guests", "guests": {"web": {"memory": "2GiB", "userData": {"locale": "de_DE.UTF-8"}}}}
ROOT = Path(__file__).parents[3]


class Reader:
    """Reads a config, and counts how often."""

    def __init__(self, config: dict[str, object] | None = None) -> None:
        self.times = 0
        self._config = CONFIG if config is None else config

    def __call__(self) -> Lab:
        """Read it."""
        self.times += 1
        return parse(self._config, "lab", ["base"], ["debian-13"])


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout whose files a test may change."""
    for package in ("components", "stacks/config"):
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "uv.lock").touch()
    (tmp_path / ".kvmlab").mkdir()
    monkeypatch.setattr("stacks.config.memory.ROOT", tmp_path)
    monkeypatch.setattr("stacks.config.memory.PRIVATE", tmp_path / ".kvmlab")
    monkeypatch.setattr("stacks.config.memory.SCHEMA", tmp_path / "schema.json")
    return tmp_path


@pytest.mark.usefixtures("checkout")
def test_the_same_config_is_read_once() -> None:
    """What is remembered equals what is read, in every part."""
    read = Reader()
    first, second = (remembered("lab", ["config"], read) for _ in range(2))
    assert read.times == 1
    assert first == second == read()


@pytest.mark.parametrize("name", ["components/cloud_config.py", "stacks/config/checks.py", "uv.lock", "schema.json"])
def test_a_changed_program_reads_anew(checkout: Path, name: str) -> None:
    """Its code, its packages, and cloud-init's schema all have a say in what a config means."""
    read = Reader()
    remembered("lab", ["config"], read)
    (checkout / name).write_text("# changed\n", encoding="utf-8")
    remembered("lab", ["config"], read)
    assert read.times == 2


@pytest.mark.usefixtures("checkout")
def test_a_changed_config_reads_anew() -> None:
    """Each stack has its own; of each only the last one is remembered."""
    read = Reader()
    for stack, question in (("lab", "a"), ("lab", "b"), ("other", "b"), ("lab", "b"), ("lab", "a")):
        remembered(stack, [question], read)
    assert read.times == 4


def test_a_wrong_config_is_never_remembered(checkout: Path) -> None:
    """It is read, and refused, each time."""
    read = Reader({"kind": "guests", "guests": {"web": {"memory": "much"}}})
    for times in (1, 2):
        with pytest.raises(ConfigError):
            remembered("lab", ["config"], read)
        assert read.times == times
    assert list((checkout / ".kvmlab").iterdir()) == []


def test_a_memory_is_private(checkout: Path) -> None:
    """A config may hold what is nobody else's business, whoever may look into its directory."""
    remembered("lab", ["config"], Reader())
    directory = checkout / ".kvmlab" / "labs"
    (file,) = directory.iterdir()
    assert (directory.stat().st_mode & 0o777, file.stat().st_mode & 0o777) == (0o700, 0o600)


def test_half_a_memory_is_none(checkout: Path) -> None:
    """Whatever else a disk made of the file, the config is read then."""
    read = Reader()
    remembered("lab", ["config"], read)
    (file,) = (checkout / ".kvmlab" / "labs").iterdir()
    for size in (0, 10, 40):
        file.write_bytes(file.read_bytes()[:size])
        assert remembered("lab", ["config"], read) == read()


def test_nothing_is_remembered_where_nothing_is_private(checkout: Path) -> None:
    """Without the user's private directory, or one that cannot be written to, a run goes as well."""
    read = Reader()
    (checkout / ".kvmlab").rmdir()
    remembered("lab", ["config"], read)
    assert not (checkout / ".kvmlab").exists()
    (checkout / ".kvmlab").mkdir()
    (checkout / ".kvmlab" / "labs").touch()
    assert remembered("lab", ["config"], read) == read()
