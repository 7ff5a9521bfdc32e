"""A lab's life, from the first up to a host that is as it was found. One story: each test goes on from the last."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.lab import Lab, host, run

# Before a test looks at the host as it is found, libvirt answers there.
pytestmark = pytest.mark.usefixtures("libvirt")

KEPT = "/home/lab/kept"


@pytest.fixture(scope="module")
def found() -> dict[str, list[str]]:
    """The host before the lab."""
    Lab("e2e").sweep()
    return host()


@pytest.fixture(scope="module")
def lab(found: dict[str, list[str]]) -> Iterator[Lab]:
    """A lab with one guest, up."""
    assert "e2e" not in found["pools"]
    made = Lab("e2e")
    made.write(config())
    output = made.make("up")
    assert "ssh -F .kvmlab/ssh/e2e/config web" in output, output
    assert "1 of 1 guests ready in " in output, output
    assert "encryptionsalt" not in made.file.read_text("utf-8")
    yield made
    made.remove()


def config(web: dict[str, Any] | None = None, **more: dict[str, Any]) -> dict[str, Any]:
    """A lab of guests: web, and more."""
    return {"kind": "guests", "network": {"cidr": "10.20.77.0/24"}, "guests": {"web": web or {}, **more}}


def note(text: str, **keys: object) -> dict[str, Any]:
    """A guest whose cloud-init leaves a note."""
    return {"userData": {"write_files": [{"path": "/etc/note", "content": f"{text}\n"}]}, **keys}


def test_a_guest_is_ready_when_up_ends(lab: Lab) -> None:
    """SSH works at once, with the host key that was known before; cloud-init is done; the guest knows its name."""
    assert lab.ssh("web", "cloud-init status") == "status: done"
    assert lab.ssh("web", "hostname --fqdn") == "web.e2e.internal"
    assert lab.ssh("web", "sudo id -un") == "root"
    known = lab.ssh("web", "cat /etc/ssh/ssh_host_*_key.pub | cut -d ' ' -f 2").split()
    assert len(known) == 1


def test_a_second_up_changes_nothing(lab: Lab) -> None:
    """Neither does a refresh find anything to change."""
    assert lab.changes() == {}
    assert lab.changes("--refresh") == {}
    assert " changes." not in lab.make("up")


def test_a_wrong_passphrase_ends_an_up_at_once(lab: Lab) -> None:
    """The first resource carries a secret, so the run ends there, with the lab as it was."""
    before = host()
    lab.write(config(web={"memory": "1280MiB"}))
    wrong = "export PULUMI_CONFIG_PASSPHRASE=guessed && . .toolchain/env"
    refused = run("sh", "-c", f"{wrong} && pulumi up --yes --skip-preview --stack e2e")
    assert refused.returncode != 0
    assert "incorrect passphrase" in refused.stdout
    assert host() == before
    lab.write(config())
    assert lab.changes() == {}


def test_one_guest_added_touches_only_it(lab: Lab) -> None:
    """The others are not even looked at; only the list of logins grows. Guests find each other by name."""
    boot = lab.ssh("web", "cat /proc/sys/kernel/random/boot_id")
    lab.write(config(db=note("first", onCloudInitChange="replace")))
    touched = {name for name, _ in lab.changes().items()}
    others = {name for name in touched if not name.endswith(("::db", "::db-guest"))}
    assert (
        others
        == {
            "pulumi:pulumi:Stack::kvmlab-e2e",
            "kvmlab:index:SshAccess::access",
            "kvmlab:index:SshAccess$command:local:Command::access-ssh",
        }
        & others
    )
    lab.make("up")
    assert lab.ssh("web", "cat /proc/sys/kernel/random/boot_id") == boot
    assert lab.ssh("db", "cat /etc/note") == "first"
    address = lab.ssh("web", "ip -4 -o address show eth0").split()[3].split("/")[0]
    for name in ("web", "web.e2e.internal"):
        assert lab.ssh("db", f"getent ahostsv4 {name}").split()[0] == address


def test_cloud_init_changes_as_asked(lab: Lab) -> None:
    """`rerun` keeps the disk, `replace` makes a new one; a disk grows on the way, and its file system with it.

    A disk that was written to is not lost without leave.
    """
    for guest in ("web", "db"):
        lab.ssh(guest, f"touch {KEPT} && sync")
    db = note("second", onCloudInitChange="replace")
    lab.write(config(note("second", disk="9GiB"), db=db))
    refused = run("make", "up", "STACK=e2e")
    assert "lab.guests.db.allowDataLoss: must be true to replace db, whose root disk has been written" in refused.stdout
    lab.write(config(note("second", disk="9GiB"), db={**db, "allowDataLoss": True}))
    lab.make("up")
    assert lab.ssh("web", f"cat /etc/note; ls {KEPT}").split() == ["second", KEPT]
    assert lab.ssh("db", f"cat /etc/note; ls {KEPT} 2>/dev/null || echo gone").split() == ["second", "gone"]
    assert int(lab.ssh("web", "lsblk -bno SIZE -d /dev/vda")) == 9 * 1024**3
    assert int(lab.ssh("web", "df -B1 --output=size / | tail -n 1")) > 8 * 1024**3
    assert lab.changes() == {}


def test_ignored_changes_stay_ignored(lab: Lab) -> None:
    """`ignore` leaves the seed as it was, also when the domain is made anew for more memory; the disk stays."""
    lab.write(config(note("second", disk="9GiB")))
    assert lab.changes()["kvmlab:index:Guest::db"] == "delete"
    lab.make("up")
    lab.write(config(note("third", disk="9GiB", onCloudInitChange="ignore", memory="1280MiB")))
    lab.make("up")
    assert lab.ssh("web", f"cat /etc/note; ls {KEPT}").split() == ["second", KEPT]
    assert int(lab.ssh("web", "awk '/MemTotal/ { print $2 }' /proc/meminfo")) > 1100 * 1024
    assert lab.changes() == {}


def test_network_and_machine_change_under_the_same_disk(lab: Lab) -> None:
    """CPUs, address, bridge and domain: a restart, also of a domain that somebody undefined, which a preview tells."""
    boot = lab.ssh("web", "cat /proc/sys/kernel/random/boot_id")
    assert run("virsh", "-q", "destroy", "e2e-web").returncode == 0
    assert run("virsh", "-q", "undefine", "e2e-web").returncode == 0
    assert lab.changes() == {"kvmlab:index:Guest$command:local:Command::web-guest": "update"}
    bridged = {"cidr": "10.20.77.0/24", "bridge": "kl-e2e-new", "domain": "e2e.example"}
    web = note("second", disk="9GiB", cpus=2, address="10.20.77.50")
    lab.write(config(web) | {"network": bridged})
    lab.make("up")
    told = lab.ssh("web", f"cat /etc/note; ls {KEPT}; nproc; hostname --fqdn").split()
    assert told == ["second", KEPT, "2", "web.e2e.example"]
    assert "10.20.77.50/24" in lab.ssh("web", "ip -4 -o address show eth0")
    assert lab.ssh("web", "cat /proc/sys/kernel/random/boot_id") != boot
    links = host()["links"]
    assert "kl-e2e-new" in links
    assert "kl-e2e" not in links
    assert lab.changes() == {}


def test_another_image_and_pool_make_a_new_guest(lab: Lab, tmp_path: Path) -> None:
    """Both say where a disk comes from and lies, so the guest is a new one; nothing of the old pool stays."""
    (base,) = Path("/var/lib/libvirt/images/e2e").glob("base-*")
    image, pool = tmp_path / "own.qcow2", Path("/var/lib/libvirt/images/e2e-elsewhere")
    shutil.copyfile(base, image)
    lab.write(config({"allowDataLoss": True}) | {"image": {"file": str(image)}, "pool": {"path": str(pool)}})
    lab.make("up")
    assert lab.ssh("web", f"ls {KEPT} 2>/dev/null || echo gone") == "gone"
    assert (pool / "e2e-web.qcow2").exists()
    assert not Path("/var/lib/libvirt/images/e2e").exists()
    assert lab.changes() == {}


def test_destroy_leaves_the_host_as_found(lab: Lab, found: dict[str, list[str]]) -> None:
    """No pool, network, domain, file, lease, link, rule or process of the lab is left."""
    lab.make("destroy")
    assert host() == found
