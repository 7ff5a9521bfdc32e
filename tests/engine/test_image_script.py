"""host/image.sh, run for real against a web server of the test's own."""

import hashlib
import subprocess
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


class Quiet(SimpleHTTPRequestHandler):
    """A server that keeps its log to itself."""

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the base's own signature)
        """Say nothing."""


@pytest.fixture
def published(tmp_path: Path) -> Path:
    """An image as its publisher offers it."""
    (tmp_path / "web").mkdir()
    image = tmp_path / "web" / "disk.qcow2"
    subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", image, "1M"], check=True)
    return image


@pytest.fixture
def url(published: Path) -> Iterator[str]:
    """Where it is published."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(published.parent)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/disk.qcow2"
    server.shutdown()


def image(action: str, pool: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run the script as the Image component does."""
    environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LAB": "t", "POOL_PATH": str(pool), "LINK": "base-t"}
    return subprocess.run(
        ["host/image.sh", action],
        cwd=ROOT,
        env=environment | settings,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def sha512(file: Path) -> str:
    """A file's digest."""
    return hashlib.sha512(file.read_bytes()).hexdigest()


def test_stored_under_its_digest(tmp_path: Path, published: Path, url: str) -> None:
    """The right bytes are kept by content; a second run finds them, and delete leaves nothing."""
    pool, digest = tmp_path / "pool", sha512(published)
    first = image("apply", pool, URL=url, DIGEST=f"sha512:{digest}")
    assert first.returncode == 0, first.stderr
    assert (pool / "base-t").resolve() == pool / f"{digest[:32]}.qcow2"
    assert image("apply", pool, URL=url, DIGEST=f"sha512:{digest}").stdout == "ok: image base-t\n"
    assert image("delete", pool).returncode == 0
    assert not pool.exists()


def test_wrong_digest_is_kept_aside(tmp_path: Path, published: Path, url: str) -> None:
    """Other bytes are never used: they are evidence, and nothing else of the lab is left."""
    pool, actual = tmp_path / "pool", sha512(published)
    done = image("apply", pool, URL=url, DIGEST=f"sha512:{'0' * 128}")
    aside = tmp_path / f"pool.rejected-{actual[:12]}"
    assert done.returncode == 1
    assert done.stderr == (
        f"image {url}: its sha512 must be {'0' * 128}, got {actual}; "
        f"the file is kept aside as {aside} and is not used\n"
    )
    assert aside.stat().st_mode & 0o777 == 0o600
    assert not pool.exists()


def test_nothing_there(tmp_path: Path, published: Path, url: str) -> None:
    """An address that has no such file is one clear error, and leaves nothing."""
    done = image("apply", tmp_path / "pool", URL=f"{url}.gone", DIGEST=f"sha512:{sha512(published)}")
    assert done.returncode == 1
    assert done.stderr.startswith(f"image {url}.gone: cannot be downloaded, ")
    assert not (tmp_path / "pool").exists()


def test_unreachable(tmp_path: Path) -> None:
    """No network and no recipe is said at once."""
    done = image("apply", tmp_path / "pool", URL="http://127.0.0.1:1/x", DIGEST=f"sha512:{'0' * 128}")
    assert done.stderr == "image http://127.0.0.1:1/x: cannot be reached; check the network, or give a local file\n"
    assert not (tmp_path / "pool").exists()


def test_two_names_of_the_same_bytes(tmp_path: Path, published: Path) -> None:
    """One goes, and guests that stand on the other keep their base."""
    pool = tmp_path / "pool"
    for link in ("base-one", "base-two"):
        assert image("apply", pool, LINK=link, FILE=str(published)).returncode == 0
    assert image("delete", pool, LINK="base-one").returncode == 0
    assert (pool / "base-two").resolve().exists()
    assert image("delete", pool, LINK="base-two").returncode == 0
    assert not pool.exists()


def test_a_foreign_directory_stays(tmp_path: Path, published: Path) -> None:
    """A directory that was there before, and what lies in it, is as found after delete."""
    pool = tmp_path / "pool"
    pool.mkdir()
    (pool / "mine").write_text("x")
    assert image("apply", pool, FILE=str(published)).returncode == 0
    assert image("delete", pool).returncode == 0
    assert [file.name for file in pool.iterdir()] == ["mine"]
