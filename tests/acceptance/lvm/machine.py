"""A machine that is a kernel, LVM and the scripts of host/: an initramfs that runs a shell script and powers off."""

import gzip
import re
import shutil
import stat
import subprocess
from collections.abc import Callable
from pathlib import Path

Run = Callable[[str], str]
"""Runs a script, and returns what it printed."""
ROOT = Path(__file__).parents[3]
COMMANDS = (
    "awk basename cat chmod cmp cut dd df dirname env flock grep head id kill ln losetup ls lsblk mkdir mktemp mount "
    "mv od ps qemu-img readlink rm rmdir sed sh sleep sort stat tail timeout touch tr truncate wc"
)
"""Of this machine: what the scripts call, and what the tests do."""
LVM = "lvm vgcreate vgs lvs lvcreate lvextend lvremove lvrename lvchange pvcreate"
MODULES = ("drivers/md/dm-mod.ko", "drivers/block/loop.ko")
INIT = """#!/bin/sh
export PATH=/usr/bin:/usr/sbin:/bin:/sbin LVM_SYSTEM_DIR=/etc/lvm
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
for module in /modules/*.ko; do insmod $module; done
cd /kvmlab
echo @@begin@@
sh /script 2>&1
echo "@@end@@ $?"
echo o >/proc/sysrq-trigger
sleep 60
"""
CONFIG = """
devices { obtain_device_list_from_udev = 0 external_device_info_source = "none" }
activation { udev_sync = 0 udev_rules = 0 verify_udev_operations = 0 monitoring = 0 }
"""
"""LVM's, where no udev makes the devices' names."""


def build(packages: Path, to: Path) -> None:
    """Make the tree of its files.

    Args:
        packages: Debian's kernel, lvm2 and kmod, unpacked.
        to: the tree.
    """
    for directory in (
        "dev",
        "etc/lvm",
        "modules",
        "proc",
        "run/lock",
        "sys",
        "tmp",
        "usr/bin",
        "usr/lib",
        "var/lib",
        "root",
    ):
        (to / directory).mkdir(parents=True)
    for link in ("bin", "sbin", "lib", "lib64", "usr/sbin"):
        (to / link).symlink_to("usr/bin" if link == "bin" else "usr/lib" if "lib" in link else "/usr/bin")
    for name in dict.fromkeys(COMMANDS.split()):
        found = shutil.which(name)
        assert found, name
        _take(Path(found), to / "usr/bin" / name, to)
    _take(packages / "sbin/lvm", to / "usr/bin/lvm", to, packages)
    _take(packages / "bin/kmod", to / "usr/bin/insmod", to, packages)
    for name in LVM.split()[1:]:
        (to / "usr/bin" / name).symlink_to("lvm")
    (kernel,) = (packages / "lib/modules").iterdir()
    for number, module in enumerate(MODULES):
        shutil.copy(kernel / "kernel" / module, to / f"modules/{number}-{Path(module).name}")
    (to / "etc/lvm/lvm.conf").write_text(CONFIG, "utf-8")
    (to / "etc/passwd").write_text("root:x:0:0::/root:/bin/sh\n", "utf-8")
    shutil.copytree(ROOT / "host", to / "kvmlab/host")
    (to / "init").write_text(INIT, "utf-8")
    (to / "init").chmod(0o755)


def pack(tree: Path) -> bytes:
    """The tree as the kernel unpacks it; several of these may follow each other."""
    files = [tree, *sorted(tree.rglob("*"))]
    entries = [_entry(number, path, str(path.relative_to(tree))) for number, path in enumerate(files)]
    return gzip.compress(b"".join([*entries, _entry(0, None, "TRAILER!!!")]), compresslevel=1)


def run(files: bytes, kernel: Path, script: str, work: Path) -> str:
    """What a script prints there; it must end well.

    Args:
        files: the machine's, packed.
        kernel: to start.
        script: of the shell.
        work: for what is made of these.
    """
    (work / "tree").mkdir()
    (work / "tree" / "script").write_text(f"set -eu\n{script}", "utf-8")
    image = work / "initramfs"
    # Aligned, as the kernel wants the next one.
    image.write_bytes(files + bytes(-len(files) % 4) + pack(work / "tree"))
    # By another name, as a guest of libvirt's is told by its own.
    emulator = work / "machine"
    emulator.symlink_to(shutil.which("qemu-system-x86_64") or "")
    done = subprocess.run(
        [
            *(emulator, "-m", "1536", "-nographic", "-no-reboot", "-nodefaults", "-serial", "stdio", "-cpu", "max"),
            *("-kernel", kernel, "-initrd", image, "-append", "console=ttyS0 loglevel=0 panic=-1 rdinit=/init"),
        ],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        timeout=300,
        check=False,
    )
    said = done.stdout.replace("\r", "")
    found = re.search(r"@@begin@@\n(.*)@@end@@ 0\n", said, re.DOTALL)
    assert found, said[-4000:] + done.stderr
    return found[1]


def _take(source: Path, to: Path, tree: Path, packages: Path | None = None) -> None:
    """A program and the libraries that it needs."""
    shutil.copy(source, to)
    paths = f"{packages}/lib/x86_64-linux-gnu:{packages}/usr/lib/x86_64-linux-gnu" if packages else ""
    told = subprocess.run(
        ["ldd", source],
        env={"LD_LIBRARY_PATH": paths, "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert "not found" not in told, told
    for library in re.findall(r"(/\S+) \(0x", told):
        name = Path(library).name
        if not (tree / "usr/lib" / name).exists():
            shutil.copy(library, tree / "usr/lib" / name)


def _entry(number: int, path: Path | None, name: str) -> bytes:
    """A file as cpio's `newc` has it: https://docs.kernel.org/driver-api/early-userspace/buffer-format.html."""
    mode, content = 0, b""
    if path is not None:
        mode = path.lstat().st_mode
        if stat.S_ISLNK(mode):
            content = str(path.readlink()).encode()
        elif stat.S_ISREG(mode):
            content = path.read_bytes()
    fields = (number, mode, 0, 0, 1, 0, len(content), 0, 0, 0, 0, len(name.encode()) + 1, 0)
    head = b"070701" + "".join(f"{field:08x}" for field in fields).encode() + name.encode() + b"\0"
    return head + bytes(-len(head) % 4) + content + bytes(-len(content) % 4)
