"""A pool's directory on a machine with SELinux: it is labelled, and afterwards it is as it was.

No kernel here has SELinux: labels are real attributes of real files, set by the real chcon. What asks a policy is
played by scripts that know one of three lines.
"""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.bound import bound

IMAGES = "unconfined_u:object_r:virt_image_t:s0"
THEIRS = "unconfined_u:object_r:user_home_t:s0"

MATCHPATHCON = r"""#!/bin/sh
while IFS='	' read -r spec type; do
    ! printf '%s\n' "$2" | grep -qxE "$spec" || found=$type
done <"$POLICY"
echo "system_u:object_r:$found:s0"
"""

SEMANAGE = r"""#!/bin/sh
echo "$*" >>"$POLICY.calls"
case $2 in
    -a) case $5 in *' '*) echo 'File specification can not include spaces' >&2; exit 1 ;; esac
        printf '%s\t%s\n' "$5" "$4" >>"$POLICY" ;;
    -d) grep -vF "$3	" "$POLICY" >"$POLICY.new"; mv "$POLICY.new" "$POLICY" ;;
esac
"""

Image = Callable[[str, Path], "subprocess.CompletedProcess[str]"]

pytestmark = pytest.mark.usefixtures("libvirt")


@pytest.fixture
def srv(tmp_path: Path) -> Path:
    """What is /srv there: everybody may pass, as they may not what pytest makes."""
    directory = tmp_path / "srv"
    directory.mkdir()
    return directory


@pytest.fixture
def policy(tmp_path: Path) -> Path:
    """What SELinux labels how: a regular expression and a type a line, of which the last that fits counts."""
    file = tmp_path / "policy"
    file.write_text("/.*\tdefault_t\n/srv/images(/.*)?\tvirt_image_t\n")
    return file


@pytest.fixture
def tools(tmp_path: Path) -> Path:
    """Where the scripts lie."""
    directory = tmp_path / "bin"
    directory.mkdir()
    for name, text in (("matchpathcon", MATCHPATHCON), ("semanage", SEMANAGE)):
        (directory / name).write_text(text)
        (directory / name).chmod(0o755)
    return directory


@pytest.fixture
def image(tmp_path: Path, srv: Path, policy: Path, tools: Path) -> Image:
    """Call the script as the program would, where SELinux is."""
    places = {"/sys/fs": tmp_path / "fs", "/var/lib/kvmlab": tmp_path / "kvmlab", "/run/lock": tmp_path / "lock"}
    for own in places.values():
        own.mkdir()
    places["/srv"] = srv
    (tmp_path / "fs" / "selinux").mkdir()
    (tmp_path / "fs" / "selinux" / "enforce").write_text("1")
    source = tmp_path / "empty.qcow2"
    subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", source, "1M"], check=True)
    settings = {"LAB": "t", "LINK": "base-t", "FILE": str(source), "POLICY": str(policy)}
    path = f"{tools}:{os.environ['PATH']}"

    def image(action: str, pool: Path) -> "subprocess.CompletedProcess[str]":
        return bound(places, "host/image.sh", action, POOL_PATH=f"/srv/{pool.name}", PATH=path, **settings)

    return image


def label(path: Path) -> str:
    """A file's label."""
    return os.getxattr(path, "security.selinux").decode().rstrip("\0")


def labelled(directory: Path, label: str) -> Path:
    """A directory that has a label, as each has with SELinux."""
    directory.mkdir()
    subprocess.run(["chcon", label, directory], check=True)
    return directory


def assert_nothing_left(tmp_path: Path, policy: Path, before: str) -> None:
    """Policy and record are as they were."""
    assert policy.read_text() == before
    assert list((tmp_path / "kvmlab").iterdir()) == []


def test_a_rule_of_the_pools_own(tmp_path: Path, srv: Path, policy: Path, image: Image) -> None:
    """It holds for the path letter by letter, whatever that has a meaning for elsewhere, and goes with the pool."""
    before, pool = policy.read_text(), labelled(srv / "a b+c (d).e", THEIRS)
    told = image("apply", pool)
    assert told.returncode == 0, told.stderr
    assert f"changed: /srv/{pool.name} is labelled virt_image_t\n" in told.stdout
    assert label(pool) == IMAGES
    spec = "/srv/a\\sb\\+c\\s\\(d\\)\\.e(/.*)?"
    assert policy.read_text() == f"{before}{spec}\tvirt_image_t\n"
    assert "labelled" not in image("apply", pool).stdout
    told = image("delete", pool)
    assert f"changed: /srv/{pool.name} is confined as before\n" in told.stdout
    assert label(pool) == THEIRS
    assert_nothing_left(tmp_path, policy, before)
    calls = (tmp_path / "policy.calls").read_text().splitlines()
    assert calls == [f"fcontext -a -t virt_image_t {spec}", f"fcontext -d {spec}"]


def test_without_semanage(tmp_path: Path, srv: Path, policy: Path, tools: Path, image: Image) -> None:
    """The directory is labelled alone, and files of others are not."""
    (tools / "semanage").unlink()
    before, pool = policy.read_text(), labelled(srv / "pool", THEIRS)
    labelled(pool / "theirs", THEIRS)
    assert image("apply", pool).returncode == 0
    assert label(pool) == IMAGES
    assert label(pool / "theirs") == THEIRS
    assert image("delete", pool).returncode == 0
    assert label(pool) == THEIRS
    assert_nothing_left(tmp_path, policy, before)


def test_a_directory_that_has_the_label(tmp_path: Path, srv: Path, policy: Path, image: Image) -> None:
    """Nothing is done, and nothing undone."""
    before, pool = policy.read_text(), labelled(srv / "pool", IMAGES)
    assert image("apply", pool).returncode == 0
    assert image("delete", pool).returncode == 0
    assert label(pool) == IMAGES
    assert not (tmp_path / "policy.calls").exists()
    assert_nothing_left(tmp_path, policy, before)


def test_a_rule_that_was_there(tmp_path: Path, srv: Path, policy: Path, image: Image) -> None:
    """The policy's own, or the user's, is enough, and stays."""
    before, pool = policy.read_text(), labelled(srv / "images", THEIRS)
    assert image("apply", pool).returncode == 0
    assert label(pool) == IMAGES
    assert image("delete", pool).returncode == 0
    assert label(pool) == THEIRS
    assert not (tmp_path / "policy.calls").exists()
    assert_nothing_left(tmp_path, policy, before)


def test_killed_half_way(tmp_path: Path, srv: Path, policy: Path, tools: Path, image: Image) -> None:
    """The next run takes the rule for its own, and so does the one that removes it."""
    before, pool = policy.read_text(), labelled(srv / "pool", THEIRS)
    semanage = (tools / "semanage").read_text()
    (tools / "semanage").write_text(f"{semanage}kill -9 0\n")
    assert image("apply", pool).returncode != 0
    assert policy.read_text() != before
    (tools / "semanage").write_text(semanage)
    assert image("apply", pool).returncode == 0
    assert label(pool) == IMAGES
    (tools / "semanage").write_text(f"{semanage}kill -9 0\n")
    assert image("delete", pool).returncode != 0
    (tools / "semanage").write_text(semanage)
    assert image("delete", pool).returncode == 0
    assert label(pool) == THEIRS
    assert_nothing_left(tmp_path, policy, before)


def test_a_directory_that_takes_no_label(tmp_path: Path, srv: Path, policy: Path, tools: Path, image: Image) -> None:
    """It is told before an image is fetched, and nothing is left."""
    before, pool = policy.read_text(), labelled(srv / "pool", THEIRS)
    (tools / "chcon").write_text('#!/bin/sh\necho "chcon: Operation not supported" >&2\nexit 1\n')
    (tools / "chcon").chmod(0o755)
    done = image("apply", pool)
    assert done.returncode == 1
    assert done.stderr == (
        "/srv/pool: must be a directory that SELinux may label virt_image_t, "
        "got 'chcon: Operation not supported'; choose another pool.path\n"
    )
    assert label(pool) == THEIRS
    assert_nothing_left(tmp_path, policy, before)
