#!/bin/sh
# A directory pool: defined over a directory, which image.sh has made where there is an image, started, and forgotten again on
# delete.
# usage: pool.sh apply|delete   environment: POOL POOL_PATH
set -eu
. host/lib.sh
. host/way.sh
. host/confinement.sh
LAB=$POOL # whatever a user's environment has
. host/directory.sh

apply() {
    make_directory
    { open_way && (label); } || { remove_directory; exit 1; }
    state=$(virsh -q pool-info "$POOL" 2>/dev/null | awk '$1 == "State:" { print $2 }')
    case $state in
        running) ok "pool $POOL" ;;
        '')
            virsh_all "pool-define-as $POOL dir --target \"$POOL_PATH\"; pool-start $POOL; pool-autostart $POOL"
            changed "pool $POOL at $POOL_PATH"
            ;;
        *)
            virsh_all "pool-start $POOL; pool-autostart $POOL"
            changed "pool $POOL started"
            ;;
    esac
}

delete() {
    if virsh -q pool-info "$POOL" >/dev/null 2>&1; then
        virsh -q pool-destroy "$POOL" >/dev/null 2>&1 || true
        virsh -q pool-undefine "$POOL" >/dev/null
        changed "pool $POOL removed"
    else
        ok "no pool $POOL"
    fi
    # Where there are images, the directory goes with the last of them.
    [ "$(ls -A "$POOL_PATH" 2>/dev/null)" != .kvmlab ] || remove_directory
    rm -f "$lock"
}

alone "pool-$POOL"
need_libvirt
trap '' INT TERM # a second's work is brought to its end
"$1"
