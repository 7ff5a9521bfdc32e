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

IMAGES = "system_u:object_r:virt_image_t:s0"
OTHERS = "system_u:object_r:default_t:s0"

RESTORECON = r"""#!/bin/sh
[ "$1" = -R ] && { all=-R; shift; } || all=
while IFS='	' read -r spec type; do
    ! printf '%s\n' "$1" | grep -qxE "$spec" || found=$type
done <"$POLICY"
chcon $all "system_u:object_r:$found:s0" "$1"
"""

SEMANAGE = r"""#!/bin/sh
echo "$*" >>"$POLICY.calls"
case $2 in
    -a) case $5 in *' '*) echo 'File specification can not include spaces' >&2; exit 1 ;; esac
        printf '%s\t%s\n' "$5" "$4" >>"$POLICY" ;;
    -d) grep -vF "$3	" "$POLICY" >"$POLICY.new"; mv "$POLICY.new" "$POLICY" ;;
esac
"""

Image = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def policy(tmp_path: Path) -> Path:
    """What SELinux labels how: a regular expression and a type a line, of which the last that fits counts."""
    file = tmp_path / "policy"
    file.write_text(f"/.*\tdefault_t\n{tmp_path}/images(/.*)?\tvirt_image_t\n")
    return file


@pytest.fixture
def tools(tmp_path: Path) -> Path:
    """Where the scripts lie."""
    directory = tmp_path / "bin"
    directory.mkdir()
    for name, text in (("restorecon", RESTORECON), ("semanage", SEMANAGE)):
        (directory / name).write_text(text)
        (directory / name).chmod(0o755)
    return directory


@pytest.fixture
def image(tmp_path: Path, policy: Path, tools: Path) -> Image:
    """Call the script as the program would, where SELinux is."""
    places = {"/sys/fs": tmp_path / "fs", "/var/lib/kvmlab": tmp_path / "kvmlab", "/run/lock": tmp_path / "lock"}
    for own in places.values():
        own.mkdir()
    (tmp_path / "fs" / "selinux").mkdir()
    (tmp_path / "fs" / "selinux" / "enforce").write_text("1")
    source = tmp_path / "empty.qcow2"
    subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", source, "1M"], check=True)
    settings = {"LAB": "t", "LINK": "base-t", "FILE": str(source), "POLICY": str(policy)}
    path = f"{tools}:{os.environ['PATH']}"

    def image(action: str, pool: Path) -> "subprocess.CompletedProcess[str]":
        return bound(places, "host/image.sh", action, POOL_PATH=str(pool), PATH=path, **settings)

    return image


def label(path: Path) -> str:
    """A file's label."""
    return os.getxattr(path, "security.selinux").decode().rstrip("\0")


def assert_nothing_left(tmp_path: Path, policy: Path, pool: Path, before: str) -> None:
    """Policy, pool and record are as they were."""
    assert policy.read_text() == before
    assert not pool.exists()
    assert list((tmp_path / "kvmlab").iterdir()) == []


def test_a_rule_of_the_pools_own(tmp_path: Path, policy: Path, image: Image) -> None:
    """It holds for the path letter by letter, whatever that has a meaning for elsewhere, and goes with the pool."""
    before, pool = policy.read_text(), tmp_path / "a b+c (d).e"
    told = image("apply", pool)
    assert told.returncode == 0, told.stderr
    assert f"changed: {pool} is labelled virt_image_t\n" in told.stdout
    assert label(pool) == IMAGES
    spec = f"{tmp_path}/a\\sb\\+c\\s\\(d\\)\\.e(/.*)?"
    assert policy.read_text() == f"{before}{spec}\tvirt_image_t\n"
    assert "labelled" not in image("apply", pool).stdout
    told = image("delete", pool)
    assert f"changed: {pool} is confined as before\n" in told.stdout
    assert_nothing_left(tmp_path, policy, pool, before)
    calls = (tmp_path / "policy.calls").read_text().splitlines()
    assert calls == [f"fcontext -a -t virt_image_t {spec}", f"fcontext -d {spec}"]


def test_a_label_by_hand(tmp_path: Path, policy: Path, tools: Path, image: Image) -> None:
    """Without semanage, the directory is labelled alone, and afterwards as the policy has it; files of others stay."""
    (tools / "semanage").unlink()
    before, pool = policy.read_text(), tmp_path / "pool"
    pool.mkdir()
    (pool / "theirs").touch()
    subprocess.run(["chcon", "-R", OTHERS, pool], check=True)
    assert image("apply", pool).returncode == 0
    assert label(pool) == IMAGES
    assert label(pool / "theirs") == OTHERS
    assert image("delete", pool).returncode == 0
    assert label(pool) == OTHERS
    assert list(pool.iterdir()) == [pool / "theirs"]
    assert policy.read_text() == before


def test_what_the_policy_labels(tmp_path: Path, policy: Path, image: Image) -> None:
    """Where the policy says so already, no rule of ours is needed."""
    before, pool = policy.read_text(), tmp_path / "images" / "pool"
    assert image("apply", pool).returncode == 0
    assert label(pool) == IMAGES
    assert image("delete", pool).returncode == 0
    assert_nothing_left(tmp_path, policy, pool, before)
    assert not (tmp_path / "policy.calls").exists()


def test_killed_half_way(tmp_path: Path, policy: Path, tools: Path, image: Image) -> None:
    """The next run takes the rule for its own, and so does the one that removes it."""
    before, pool = policy.read_text(), tmp_path / "pool"
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
    assert_nothing_left(tmp_path, policy, pool, before)


def test_a_directory_that_takes_no_label(tmp_path: Path, policy: Path, tools: Path, image: Image) -> None:
    """It is told before an image is fetched, and nothing is left."""
    before, pool = policy.read_text(), tmp_path / "pool"
    (tools / "semanage").write_text(
        '#!/bin/sh\n[ "$2" = -d ] || echo "ValueError: conflicts with equivalency rule" >&2\n'
    )
    done = image("apply", pool)
    assert done.returncode == 1
    assert done.stderr == (
        f"{pool}: must be a directory that SELinux may label virt_image_t, "
        "got 'ValueError: conflicts with equivalency rule'; choose another pool.path\n"
    )
    assert_nothing_left(tmp_path, policy, pool, before)
