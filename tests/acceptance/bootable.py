"""Kernels, initrds, disks and installers that say on the serial console what they are, of Debian's packages."""

import gzip
import subprocess
from collections.abc import Mapping
from pathlib import Path

MARK = "KVMLAB"
KERNEL = "linux-image-cloud-amd64"
MODULES = "virtio_ring virtio virtio_pci_legacy_dev virtio_pci_modern_dev virtio_pci virtio_blk"
"""In the order in which they need each other."""
INIT = f"""#!/bin/busybox sh
bb=/bin/busybox
$bb mount -t proc proc /proc
$bb mount -t devtmpfs dev /dev
for module in {MODULES}; do $bb insmod /$module.ko; done
read -r line </proc/cmdline
case $line in
    *kvmlab=install*)
        $bb sleep 3
        echo "{MARK} installs"
        $bb zcat /disk.gz | $bb dd of=/dev/vda bs=1M
        $bb sync
        $bb reboot -f
        ;;
esac
while :; do echo "{MARK} runs: ${{line##*kvmlab=}} of $line"; $bb sleep 1; done
"""
SYSTEMD_BOOT = Path("/usr/lib/systemd/boot/efi/systemd-bootx64.efi")
LDLINUX = Path("/usr/lib/syslinux/modules/bios/ldlinux.c32")


class Parts:
    """What the packages hold that is started."""

    def __init__(self, directory: Path) -> None:
        """Fetch and unpack them.

        Args:
            directory: where they come to lie.
        """
        self.directory = directory
        kernels = subprocess.run(["apt-cache", "depends", KERNEL], capture_output=True, text=True, check=True).stdout
        kernel = next(line.split()[-1] for line in kernels.splitlines() if "Depends: linux-image" in line)
        needed = [kernel, "busybox-static", "isolinux", "systemd-boot-efi", "syslinux-common"]
        subprocess.run(["apt-get", "-q", "download", *needed], cwd=directory, check=True, capture_output=True)
        for package in directory.glob("*.deb"):
            subprocess.run(["dpkg-deb", "-x", package, directory], check=True)
        (self.kernel,) = directory.glob("boot/vmlinuz-*")

    def initrd(self, disk: bytes = b"") -> bytes:
        """One that says its kernel's command line, again and again; if told to install, it writes a disk."""
        files = {"init": (INIT.encode(), 0o755), "bin/busybox": ((self.directory / "bin/busybox").read_bytes(), 0o755)}
        for module in MODULES.split():
            (file,) = self.directory.glob(f"lib/modules/*/kernel/**/{module}.ko")
            files[f"{module}.ko"] = (file.read_bytes(), 0o644)
        if disk:
            files["disk.gz"] = (gzip.compress(disk, 1), 0o644)
        return gzip.compress(_cpio(files), 1)

    def installer(self, iso: Path) -> Path:
        """One that BIOS starts: it writes a boot sector that says that it runs."""
        tree = self._tree("bios")
        (tree / "vmlinuz").write_bytes(self.kernel.read_bytes())
        (tree / "initrd").write_bytes(self.initrd(boot_sector(f"{MARK} runs: from disk\r\n")))
        (tree / "isolinux.bin").write_bytes((self.directory / "usr/lib/ISOLINUX/isolinux.bin").read_bytes())
        (tree / "ldlinux.c32").write_bytes((self.directory / LDLINUX.relative_to("/")).read_bytes())
        (tree / "isolinux.cfg").write_text(
            "default install\nprompt 0\nlabel install\nkernel /vmlinuz\n"
            "append initrd=/initrd console=ttyS0 quiet kvmlab=install\n",
            "ascii",
        )
        table = ("-no-emul-boot", "-boot-load-size", "4", "-boot-info-table")
        _iso(iso, tree, "-b", "isolinux.bin", "-c", "boot.cat", *table)
        return iso

    def uefi_installer(self, iso: Path) -> Path:
        """One that UEFI starts: it writes an EFI system partition with the same kernel."""
        tree = self._tree("uefi")
        disk = tree.parent / "disk.img"
        self._esp(disk, "from disk", self.initrd(), "partition")
        self._esp(tree / "efi.img", "install", self.initrd(disk.read_bytes()), "floppy")
        _iso(iso, tree, "-e", "efi.img", "-no-emul-boot")
        return iso

    def _tree(self, name: str) -> Path:
        tree = self.directory / name / "tree"
        tree.mkdir(parents=True, exist_ok=True)
        return tree

    def _esp(self, image: Path, what: str, initrd: bytes, form: str) -> None:
        """A FAT file system that UEFI starts the kernel from, alone or in a partition."""
        # Sectors of the image are of its own size: mtools counts them.
        sectors = (len(initrd) + self.kernel.stat().st_size) // 512 + 16384
        offset = 2048 if form == "partition" else 0
        with image.open("wb") as file:
            file.truncate((sectors + offset) * 512)
            if offset:
                file.write(partition_table(offset, sectors))
        within = f"{image}@@{offset * 512}"
        subprocess.run(["mformat", "-i", within, "-T", str(sectors), "-h", "16", "-s", "63", "::"], check=True)
        entry = f"linux /vmlinuz\ninitrd /initrd\noptions console=ttyS0 quiet kvmlab={what}\n"
        files = {
            "EFI/BOOT/BOOTX64.EFI": (self.directory / SYSTEMD_BOOT.relative_to("/")).read_bytes(),
            "loader/loader.conf": b"timeout 0\n",
            "loader/entries/it.conf": entry.encode(),
            "vmlinuz": self.kernel.read_bytes(),
            "initrd": initrd,
        }
        for name in ("EFI", "EFI/BOOT", "loader", "loader/entries"):
            subprocess.run(["mmd", "-i", within, f"::{name}"], check=True)
        for name, content in files.items():
            subprocess.run(["mcopy", "-i", within, "-", f"::{name}"], input=content, check=True)


def partition_table(offset: int, sectors: int) -> bytes:
    """An MBR with one EFI system partition, which BIOS does not start."""
    entry = bytes([0, 0, 2, 0, 0xEF, 0xFF, 0xFF, 0xFF]) + offset.to_bytes(4, "little") + sectors.to_bytes(4, "little")
    return bytes(446) + entry + bytes(48) + b"\x55\xaa"


def boot_sector(text: str) -> bytes:
    """One that says it on the first serial port, by BIOS, each second."""
    code = bytes.fromhex(
        "31c0"  # xor ax, ax
        "8ed8"  # mov ds, ax
        "fb"  # sti
        "31d2"  # xor dx, dx: the first port
        "be1d7c"  # mov si, the text
        "ac"  # next: lodsb
        "08c0"  # or al, al
        "7406"  # jz wait
        "b401"  # mov ah, 1: send
        "cd14"  # int 14h
        "ebf5"  # jmp next
        "b91200"  # wait: mov cx, 18 ticks
        "f4"  # tick: hlt
        "e2fd"  # loop tick
        "ebe3"  # jmp to the beginning
    )
    return (code + text.encode() + b"\0").ljust(510, b"\0") + b"\x55\xaa"


def _iso(iso: Path, tree: Path, *boot: str) -> None:
    command = ["xorriso", "-as", "mkisofs", "-quiet", "-V", "INSTALLER", "-o", str(iso), *boot, str(tree)]
    subprocess.run(command, check=True, capture_output=True)


def _cpio(files: Mapping[str, tuple[bytes, int]]) -> bytes:
    """An archive as the kernel unpacks it.

    https://docs.kernel.org/driver-api/early-userspace/buffer-format.html
    """
    archive = bytearray()
    entries = [(name, b"", 0o40755) for name in ("bin", "dev", "proc")]
    entries += [(name, content, 0o100000 | mode) for name, (content, mode) in files.items()]
    for number, (name, content, mode) in enumerate([*entries, ("TRAILER!!!", b"", 0)]):
        numbers = (number, mode, 0, 0, 1, 0, len(content), 0, 0, 0, 0, len(name) + 1, 0)
        head = b"070701" + b"".join(b"%08X" % value for value in numbers) + name.encode() + b"\0"
        archive += head + bytes(-len(head) % 4) + content + bytes(-len(content) % 4)
    return bytes(archive)
