#!/bin/sh
# A data disk: a volume beside its guest's root disk. Blank when it is made; from then on it only grows, until it is deleted.
# Whose bytes lie in its place are never lost: what is there already is taken as it is.
# usage: disk.sh apply|delete   environment: DOMAIN VOLUME DISK_BYTES PROTECT (yes|no) POOL POOL_PATH, and optionally
#        GUEST_MARKS (directory of marks, where that is another one) GUEST_GROUP (of LVM, in place of a pool) GUEST_LAB
set -eu
. host/lib.sh
. host/volume_group.sh

group=${GUEST_GROUP:-}
mark=${GUEST_MARKS:-$POOL_PATH}/$VOLUME.protected # by which a run knows it that is asked to let the disk go

look() {
    if [ -n "$group" ]; then
        capacity=$(lv_bytes "$VOLUME")
        return
    fi
    virsh -q pool-info "$POOL" 2>/dev/null | grep -q '^State: *running' || {
        virsh -q pool-start "$POOL" >/dev/null
        changed "pool $POOL started"
    }
    capacity=$(virsh -q vol-info --bytes --pool "$POOL" "$VOLUME" 2>/dev/null | awk '$1 == "Capacity:" { print $2 }')
}

apply() {
    case $PROTECT in
        yes) : >"$mark" ;;
        no) rm -f "$mark" ;;
    esac
    look
    if [ -z "$capacity" ] && [ -z "$group" ] && [ -e "$POOL_PATH/$VOLUME" ]; then
        virsh -q pool-refresh "$POOL" >/dev/null
        look
    fi
    if [ -z "$capacity" ]; then
        if [ -n "$group" ]; then
            make_lv "$VOLUME" "$DISK_BYTES"
        else
            # Of one that somebody has deleted, the pool knows still.
            make_volume "$POOL" "vol-create-as $POOL $VOLUME $DISK_BYTES --format qcow2"
        fi
        changed "disk $VOLUME of $DISK_BYTES bytes"
    elif [ "$capacity" -gt "$DISK_BYTES" ]; then
        die "$VOLUME: a disk does not shrink, it has $capacity bytes, got $DISK_BYTES; keep its size"
    elif [ "$capacity" -lt "$DISK_BYTES" ]; then
        [ -z "$group" ] || grow_lv "$VOLUME" "$DISK_BYTES"
        # QEMU has it open where it is a running guest's.
        if virsh -q domblklist "$DOMAIN" 2>/dev/null | grep -qF "$POOL_PATH/$VOLUME" &&
            [ "$(domain_state "$DOMAIN")" != 'shut off' ]; then
            virsh -q blockresize "$DOMAIN" "$POOL_PATH/$VOLUME" "${DISK_BYTES}B" >/dev/null
        elif [ -z "$group" ]; then
            virsh -q vol-resize --pool "$POOL" "$VOLUME" "${DISK_BYTES}B" >/dev/null
        fi
        changed "$VOLUME grown to $DISK_BYTES bytes"
    else
        ok "disk $VOLUME"
    fi
}

delete() {
    if [ -n "$group" ]; then
        remove_lv "$VOLUME"
    else
        # Without its pool, which someone may have stopped, a volume is a file like any other.
        virsh -q vol-delete --pool "$POOL" "$VOLUME" >/dev/null 2>&1 || true
        rm -f "$POOL_PATH/$VOLUME"
    fi
    rm -f "$mark" "$lock"
    changed "disk $VOLUME removed"
}

umask 077
alone "$VOLUME"
need_libvirt
trap '' INT TERM # a second's work is brought to its end
"$1"
