#!/bin/sh
# All on this host that bears the lab's mark, known to Pulumi or not: what a run leaves that is killed before it has
# noted what it made, or that fails half-way through a guest which config then no longer names.
# usage: claim.sh apply (removes the guests in STRAYS) | claim.sh delete (removes everything)
# environment: LAB OWNER (description of the lab's domains) NETWORK_UUID (how its networks' UUIDs begin) POOL_PATH
#              STRAYS (names of guests, separated by blanks)
set -eu
. host/lib.sh
. host/names.sh
. host/way.sh
. host/confinement.sh
. host/directory.sh
. host/volume_group.sh
GUEST_LAB=$LAB # of volumes

pool_is_ours() { [ "$(sed -n 's/^lab=//p' "$marker" 2>/dev/null)" = "$LAB" ]; }

domain_is_ours() { [ "$(virsh -q desc "$1" 2>/dev/null)" = "$OWNER" ]; }

# remove_domain DOMAIN: its disks stay. Nobody has ever been told that it is ready, so it is not asked to shut down.
remove_domain() {
    domain_is_ours "$1" || return 0
    # A run that was cut off may be taking it away.
    alone "$1"
    rm -f "$lock"
    domain_is_ours "$1" || return 0
    domain_uuid=$(virsh -q domuuid "$1")
    virsh -q destroy "$1" >/dev/null 2>&1 || true
    virsh -q undefine "$1" --nvram --managed-save --snapshots-metadata --checkpoints-metadata >/dev/null
    forget_domain "$1" "$domain_uuid"
    changed "$1 removed, which no run had finished"
}

remove_disks() { # remove_disks FILE...
    pool_is_ours || return 0
    for file; do
        [ -e "$file" ] || continue
        virsh -q vol-delete --pool "$LAB" "$(basename "$file")" >/dev/null 2>&1 || rm -f "$file"
        changed "$file removed"
    done
}

remove_network() { # remove_network NETWORK
    case $(virsh -q net-uuid "$1" 2>/dev/null) in
        "$NETWORK_UUID"*) ;;
        *) return 0 ;;
    esac
    virsh -q net-destroy "$1" >/dev/null 2>&1 || true
    virsh -q net-undefine "$1" >/dev/null 2>&1 || true # one that was never kept is gone already
    forget_names "$1"
    changed "network $1 removed"
}

remove_pool() {
    virsh -q pool-dumpxml "$LAB" 2>/dev/null | grep -qF "<path>$POOL_PATH</path>" || return 0
    virsh -q pool-destroy "$LAB" >/dev/null 2>&1 || true
    virsh -q pool-undefine "$LAB" >/dev/null
    changed "pool $LAB removed"
}

# further_pools: those that bear the lab's mark, each with its directory, a line each.
further_pools() {
    virsh -q pool-list --all --name | sed 's/ *$//' | while read -r pool; do
        case $pool in "$LAB".*) ;; *) continue ;; esac
        case $(virsh -q pool-uuid "$pool") in "$NETWORK_UUID"*) ;; *) continue ;; esac
        virsh -q pool-dumpxml "$pool" | sed -n "s:.*<path>\(.*\)</path>.*:$pool \1:p" | sed 's/&lt;/</g; s/&gt;/>/g; s/&amp;/\&/g'
    done
}

apply() {
    for guest in $STRAYS; do
        remove_domain "$LAB-$guest"
        rm -f "$POOL_PATH/$LAB-$guest.unfinished" "$POOL_PATH/$LAB-$guest.birth" "$POOL_PATH/$LAB-$guest.pending"
        remove_disks "$POOL_PATH/$LAB-$guest.qcow2" "$POOL_PATH/$LAB-$guest-seed.iso" "$POOL_PATH/$LAB-$guest-install.iso"
        further_pools | while read -r _ path; do rm -f "$path/$LAB-$guest.qcow2"; done
        remove_lvs "$LAB-$guest"
        remove_lvs "$LAB-$guest.new"
    done
    ok "nothing unfinished of lab $LAB"
}

delete() {
    for mark in "$POOL_PATH/$LAB"-*.protected; do
        [ ! -e "$mark" ] ||
            die "${mark%.protected}: is protected and must stay, got its lab destroyed; move it away, and $mark, and destroy again"
    done
    for domain in $(virsh -q list --all --name | grep "^$LAB-"); do
        remove_domain "$domain"
    done
    remove_disks "$POOL_PATH/$LAB"-*.qcow2 "$POOL_PATH/$LAB"-*-seed.iso "$POOL_PATH/$LAB"-*-install.iso
    further_pools | while read -r pool path; do
        POOL=$pool POOL_PATH=$path /bin/sh host/further_pool.sh sweep
    done
    remove_lvs
    for network in $(virsh -q net-list --all --name | grep -e "^$LAB *$" -e "^$LAB-"); do
        remove_network "$network"
    done
    rm -rf "$(missing_top).$LAB.new"
    if pool_is_ours; then
        remove_pool
        rm -f "$POOL_PATH"/base-* "$POOL_PATH/$LAB"-*.unfinished "$POOL_PATH/$LAB"-*.birth "$POOL_PATH/$LAB"-*.pending "$POOL_PATH/$LAB.cluster"
        # An image's name is half of its digest.
        find "$POOL_PATH" -maxdepth 1 -type f -regextype posix-extended -regex '.*/[0-9a-f]{32}\.(qcow2|iso|kernel|initrd)(\.part)?' -delete
        remove_directory
    fi
    ok "nothing is left of lab $LAB"
}

need_libvirt
"$1"
