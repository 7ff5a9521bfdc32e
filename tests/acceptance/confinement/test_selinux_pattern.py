"""SELinux's own matching takes the rule of a pool for that pool, and for nothing beside it."""

import subprocess
from pathlib import Path

from tests.bound import ROOT

PATTERN = ". host/confinement.sh; pattern"


def test_the_pattern(tmp_path: Path, packages: Path) -> None:
    """Each character of a path stands for itself."""
    pool = r"/mnt/a b+c.d*e?f(g)[h]{2}$i^j\k|l"
    spec = subprocess.check_output(["sh", "-c", PATTERN], cwd=ROOT, env={"POOL_PATH": pool}, text=True).strip()
    (tmp_path / "contexts").write_text(
        f"/.*\tsystem_u:object_r:default_t:s0\n{spec}\tsystem_u:object_r:virt_image_t:s0\n"
    )

    def kind(path: str) -> str:
        ask = [packages / "usr/sbin/matchpathcon", "-n", "-N", "-f", tmp_path / "contexts", path]
        return subprocess.check_output(ask, text=True).split(":")[2]

    assert [kind(pool), kind(f"{pool}/disk.qcow2")] == ["virt_image_t"] * 2
    assert [kind(f"{pool}x"), kind(pool.replace(".", "x")), kind("/mnt")] == ["default_t"] * 3
