"""Disks in a volume group, by the very scripts that make them, with LVM's own tools; virsh is played.

`make volume-groups` runs it, in two minutes. It has no guest: what one sees of such a disk is not shown here.
"""

from tests.acceptance.lvm.machine import Run

GIB = 1024**3
PREPARED = f"""
# Who is asked for domains and pools knows of none.
printf '#!/bin/sh\\n' >/usr/bin/virsh && chmod 755 /usr/bin/virsh
truncate -s 12G /tmp/disk
device=$(losetup -f --show /tmp/disk)
vgcreate -q labvg $device >/dev/null
lvcreate -q -y -L 64m -n keepme labvg >/dev/null
echo kept | dd of=/dev/labvg/keepme status=none conv=notrunc
mkdir -p /srv/six
qemu-img create -q -f qcow2 /srv/six/0.qcow2 3G
qemu-img bench -q -w -f qcow2 -c 64 -s 1M -S 40M /srv/six/0.qcow2 --pattern=90 >/dev/null
ln -s 0.qcow2 /srv/six/base
export GUEST_LAB=six DISK_BYTES={4 * GIB} POOL_PATH=/srv/six POOL=six
root() {{
    DOMAIN=six-$1 LINK=base GUEST_ROOT_GROUP=labvg GUEST_ROOT_PATH=/dev/labvg ${{cut:-}} sh -euc '
        . host/lib.sh
        . host/volume_group.sh
        . host/root_disk.sh
        is_on() {{ false; }}
        fresh= seen_root= seen_state=
        see_root
        plan_root
        '"$2"
}}
disk() {{
    DOMAIN=six-a VOLUME=six-a.data DISK_BYTES=$2 PROTECT=${{3:-no}} POOL= POOL_PATH=/dev/labvg GUEST_MARKS=/srv/six \
        GUEST_GROUP=labvg sh host/disk.sh $1
}}
told() {{
    lvs --noheadings --nosuffix --units b -o lv_name,lv_size,origin,lv_tags,segtype labvg | tr -s ' ' | sort -u
}}
probe() {{
    GUEST_POOLS='fast group labvg
none group other' LAB=six sh -c '
        . host/lib.sh
        . host/probe_pools.sh
        fact() {{ printf "%s %s\\n" "$1" "$2"; }}
        probe_pools'
}}
"""


def test_root_disks(there: Run) -> None:
    """Two whole copies, raw and of no origin, of their own size; they grow in place, and go alone."""
    told = there(
        PREPARED
        + f"""
root a make_root; root b make_root
told; echo --
qemu-img compare -q -f qcow2 -F raw /srv/six/base /dev/labvg/six-a 2>&1 | head -n 1 || :
dd if=/dev/labvg/six-b bs=1M skip=40 count=1 status=none | od -An -tx1 -N 4; echo --
root a make_root
DISK_BYTES={5 * GIB} root a apply_root
root a apply_root || :
told; echo --
probe; echo --
root a drop_root
told; echo --
head -c 5 /dev/labvg/keepme
"""
    )
    made, same, grown, probed, left, kept = told.split("--\n")
    keepme = f" keepme {64 * 1024**2} linear\n"
    b = f" six-b {4 * GIB} kvmlab.six linear\n"
    assert made == f"{keepme} six-a {4 * GIB} kvmlab.six linear\n{b}"
    assert same.splitlines()[-1] == " 5a 5a 5a 5a"
    first, refused, rest = grown.partition("six-a: a disk does not shrink, it has 5368709120 bytes, got 4294967296")
    assert first == f"changed: six-a grown to {5 * GIB} bytes\n"
    assert refused
    assert rest.partition("\n")[2] == f"{keepme} six-a {5 * GIB} kvmlab.six linear\n{b}"
    free = (12 * GIB - 4 * 1024**2 - 64 * 1024**2 - 9 * GIB) // 1024
    assert probed.splitlines() == [
        f"store fast yes {free} {(12 * GIB - 4 * 1024**2) // 1024} 4194304",
        f"store_disk fast six-a {5 * GIB} {5 * GIB}",
        f"store_disk fast six-b {4 * GIB} {4 * GIB}",
        "store none no 0 0 0",
        "volume_group labvg",
    ]
    assert left == keepme + b
    assert kept == "kept\n"


def test_data_disks(there: Run) -> None:
    """They are blank where another volume was, grow, do not shrink, have their mark in the lab's pool, and go alone."""
    told = there(
        PREPARED
        + f"""
lvcreate -q -y -L 1g -n old labvg >/dev/null
dd if=/dev/zero bs=1k count=64 status=none | tr '\\0' x | dd of=/dev/labvg/old conv=notrunc status=none
lvremove -q -y labvg/old >/dev/null
disk apply {GIB} yes
echo $(ls /srv/six); dd if=/dev/labvg/six-a.data bs=4k count=1 status=none | tr -d '\\0' | wc -c; echo --
echo mine | dd of=/dev/labvg/six-a.data conv=notrunc status=none
disk apply {GIB} yes
disk apply {2 * GIB} no
disk apply {GIB} no || :
head -c 5 /dev/labvg/six-a.data; echo $(ls /srv/six); echo --
disk apply {20 * GIB} no || :
disk delete {2 * GIB}
told
"""
    )
    blank, changed, end = told.split("--\n")
    assert blank == "changed: disk six-a.data of 1073741824 bytes\n0.qcow2 base six-a.data.protected\n0\n"
    assert changed == (
        "ok: disk six-a.data\nchanged: six-a.data grown to 2147483648 bytes\n"
        "six-a.data: a disk does not shrink, it has 2147483648 bytes, got 1073741824; keep its size\n"
        "mine\n0.qcow2 base\n"
    )
    assert "insufficient" in end.lower()
    assert end.endswith(f"changed: disk six-a.data removed\n keepme {64 * 1024**2} linear\n")


def test_a_killed_copy(there: Run) -> None:
    """It is under another name, and made anew; what nobody knows of goes with the lab, and nothing else does."""
    told = there(
        PREPARED
        + """
cut='timeout -s KILL 2' root a make_root || :
told | cut -d ' ' -f 2; echo --
root a make_root
root b make_root
lvcreate -q -y -L 64m -n six-foreign labvg >/dev/null
lvcreate -q -y -L 64m -n seven-a --addtag kvmlab.seven labvg >/dev/null
told | cut -d ' ' -f 2; echo --
probe | grep stranger; echo --
sh -euc '. host/lib.sh; . host/volume_group.sh; remove_lvs six-a; remove_lvs'
told | cut -d ' ' -f 2
"""
    )
    killed, made, strangers, left = told.split("--\n")
    assert {*killed.split()} >= {"keepme", "six-a.new"}
    assert {*made.split()} == {"keepme", "six-a", "six-b", "six-foreign", "seven-a"}
    assert strangers == "store_stranger fast six-foreign\n"
    assert "changed: volume labvg/six-a removed\n" in left
    assert {*left.split("removed\n")[-1].split()} == {"keepme", "six-foreign", "seven-a"}
