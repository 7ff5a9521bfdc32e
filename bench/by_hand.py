"""What a person would have at hand for the same guests as a lab's: kept from a run of ours, for scripts without it."""

import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree

from bench.timing import ROOT, shell


def keep(stack: str, directory: Path) -> Path:
    """Keep image, network and ssh config of a lab that is up, whose guests share one image.

    Args:
        stack: the lab's.
        directory: where base.qcow2, network.xml and ssh_config go.

    Returns:
        The lab's pool.
    """
    pool = Path("/var/lib/libvirt/images") / stack
    shell(
        f"cp --sparse=always $(readlink -f {pool}/base-*) {directory}/base.qcow2 && chmod 0644 {directory}/base.qcow2"
    )
    shell(f"virsh net-dumpxml --inactive {stack} >{directory}/network.xml")
    shutil.copytree(ROOT / ".kvmlab" / "ssh" / stack, directory / "ssh")
    config = (directory / "ssh" / "config").read_text("utf-8").replace(f".kvmlab/ssh/{stack}", f"{directory}/ssh")
    (directory / "ssh_config").write_text(config, encoding="utf-8")
    return pool


def definition(domain: str, name: str, files: Sequence[Path]) -> str:
    """Of the same guest by another name, its first disks in other files; what else it has stays.

    Args:
        domain: a guest's.
        name: the other one.
        files: of its disks, in their order.
    """
    command = ["virsh", "dumpxml", "--inactive", domain]
    found = ElementTree.fromstring(  # noqa: S314 (libvirt's own)
        subprocess.run(command, capture_output=True, text=True, check=True).stdout
    )
    for child in list(found):
        if child.tag == "name":
            child.text = name
        elif child.tag == "uuid":
            found.remove(child)
    for disk, file in zip(found.findall("devices/disk"), files, strict=False):
        disk.set("type", "file")
        for source in disk.iterfind("source"):
            source.attrib = {"file": str(file)}
    return ElementTree.tostring(found, encoding="unicode")
