"""Guests as people make them, and what an edit does to each, for real: firmware, screens, data disks.

`make e2e-guests` runs it, in ten minutes without KVM. One story: each test goes on from the last.
"""

import json
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.lab import Lab, host, run

pytestmark = [pytest.mark.usefixtures("libvirt"), pytest.mark.timeout(3600)]

STACK = "e2e-guests"
POOL = Path(f"/var/lib/libvirt/images/{STACK}")
PORT = 6000
VARIABLE = "/sys/firmware/efi/efivars/KvmlabTest-d2a7f1c4-5b1e-4c62-9d0e-0a4f6f6f6c31"
BY_ID = "/dev/disk/by-id/virtio-"
KEPT = "/home/lab/kept"
JOURNAL = "/mnt/journal"
WEB: dict[str, Any] = {
    "firmware": "uefi",
    "tpm": True,
    "console": {"type": "spice", "port": PORT},
    "autostart": True,
    "maxCpus": 2,
    "maxMemory": "1280MiB",
    "disks": {"data": {"size": "1GiB"}},
}
ANOTHER: dict[str, Any] = {
    "userData": {
        "fs_setup": [{"device": f"{BY_ID}data", "filesystem": "ext4", "overwrite": False}],
        "mounts": [[f"{BY_ID}data", "/srv", "ext4", "defaults,nofail"]],
    },
    "onCloudInitChange": "replace",
    "firmware": "bios",
    "disks": {"data": {"size": "2GiB"}},
}
"""Of `web`, what makes it another guest."""
LARGER: dict[str, Any] = {**ANOTHER, "disk": "9GiB"}
STARTED: dict[str, Any] = {"memory": "128MiB", "waitFor": "start", "shutdownTimeout": "0s"}


@pytest.fixture(scope="module")
def found() -> dict[str, list[str]]:
    """The host before the lab."""
    Lab(STACK).sweep()
    return host()


@pytest.fixture(scope="module")
def lab(found: dict[str, list[str]]) -> Iterator[Lab]:
    """A lab with one guest, up."""
    assert STACK not in found["pools"]
    made = Lab(STACK)
    write(made)
    made.make("up")
    yield made
    if made.file.exists():
        unprotect(made)
        made.remove()


def write(lab: Lab, guests: dict[str, Any] | None = None, **web: object) -> None:
    """The guest `web`, with keys of one's own, and others."""
    lab.write(
        {"kind": "guests", "network": {"cidr": "10.20.87.0/24"}, "guests": {"web": {**WEB, **web}, **(guests or {})}}
    )


def unprotect(lab: Lab) -> None:
    """Let all go that is there."""
    lab.pulumi("state", "unprotect", "--all", "--yes")


def boot(lab: Lab) -> str:
    """Which start of the guest this is."""
    return lab.ssh("web", "cat /proc/sys/kernel/random/boot_id")


def size(lab: Lab, disk: str) -> int:
    """Of a data disk, as the guest sees it, in MiB."""
    return int(lab.ssh("web", f"lsblk -bdno SIZE {BY_ID}{disk}")) // 1024**2


def root(lab: Lab) -> int:
    """Size of the guest's root file system in MiB."""
    return int(lab.ssh("web", "df -BM --output=size / | tail -n 1").strip(" M"))


def available(lab: Lab) -> int:
    """Memory that the guest's system has in all, in MiB."""
    return int(lab.ssh("web", "awk '/^MemTotal/ { print $2 }' /proc/meminfo")) // 1024


def wait_until(is_so: Callable[[], bool]) -> None:
    """A balloon takes its time."""
    deadline = time.monotonic() + 60
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(1)


def refused(lab: Lab, *words: str) -> None:
    """A run that ends before anything is changed, and says why."""
    before = host()
    done = run("make", "up", f"STACK={lab.stack}")
    assert done.returncode != 0, done.stdout
    assert all(word in done.stdout for word in words), done.stdout
    assert host() == before


def test_uefi(lab: Lab) -> None:
    """It started the guest, on a board of PCI Express, and keeps a variable of the guest's."""
    lab.ssh("web", f"printf '\\007\\000\\000\\000kept' | sudo tee {VARIABLE} >/dev/null")
    assert lab.ssh("web", "test -d /sys/firmware/efi && cat /sys/class/dmi/id/product_name").startswith(
        "Standard PC (Q35"
    )
    assert lab.changes() == {}


def test_tpm(lab: Lab) -> None:
    """The guest has one, of version 2."""
    assert lab.ssh("web", "cat /sys/class/tpm/tpm0/tpm_version_major") == "2"


def test_the_screen(lab: Lab) -> None:
    """SPICE answers on its port, on loopback and nowhere else; the outputs have the commands for it."""
    listening = run("ss", "-Hltn", f"sport = :{PORT}").stdout.split()
    assert listening[3] == f"127.0.0.1:{PORT}", listening
    # A link message of another version is answered by one of its own: https://www.spice-space.org/spice-protocol.html
    with socket.create_connection(("127.0.0.1", PORT), timeout=10) as viewer:
        viewer.sendall(b"REDQ" + (99).to_bytes(4, "little") + bytes(8))
        assert viewer.recv(4) == b"REDQ"
    told = json.loads(lab.pulumi("stack", "output", "guests", "--json").stdout)["web"]
    assert told["viewer"] == f"remote-viewer spice://127.0.0.1:{PORT}"
    assert told["console"] == f"virsh -c qemu:///system console {STACK}-web"


def test_it_starts_with_the_host(lab: Lab) -> None:
    """Libvirt sees to it, and no longer when that is taken back; the guest notices neither."""
    before = boot(lab)
    for wanted, told in ((False, "disable"), (True, "enable")):
        write(lab, autostart=wanted)
        lab.make("up")
        assert f"Autostart:      {told}" in run("virsh", "dominfo", f"{STACK}-web").stdout
    assert boot(lab) == before


def test_a_data_disk(lab: Lab) -> None:
    """It has its name for a serial number, its size, and nothing on it."""
    assert size(lab, "data") == 1024
    assert lab.ssh("web", f"sudo blkid {BY_ID}data || echo blank") == "blank"
    lab.ssh(
        "web",
        f"sudo mkfs.ext4 -q {BY_ID}data && sudo mount {BY_ID}data /mnt && sudo touch /mnt/kept && touch {KEPT} && sync",
    )


def test_disks_change_while_it_runs(lab: Lab) -> None:
    """One grows and one comes, before it in the alphabet; then that goes again, and its volume with it."""
    before = boot(lab)
    write(lab, disks={"archive": {"size": "512MiB", "protect": False}, "data": {"size": "2GiB"}})
    lab.make("up")
    assert (size(lab, "archive"), size(lab, "data")) == (512, 2048)
    assert (POOL / f"{STACK}-web.archive.qcow2").exists()
    assert lab.changes() == {}
    write(lab, disks={"data": {"size": "2GiB"}})
    lab.make("up")
    assert lab.ssh("web", f"ls -d {BY_ID}* /mnt/kept").split() == [f"{BY_ID}data", "/mnt/kept"]
    assert not (POOL / f"{STACK}-web.archive.qcow2").exists()
    assert boot(lab) == before
    assert lab.changes() == {}


def test_a_disk_does_not_shrink(lab: Lab) -> None:
    """That is told at once."""
    write(lab, disks={"data": {"size": "1GiB"}})
    refused(lab, "lab.guests.web.disks.data.size: must not shrink, it has 2147483648 bytes, got 1073741824")


def test_a_protected_disk_stays(lab: Lab) -> None:
    """Neither an edit nor a destroy takes it."""
    write(lab, disks={})
    refused(lab, "lab.guests.web.disks.data: is protected and must stay, got it taken out; put it back with")
    before = host()
    done = run("make", "destroy", f"STACK={lab.stack}")
    assert done.returncode != 0, done.stdout
    assert "error: web.data: is protected and must stay, got a destroy; write protect: false" in done.stdout
    assert host() == before


def test_it_grows_while_it_runs(lab: Lab) -> None:
    """Its system sees more CPUs and memory, and less memory again; the same boot.

    Linux takes no CPU while it runs unless it knows the hypervisor that it runs on, which the emulation is none of:
    https://github.com/torvalds/linux/blob/v6.12/arch/x86/kernel/cpu/topology.c. Then the run says so.
    """
    disks = {"data": {"size": "2GiB"}}
    write(lab, disks=disks)
    before, memory = boot(lab), available(lab)
    write(lab, cpus=2, memory="1280MiB", disks=disks)
    said = lab.make("up")
    assert "<vcpu placement='static'>2</vcpu>" in run("virsh", "dumpxml", f"{STACK}-web").stdout
    assert ("does not use the CPUs that it was given" in said) == (lab.ssh("web", "nproc") == "1")
    wait_until(lambda: available(lab) - memory > 200)
    write(lab, cpus=2, disks=disks)
    lab.make("up")
    wait_until(lambda: abs(available(lab) - memory) < 50)
    assert boot(lab) == before
    assert lab.changes() == {}


def test_another_memory(lab: Lab) -> None:
    """One clean restart, with the same disks and the same variables."""
    before = boot(lab)
    write(lab, maxMemory="1536MiB", memory="1280MiB", disks={"data": {"size": "2GiB"}})
    lab.make("up")
    assert boot(lab) != before
    assert "Journal stopped" in lab.ssh("web", "sudo journalctl -b -1 | tail -n 5")
    assert lab.ssh("web", f"sudo mount {BY_ID}data /mnt; ls /mnt/kept {KEPT}; sudo tail -c 4 {VARIABLE}").split() == [
        KEPT,
        "/mnt/kept",
        "kept",
    ]


def test_another_firmware(lab: Lab) -> None:
    """The same disks, started by BIOS."""
    write(lab, memory="1280MiB", firmware="bios", disks={"data": {"size": "2GiB"}})
    lab.make("up")
    told = lab.ssh("web", f"test -d /sys/firmware/efi || echo bios; sudo mount {BY_ID}data /mnt; ls /mnt/kept {KEPT}")
    assert told.split() == ["bios", KEPT, "/mnt/kept"]
    assert lab.changes() == {}


def test_another_guest(lab: Lab) -> None:
    """Replaced, it has a new root disk and the data disk as it was, which cloud-init would format if it were blank.

    It has something on its root disk, so that takes leave. Its journal, which it keeps on the data disk here, ends as
    that of a system ends that has shut down.
    """
    write(lab, **ANOTHER)
    refused(lab, "lab.guests.web.allowDataLoss: must be true to replace web, whose root disk has been written to")
    lab.ssh("web", f"sudo mkdir -p {JOURNAL} /var/log/journal && sudo mount --bind {JOURNAL} /var/log/journal")
    lab.ssh("web", "sudo systemctl restart systemd-journald && sudo journalctl --flush")
    write(lab, **ANOTHER, allowDataLoss=True)
    lab.make("up")
    assert lab.ssh("web", f"test -e {KEPT} || echo new; ls /srv/kept").split() == ["new", "/srv/kept"]
    last = lab.ssh("web", "sudo journalctl -D /srv/journal -n 5 -o cat")
    assert "Journal stopped" in last, last
    assert lab.changes() == {}


def test_firmware_that_does_not_fit(lab: Lab, tmp_path: Path) -> None:
    """An image that only BIOS starts is refused before anything is made; secure boot is there for what is signed."""
    legacy = tmp_path / "legacy.qcow2"
    subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", legacy, "1G"], check=True)
    write(lab, {"old": {**STARTED, "image": {"file": str(legacy)}, "firmware": "uefi"}}, **ANOTHER)
    refused(lab, "lab.guests.old.firmware: 'uefi' must have an image with an EFI system partition, got one without")
    write(lab, {"locked": {**STARTED, "firmware": "uefi-secure", "console": "none"}}, **ANOTHER)
    lab.make("up")
    xml = run("virsh", "dumpxml", f"{STACK}-locked").stdout
    assert "secure='yes'" in xml
    assert "<graphics" not in xml
    assert run("virsh", "-q", "domstate", f"{STACK}-locked").stdout.strip() == "running"


def test_its_root_grows(lab: Lab) -> None:
    """The file system too, while it runs."""
    before, had = boot(lab), root(lab)
    write(lab, **LARGER)
    said = lab.make("up")
    assert root(lab) - had > 900
    assert "its root file system has not" not in said, said
    assert boot(lab) == before
    assert lab.changes() == {}


def test_destroy_leaves_the_host_as_found(lab: Lab, found: dict[str, list[str]]) -> None:
    """Once the disk is let go: nothing is left, variables neither."""
    let_go: dict[str, Any] = {**LARGER, "disks": {"data": {"size": "2GiB", "protect": False}}}
    write(lab, **let_go)
    lab.make("up")
    lab.remove()
    assert host() == found
    assert [path.name for path in Path("/var/lib/libvirt/qemu/nvram").glob(f"{STACK}*")] == []
    assert list(Path("/var/lib/libvirt/swtpm").glob("*")) == []
