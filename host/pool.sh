#!/bin/sh
# A directory pool: defined over a directory that image.sh has made, started, and forgotten again on delete.
# usage: pool.sh apply|delete   environment: POOL POOL_PATH
set -eu
. host/lib.sh

apply() {
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
    virsh -q pool-info "$POOL" >/dev/null 2>&1 || { ok "no pool $POOL"; return; }
    virsh -q pool-destroy "$POOL" >/dev/null 2>&1 || true
    virsh -q pool-undefine "$POOL" >/dev/null
    rm -f "$lock"
    changed "pool $POOL removed"
}

alone "pool-$POOL"
need_libvirt
trap '' INT TERM # a second's work is brought to its end
"$1"
