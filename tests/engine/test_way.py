"""QEMU's user gets to a pool wherever that is, and nobody else does who did not before."""

import os
import shutil
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
OPENED = Path("/var/lib/kvmlab/opened")

pytestmark = pytest.mark.usefixtures("libvirt")


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    """A home that lets nobody pass, below directories that pytest has made the same way."""
    directory = tmp_path / "a home"
    directory.mkdir(mode=0o700)
    subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", tmp_path / "empty.qcow2", "1M"], check=True)
    yield directory
    for pool in directory.glob("*"):
        image("delete", pool)
    assert not OPENED.exists()


def image(action: str, pool: Path) -> "subprocess.CompletedProcess[str]":
    """Call the script as the program would."""
    source = next(above for above in pool.parents if above.name == "a home").with_name("empty.qcow2")
    settings = {"POOL_PATH": str(pool), "LAB": pool.name, "LINK": "base-x", "FILE": str(source)}
    return subprocess.run(
        ["host/image.sh", action],
        cwd=ROOT,
        env={**os.environ, **settings},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def made(pool: Path) -> str:
    """What the script says of a pool that it could make."""
    done = image("apply", pool)
    assert done.returncode == 0, done.stderr
    return done.stdout


def reads(user: str, file: Path) -> bool:
    """Whether a user gets at a file."""
    become = ["setpriv", "--reuid", user, "--regid", "nogroup", "--clear-groups"]
    return subprocess.run([*become, "head", "-c", "1", file], capture_output=True, check=False).returncode == 0


def state(directory: Path) -> dict[str, tuple[int, str]]:
    """Mode and list of each directory on the way."""
    return {
        str(path): (stat.S_IMODE(path.stat().st_mode), subprocess.check_output(["getfacl", "-cp", path], text=True))
        for path in (directory, *directory.parents)
    }


def test_a_pool_in_a_home(home: Path) -> None:
    """The way is opened for QEMU's user alone, and closed again; what lets everybody pass stays as it is."""
    made(home / "first")
    image("delete", home / "first")
    before = state(home)
    told = made(home / "pool")
    assert f"changed: libvirt-qemu may pass {home}\n" in told
    assert reads("libvirt-qemu", home / "pool" / "base-x")
    assert not reads("nobody", home / "pool" / "base-x")
    assert "libvirt-qemu" not in state(Path("/tmp"))["/tmp"][1]  # noqa: S108 (nobody's in particular)
    assert "may pass" not in made(home / "pool")
    deleted = image("delete", home / "pool")
    assert f"changed: libvirt-qemu may not pass {home} any more\n" in deleted.stdout
    assert state(home) == before


def test_a_path_that_is_not_there(home: Path) -> None:
    """What of it is made goes again, and what was there stays."""
    (home / "there").mkdir()
    pool = home / "there" / "more" / "pool"
    made(pool)
    assert stat.S_IMODE(pool.stat().st_mode) == 0o711
    assert reads("libvirt-qemu", pool / "base-x")
    image("delete", pool)
    assert list((home / "there").iterdir()) == []
    (home / "there").rmdir()


def test_the_last_one_closes_it(home: Path) -> None:
    """Labs that share a part of the way do not lock each other out."""
    made(home / "one")
    made(home / "two")
    image("delete", home / "one")
    assert reads("libvirt-qemu", home / "two" / "base-x")
    image("delete", home / "two")
    assert stat.S_IMODE(home.stat().st_mode) == 0o700


def test_a_list_that_was_there_stays(home: Path) -> None:
    """Whoever else may pass may do so afterwards."""
    made(home / "first")  # brings setfacl
    image("delete", home / "first")
    subprocess.run(["setfacl", "-m", "u:nobody:x", home], check=True)
    before = state(home)
    made(home / "pool")
    image("delete", home / "pool")
    assert state(home) == before


def test_a_file_system_that_lets_nobody_pass(home: Path) -> None:
    """It is told before an image is fetched, and nothing is left, not even of the path."""
    mounted = home / "mounted"
    mounted.mkdir()
    # One that knows no lists.
    subprocess.run(["mount", "-t", "ramfs", "-o", "mode=700", "ramfs", mounted], check=True)
    try:
        pool = mounted / "below" / "pool"
        done = image("apply", pool)
        assert done.returncode == 1
        todo = "chmod o+x it, or choose another pool.path"
        expected = f"{pool}: must be a directory that libvirt-qemu reaches, got no way through {mounted}; {todo}\n"
        assert done.stderr == expected
        assert list(mounted.iterdir()) == []
    finally:
        subprocess.run(["umount", mounted], check=True)
    shutil.rmtree(mounted)
    assert stat.S_IMODE(home.stat().st_mode) == 0o700
