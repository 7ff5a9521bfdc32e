"""A machine where AppArmor watches: the real parser and the real virt-aa-helper, and a kernel that is played.

This machine's kernel may have no AppArmor. What would be loaded into it is kept in a file instead, and virt-aa-helper
reads a guest's disk if that file lets it: if not, it has no right of root's to open what is closed.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.acceptance.confinement.policy import reads
from tests.bound import bound

NAME = "usr.lib.libvirt.virt-aa-helper"
HELPER = "/usr/lib/libvirt/virt-aa-helper"
PLACES = ("/srv", "/mnt", "/home", "/var/spool")
"""Where pools are put."""

PARSER = """#!/bin/sh
echo "$*" >>"$STATE/loads"
[ ! -e "$STATE/signal" ] || { signal=$(cat "$STATE/signal"); rm "$STATE/signal"; kill -s "$signal" 0; }
"$PARSER" -q --config-file=/dev/null -Q "$@" || exit
for profile; do :; done
"$PARSER" -q --config-file=/dev/null -Q -o "$STATE/loading" "$profile" 2>/dev/null
mv "$STATE/loading" "$STATE/loaded"
"""

CONFINED = """#!/bin/sh
guest=$(cat)
disk=$(printf '%s' "$guest" | sed 's/.*<source file="\\([^"]*\\)".*/\\1/; s/&lt;/</g; s/&quot;/"/g; s/&amp;/\\&/g')
chmod 0 "$disk"
real=$(readlink -f "$disk")
"$PYTHON" -m tests.acceptance.confinement.watched "$STATE/loaded" "$real" || closed=-dac_override,-dac_read_search
printf '%s' "$guest" | setpriv --bounding-set "${closed:-+all}" "$STATE/virt-aa-helper" "$@"
"""


class Watched:
    """A machine of that kind, with libvirt's profile loaded."""

    def __init__(self, state: Path, packages: Path) -> None:
        self.state = state
        state.chmod(0o755)
        self.environment = {
            "STATE": str(state),
            "PARSER": str(packages / "sbin" / "apparmor_parser"),
            "PYTHON": sys.executable,
            "PATH": f"{state}/bin:{os.environ['PATH']}",
            "FILE": str(state / "empty.qcow2"),
        }
        self.places = {
            place: state / place.strip("/").replace("/", "-") for place in (*PLACES, "/var/lib/kvmlab", "/run/lock")
        }
        for own in self.places.values():
            own.mkdir()
        enabled = state / "module" / "apparmor" / "parameters" / "enabled"
        enabled.parent.mkdir(parents=True)
        enabled.write_text("Y\n")
        shutil.copytree(packages / "etc/apparmor.d", state / "apparmor.d")
        shutil.copytree("/etc/apparmor.d", state / "apparmor.d", dirs_exist_ok=True)
        shutil.copy2(HELPER, state / "virt-aa-helper")
        self._script("confined", CONFINED)
        (state / "bin").mkdir()
        self._script("bin/apparmor_parser", PARSER)
        self.places |= {
            "/sys/module": state / "module",
            "/etc/apparmor.d": state / "apparmor.d",
            HELPER: state / "confined",
        }
        subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", self.environment["FILE"], "1M"], check=True)
        self.profile = state / "apparmor.d" / NAME
        self.rules = state / "apparmor.d" / "local" / NAME
        self.rules.write_bytes(b"")
        self.load()

    def _script(self, name: str, text: str) -> None:
        (self.state / name).write_text(text)
        (self.state / name).chmod(0o755)

    def load(self) -> None:
        """As at boot."""
        done = bound(self.places, "apparmor_parser", "-r", f"/etc/apparmor.d/{NAME}", **self.environment)
        assert done.returncode == 0, done.stderr
        (self.state / "loads").unlink()

    @property
    def loads(self) -> int:
        """How often the profile has been loaded since then."""
        return len(file.read_text().splitlines()) if (file := self.state / "loads").exists() else 0

    def reads(self, path: str) -> bool:
        """Whether virt-aa-helper may."""
        return reads(self.state / "loaded", path)

    def image(self, action: str, pool: str) -> "subprocess.CompletedProcess[str]":
        """Call the script as the program would."""
        return bound(self.places, "host/image.sh", action, POOL_PATH=pool, LAB="t", LINK="base-t", **self.environment)

    def end_next(self, signal: str) -> None:
        """The next call of the parser is a run's last."""
        (self.state / "signal").write_text(signal)

    def assert_nothing_left(self) -> None:
        """No pool is there, and no record of one."""
        assert [list(self.places[place].iterdir()) for place in (*PLACES, "/var/lib/kvmlab")] == [[]] * 5


if __name__ == "__main__":
    sys.exit(not reads(Path(sys.argv[1]), sys.argv[2]))
