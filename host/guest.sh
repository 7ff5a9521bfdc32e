#!/bin/sh
# What a guest needs before its domain exists: root disk over the shared base, seed disk, and DHCP reservation.
# The seed's three files come on stdin, as a base64 tar: the guest's private host key is among them.
# usage: guest.sh apply|delete
# environment: DOMAIN GUEST POOL POOL_PATH LINK DISK_BYTES NETWORK NETWORK_UUID MAC ADDRESS SHUTDOWN_SECONDS
set -eu
. host/lib.sh

root=$DOMAIN.qcow2
seed=$DOMAIN-seed.iso
seed_bytes=1048576 # fixed, so that a running domain never sees its disk change size

volume_bytes() { virsh -q vol-info --bytes --pool "$POOL" "$1" 2>/dev/null | awk '$1 == "Capacity:" { print $2 }'; }

apply_root() {
    bytes=$(volume_bytes "$root")
    if [ -z "$bytes" ]; then
        base=$(readlink -f "$POOL_PATH/$LINK")
        virsh -q vol-create-as "$POOL" "$root" "$DISK_BYTES" --format qcow2 \
            --backing-vol "$base" --backing-vol-format qcow2 >/dev/null
        changed "$root"
    elif [ "$bytes" -gt "$DISK_BYTES" ]; then
        die "$DOMAIN: a disk does not shrink, it has $bytes bytes, got $DISK_BYTES; keep its size or replace the guest"
    elif [ "$bytes" -lt "$DISK_BYTES" ]; then
        if [ "$(domain_state "$DOMAIN")" = running ]; then
            virsh -q blockresize "$DOMAIN" "$POOL_PATH/$root" "${DISK_BYTES}B" >/dev/null
        else
            virsh -q vol-resize --pool "$POOL" "$root" "${DISK_BYTES}B" >/dev/null
        fi
        changed "$root grown to $DISK_BYTES bytes"
    else
        ok "$root"
    fi
}

apply_seed() {
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
    trap 'exit 129' HUP INT TERM
    base64 -d | tar -xf - -C "$work"
    # Dates are fixed: the same seed is the same file, byte by byte, and is left alone.
    find "$work" -exec touch -d @0 {} +
    SOURCE_DATE_EPOCH=0 xorriso -as mkisofs -quiet -o "$work.iso" -V cidata -J -R "$work" 2>/dev/null ||
        die "$DOMAIN: the seed disk could not be written to $work.iso; is there space left?"
    trap 'rm -rf "$work" "$work.iso"' EXIT
    truncate -s "$seed_bytes" "$work.iso"
    if [ -n "$(volume_bytes "$seed")" ]; then
        cmp -s "$work.iso" "$POOL_PATH/$seed" && { ok "$seed"; return; }
        rewritten=yes
    else
        virsh -q vol-create-as "$POOL" "$seed" "$seed_bytes" --format raw >/dev/null
    fi
    # In place: a running QEMU holds this very inode, with its owner and mode.
    cat "$work.iso" >"$POOL_PATH/$seed"
    changed "$seed"
}

reservations() { virsh -q net-dumpxml "$NETWORK" | sed -n 's/^ *\(<host mac=.*\)$/\1/p'; }

remove_reservations() {
    while read -r host_row; do
        virsh -q net-update "$NETWORK" delete ip-dhcp-host "$host_row" --live --config >/dev/null
    done
}

# The lease comes from a reservation, outside the dynamic range, that only this guest owns.
apply_reservation() {
    host="<host mac='$MAC' name='$GUEST' ip='$ADDRESS'/>"
    if reservations | grep -qxF "$host"; then
        ok "reservation of $ADDRESS"
        return
    fi
    reservations | grep -F -e "mac='$MAC'" -e "name='$GUEST'" -e "ip='$ADDRESS'" | remove_reservations
    virsh -q net-update "$NETWORK" add ip-dhcp-host "$host" --live --config >/dev/null
    changed "reservation of $ADDRESS"
}

# A rewritten seed is read at the next boot (onCloudInitChange: rerun).
restart() {
    [ "$(domain_state "$DOMAIN")" = running ] || return 0
    shut_down "$DOMAIN" "$SHUTDOWN_SECONDS" ||
        die "$DOMAIN: did not shut down within $SHUTDOWN_SECONDS s; shut it down by hand and run again"
    virsh -q start "$DOMAIN" >/dev/null
    changed "$DOMAIN restarted"
}

apply() {
    rewritten=
    apply_root
    apply_seed
    apply_reservation
    [ -z "$rewritten" ] || restart
}

delete() {
    # Replaced in place, a guest loses its disks while its old domain still runs: that one goes off first.
    if [ "$(domain_state "$DOMAIN")" = running ]; then
        shut_down "$DOMAIN" "$SHUTDOWN_SECONDS" || virsh -q destroy "$DOMAIN" >/dev/null
    fi
    for volume in "$root" "$seed"; do
        # Without its pool, which someone may have removed by hand, a volume is a file like any other.
        if [ -n "$(volume_bytes "$volume")" ]; then
            virsh -q vol-delete --pool "$POOL" "$volume" >/dev/null
        else
            rm -f "$POOL_PATH/$volume"
        fi
    done
    reservations 2>/dev/null | grep -F "mac='$MAC'" | remove_reservations
    changed "$DOMAIN: disks and reservation removed"
}

"$1"
