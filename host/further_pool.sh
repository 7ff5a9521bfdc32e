#!/bin/sh
# A further directory pool of a lab's: its directory, with the marker that tells whose it is, reached and read by QEMU, and libvirt's
# pool over it. Its UUID tells whose the pool is, so that claim.sh finds it, and it is defined before there is a directory.
# usage: further_pool.sh apply|delete | further_pool.sh sweep (volumes of the lab that nobody knows of, too)
# environment: LAB POOL POOL_PATH GUEST_POOL_UUID
set -eu
. host/lib.sh
. host/way.sh
. host/confinement.sh
. host/directory.sh

apply() {
    state=$(virsh -q pool-info "$POOL" 2>/dev/null | awk '$1 == "State:" { print $2 }')
    if [ -z "$state" ]; then
        work=$(mktemp)
        trap 'rm -f "$work"' EXIT
        printf '<pool type="dir"><name>%s</name><uuid>%s</uuid><target><path>%s</path></target></pool>\n' \
            "$POOL" "$GUEST_POOL_UUID" "$(printf '%s' "$POOL_PATH" | sed 's/&/\&amp;/g; s/</\&lt;/g')" >"$work"
        virsh -q pool-define "$work" >/dev/null
        changed "pool $POOL at $POOL_PATH"
    fi
    make_directory
    open_way
    (label)
    prove
    if [ "$state" = running ]; then
        ok "pool $POOL"
    else
        virsh_all "pool-start $POOL; pool-autostart $POOL"
        [ -z "$state" ] || changed "pool $POOL started"
    fi
}

# What libvirt would say only when the first guest with a disk there starts.
prove() {
    proof=$POOL_PATH/$LAB-proof
    rm -f "$proof" "$proof".*
    qemu-img create -q -f qcow2 "$proof.qcow2" 1M
    chmod 0644 "$proof.qcow2"
    (
        ! qemu_user || as_qemu dd if="$proof.qcow2" of=/dev/null count=1 2>/dev/null ||
            die "$POOL_PATH: must hold files that $user can read, got one of which it cannot; choose another path for pool $POOL"
        let_helper_read "$proof.qcow2" "$proof.disk.qcow2"
    ) || { rm -f "$proof".*; exit 1; }
    rm -f "$proof".*
}

# What is left in it keeps it, for claim.sh.
delete() {
    for file in "$POOL_PATH/$LAB"-*; do
        [ ! -e "$file" ] || { ok "pool $POOL stays, with ${file##*/}"; return; }
    done
    remove
}

sweep() {
    for file in "$POOL_PATH/$LAB"-*.qcow2; do
        [ -e "$file" ] || continue
        rm -f "$file"
        changed "$file removed"
    done
    rm -rf "$(missing_top).$LAB.new"
    remove
}

remove() {
    remove_directory
    virsh -q pool-destroy "$POOL" >/dev/null 2>&1 || true
    ! virsh -q pool-info "$POOL" >/dev/null 2>&1 || virsh -q pool-undefine "$POOL" >/dev/null
    rm -f "$lock"
    changed "pool $POOL removed"
}

alone "pool-$POOL"
need_libvirt
umask 022
trap '' INT TERM # seconds' work is brought to its end
"$1"
