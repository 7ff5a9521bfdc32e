#!/bin/sh
# A guest: root disk over the shared base, seed disk, DHCP reservation, domain, and the wait until it is of use.
# It converges: from whatever a killed run or somebody's hand has left, `apply` ends in what is asked for.
# On stdin come user-data, meta-data, network-config the lab's SSH key, and the screen's password if it has one, packed: secrets, never in argv.
# usage: guest.sh apply|delete
# environment: DOMAIN GUEST DEFINITION (libvirt's XML) OWNER (its description) POOL POOL_PATH LINK DISK_BYTES
#              NETWORK MAC ADDRESS ACCELERATOR WAIT_FOR (cloud-init|start) LOGIN HOST_KEY INSTANCE_ID READY_SECONDS
#              SHUTDOWN_SECONDS (0 powers off at once), and optionally AT_ONCE IS_FIRST (1) LIBVIRT_SECONDS DATA_DISKS (their names)
#              GUEST_FIRMWARE (bios|uefi|uefi-secure) GUEST_AUTOSTART (yes|no) GUEST_POWER (on|off)
#              GUEST_SEED (kept: a seed disk that there is stays as it is) GUEST_TITLE; an empty LINK is a blank disk;
#              where the root disk is elsewhere, GUEST_ROOT_PATH and GUEST_ROOT_POOL, or GUEST_ROOT_GROUP (of LVM) and GUEST_LAB
#              GUEST_NICS (of further ones, a line each: NAME MAC NETWORK ADDRESS CONFIGURED MTU; dashes for none)
#              GUEST_RESTART (yes|no: a change that needs one is pending) GUEST_SIZE (CPUS-MIB, where it may grow while it runs)
#              GUEST_CLOUD_INIT (replace, where another INSTANCE_ID does), RUN (not empty: what is there is not trusted)
#              GUEST_INSTALL (yes|no) GUEST_INSTALL_SEED (label of a disk for its installer, whose files come below install/)
set -eu
. host/lib.sh
. host/look.sh
. host/turns.sh
. host/firmware.sh
. host/data_disks.sh
. host/live.sh
. host/screen.sh
. host/nics.sh
. host/volume_group.sh
. host/root_disk.sh
: "${DATA_DISKS:=}" "${GUEST_NICS:=}" "${GUEST_FIRMWARE:=bios}" "${GUEST_AUTOSTART:=no}" "${GUEST_POWER:=on}" "${GUEST_RESTART:=yes}"
: "${GUEST_SIZE:=}" "${GUEST_CLOUD_INIT:=}" "${RUN:=}" "${GUEST_SEED:=}" "${GUEST_TITLE:=}"
: "${GUEST_INSTALL:=no}" "${GUEST_INSTALL_SEED:=}"

seed=$DOMAIN-seed.iso
install=$DOMAIN-install.iso
unfinished=$POOL_PATH/$DOMAIN.unfinished # there until the guest is what was asked for
birth=$POOL_PATH/$DOMAIN.birth           # what it cannot be changed in without being replaced
running_on=$POOL_PATH/$DOMAIN.pending    # there while it runs as it was before a change: its process
seed_bytes=1048576 # fixed, so that a running domain never sees its disk change size
resumed= # set when a run has not come to its end with the guest
fresh= # set when the guest has had no disk
pending= # set when it runs on as it was, since it must not restart
begun= # set when its domain may be there because of us
uuid=${DEFINITION#*<uuid>}
uuid=${uuid%%</uuid>*}
row="<host mac='$MAC' name='$GUEST' ip='$ADDRESS'/>"

is_on() { case $1 in running | idle | paused | 'in shutdown' | pmsuspended) return 0 ;; *) return 1 ;; esac; }

check_owner() {
    [ -z "$seen_state" ] || [ "$seen_owner" = "$OWNER" ] || {
        [ -z "$fresh" ] || take_away
        die "$DOMAIN: must be a name that the host has no domain of, got one that is not this lab's; rename the guest"
    }
}

# The lease comes from a reservation, outside the dynamic range, that only this guest owns.
apply_reservation() {
    if grep -qxF "$row" "$work/rows" && grep -qxF "$row" "$work/kept"; then
        ok "reservation of $ADDRESS"
        return
    fi
    for where in rows:--live kept:--config; do
        grep -F -e "mac='$MAC'" -e "name='$GUEST'" -e "ip='$ADDRESS'" "$work/${where%:*}" | while read -r old; do
            virsh -q net-update "$NETWORK" delete ip-dhcp-host "$old" "${where#*:}" >/dev/null
        done
    done
    virsh -q net-update "$NETWORK" add ip-dhcp-host "$row" --live --config >/dev/null
    changed "reservation of $ADDRESS"
}

# A preview knows an image's size only where the pool or the host holds it already, not wrapped: docs/how-to/bring-an-image.md
# Smaller than its base, a disk would lose the end of it. In a qcow2's header, byte 24 says how big it is.
check_size() {
    base_bytes=$(od -An -tu8 --endian=big -j 24 -N 8 "$POOL_PATH/$LINK" 2>/dev/null | tr -d ' ')
    [ "$DISK_BYTES" -ge "${base_bytes:-0}" ] || die "$DOMAIN: its disk must be at least its image's $base_bytes bytes," \
        "got $DISK_BYTES; set the guest's \`disk\` to $(((base_bytes + 1048575) / 1048576))MiB or more"
}

is_made() { grep -qxF "$1" "$work/made"; }

# look_and_create: in one call. For a disk that is there already virsh says so, and that is no error.
look_and_create() { look "$create_root; $create_seed"; }

apply_disks() {
    # Somebody may have stopped the pool, or a failed destroy.
    if [ "$seen_pool" != running ]; then
        virsh -q pool-start "$POOL" >/dev/null
        changed "pool $POOL started"
        look_and_create
    fi
    make_root
    is_made "$POOL_PATH/$seed" || { rm -f "$POOL_PATH/$seed"; virsh -q "$create_seed" >/dev/null; }
    [ -z "$fresh" ] || changed "disks of $DOMAIN"
    apply_root
    apply_seeds
}

# is_seed FILE: whether all of one was written.
is_seed() { [ "$(stat -c %s "$1")" = "$seed_bytes" ] && [ "$(head -c 32774 "$1" | tail -c 5)" = CD001 ]; }

apply_seeds() {
    if [ "$GUEST_SEED" != kept ] || [ -n "$fresh" ] || ! is_seed "$POOL_PATH/$seed"; then
        apply_seed cidata "$work/files" "$seed"
    fi
    if [ -n "$GUEST_INSTALL_SEED" ]; then
        apply_seed "$GUEST_INSTALL_SEED" "$work/install" "$install"
    else
        rm -f "$POOL_PATH/$install"
    fi
}

# apply_seed LABEL DIRECTORY FILE
apply_seed() {
    # Dates are fixed: the same seed is the same file, byte by byte, and is left alone.
    touch -d @0 "$2" "$2"/*
    SOURCE_DATE_EPOCH=0 xorriso -as mkisofs -quiet -o "$work/iso" -V "$1" -J -R "$2" 2>/dev/null ||
        die "$DOMAIN: the seed disk could not be written to $work; is there space left?"
    truncate -s "$seed_bytes" "$work/iso"
    ! cmp -s "$work/iso" "$POOL_PATH/$3" || return 0
    # In place: a running QEMU holds this very inode, with its owner and mode.
    cat "$work/iso" >"$POOL_PATH/$3"
    [ -n "$fresh" ] || changed "$3"
}

# shut_down: asks the guest's own system to power off and waits; fails when it does not in time.
shut_down() {
    [ "$SHUTDOWN_SECONDS" -gt 0 ] || return 1
    virsh -q shutdown "$DOMAIN" >/dev/null 2>&1 || true
    waited=0
    while now=$(domain_state "$DOMAIN") && is_on "$now"; do
        [ "$waited" -lt "$SHUTDOWN_SECONDS" ] || return 1
        [ $((waited % 10)) -ne 9 ] || printf '%s: shutting down (%s s)\n' "$DOMAIN" "$((waited + 1))"
        # A guest early in its boot has nobody listening for the power button yet, so it is pressed again.
        [ $((waited % 5)) -ne 4 ] || virsh -q shutdown "$DOMAIN" >/dev/null 2>&1 || true
        sleep 1
        waited=$((waited + 1))
    done
    changed "$DOMAIN shut down"
}

must_restart() { [ "$seen_live" != "$wanted" ] || loses_cpus || ! has_as_wanted; }

# apply_live: what needs no restart comes also to a guest that should have one and must not.
apply_live() {
    must_restart || {
        apply_size
        [ -z "$RUN" ] || mend_live
        # A screen that has yet to begin to ask cannot be given one.
        [ -z "$wanted_password" ] || apply_password
    }
    [ "$seen_title" = "$wanted_title" ] || virsh -q desc "$DOMAIN" --live --title --new-desc "$GUEST_TITLE" >/dev/null
    apply_data_disks
    apply_nics
    [ -z "$commands" ] || virsh_all "${commands%; }"
    ! must_restart || {
        pending=yes
        cp "/run/libvirt/qemu/$DOMAIN.pid" "$running_on"
        note "$DOMAIN is as asked for when it restarts, which is left to you"
    }
}

# digest_of_its PART: of what stands beside the definition, as it is to be.
digest_of_its() { sed -n "s/.*<kvmlab:guest .* $1=\"\([0-9a-f]*\)\".*/\1/p" "$work/definition.xml"; }

# What runs is what was defined when it started; another definition or another seed takes a clean restart.
apply_domain() {
    printf '%s\n' "$DEFINITION" >"$work/definition.xml"
    wanted=${DEFINITION#*definition=\"}
    wanted=${wanted%%\"*}
    wanted_data=$(digest_of_its data)
    commands=
    wanted_nics=$(digest_of_its nics)
    wanted_password=$(digest_of_its password)
    wanted_title=$(digest_of_its title)
    [ -z "$wanted_password" ] || put_password
    [ -z "$RUN" ] && [ "$seen_password $seen_title" = "$wanted_password $wanted_title" ] &&
        [ "$seen_defined $seen_data $seen_nics $seen_size" = "$wanted $wanted_data $wanted_nics $GUEST_SIZE" ] ||
        commands="define $work/definition.xml; "
    [ "${seen_autostart:-no}" = "$GUEST_AUTOSTART" ] ||
        case $GUEST_AUTOSTART in
            yes) commands="${commands}autostart $DOMAIN; " ;;
            no) commands="${commands}autostart --disable $DOMAIN; " ;;
        esac
    if is_on "$seen_state"; then
        if [ "$GUEST_POWER" = on ] && { ! must_restart || [ "$GUEST_RESTART" = no ]; }; then
            apply_live
            return
        fi
        if [ "$SHUTDOWN_SECONDS" -eq 0 ]; then
            commands="${commands}destroy $DOMAIN; "
        else
            shut_down || die "$DOMAIN: did not shut down within $SHUTDOWN_SECONDS s; shut it down by hand and run again"
        fi
        [ "$GUEST_POWER" = off ] || changed "$DOMAIN restarts"
    fi
    begun=yes
    if [ "$GUEST_POWER" = off ]; then
        [ -z "$commands" ] || virsh_all "${commands%; }"
        changed "$DOMAIN is off"
        return
    fi
    # The kernel may be interrupted while it takes in what devices the guest may use, which libvirt does not try again.
    (virsh_all "${commands}start $DOMAIN") 2>"$work/start" || {
        grep -q 'BPF prog: Resource temporarily unavailable' "$work/start" || die "$(cat "$work/start")"
        virsh_all "start $DOMAIN"
    }
    changed "$DOMAIN started"
}

# Interrupted, a guest that nobody has been told of is taken away again. One that was there before stays, and its mark
# makes the next run mend it.
undo() {
    trap '' INT TERM PIPE
    [ -z "$fresh" ] || take_away
    exit 129
}

# In one call: seconds after an interrupt, all is killed.
take_away() {
    virsh -q "${begun:+destroy $DOMAIN; undefine $DOMAIN --nvram; }vol-delete --pool $root_pool $root; vol-delete --pool $POOL $seed" \
        >/dev/null 2>&1 || true
    drop_root
    rm -f "$POOL_PATH/$seed" "$POOL_PATH/$install" "$unfinished"
    forget_domain "$DOMAIN" "$uuid"
}

apply() {
    mkdir "$work/files"
    # Where there is something to come into it.
    [ -z "$GUEST_INSTALL_SEED" ] || mkdir "$work/files/install"
    unpack "$work/files"
    [ -z "$GUEST_INSTALL_SEED" ] || mv "$work/files/install" "$work/install"
    mv "$work/files/key" "$work/key"
    [ ! -e "$work/files/password" ] || mv "$work/files/password" "$work/password"
    plan_root
    create_seed="vol-create-as $POOL $seed $seed_bytes --format raw"
    [ -d "$POOL_PATH" ] || die "$DOMAIN: its pool must have its directory, got no $POOL_PATH; restore it, or destroy the lab"
    [ "$GUEST_FIRMWARE" = bios ] || [ -z "$LINK" ] || has_esp "$POOL_PATH/$LINK" qcow2 ||
        die "$DOMAIN: firmware $GUEST_FIRMWARE must have an image with an EFI system partition, got none in $LINK; take bios, or another image"
    has_root || {
        [ -z "$LINK" ] || check_size
        ! is_on "$(domain_state "$DOMAIN")" || [ "$(virsh -q desc "$DOMAIN")" != "$OWNER" ] ||
            die "$DOMAIN: its root disk must be there while it runs, got it deleted; what is on it lasts until the guest stops:" \
                "save it from inside, shut the guest down, and run again for a new disk"
        fresh=yes
    }
    trap undo INT TERM PIPE
    [ ! -e "$unfinished" ] || resumed=yes
    : >"$unfinished"
    look_and_create
    see_root
    check_owner
    apply_disks
    apply_reservation
    apply_nic_reservations
    if [ "$WAIT_FOR" = start ]; then
        apply_domain
    else
        # Held until the guest is ready: its boot is what keeps the host busy.
        take_turn "$DOMAIN"
        apply_domain
        # One that runs on as it was has neither its new address nor its new seed.
        [ -n "$pending" ] ||
            CALLER=$CALLER GUEST_NICS=$GUEST_NICS GUEST_HAD_NICS=$seen_nics$resumed \
            GUEST_NETWORKS=$(cksum <"$work/files/network-config") /bin/sh host/ready.sh <"$work/key" 8>&-
        end_turn
    fi
    [ -n "$pending" ] || rm -f "$running_on"
    case $GUEST_CLOUD_INIT in
        replace) echo "$LINK $INSTANCE_ID" ;;
        *) echo "$LINK -" ;;
    esac >"$birth"
    rm -f "$unfinished"
}

delete() {
    look
    see_root
    check_owner
    commands=
    if is_on "$seen_state"; then
        if [ "$SHUTDOWN_SECONDS" -gt 0 ]; then
            take_turn "$DOMAIN"
            shut_down || note "$DOMAIN: did not shut down within $SHUTDOWN_SECONDS s, powered off"
            end_turn
            state=$(domain_state "$DOMAIN")
        else
            state=on
        fi
        [ "$state" = 'shut off' ] || commands="destroy $DOMAIN; "
    fi
    [ -z "$seen_state" ] ||
        commands="${commands}undefine $DOMAIN --nvram --managed-save --snapshots-metadata --checkpoints-metadata; "
    [ -z "$seen_root" ] || [ -n "$group" ] || commands="${commands}vol-delete --pool $root_pool $root; "
    [ -z "$seen_seed" ] || commands="${commands}vol-delete --pool $POOL $seed; "
    kept=$(grep -F "mac='$MAC'" "$work/kept") || true
    # Only what the network starts with next: to take a row out of one that runs makes libvirt load all of its firewall
    # rules anew, half a second a guest, and a row for a MAC that nobody has does no harm.
    [ -z "$kept" ] || commands="${commands}net-update $NETWORK delete ip-dhcp-host \"$kept\" --config; "
    # A network that is made anew meanwhile has lost the row by itself.
    [ -z "$commands" ] || virsh_all "${commands%; }" 'update network|matching dhcp host entry|transient network|et network|etwork not found'
    forget_nic_reservations
    drop_root
    # Without its pool, which someone may have removed by hand, a volume is a file like any other.
    rm -f "$POOL_PATH/$seed" "$POOL_PATH/$install" "$unfinished" "$birth" "$running_on" "$lock"
    forget_domain "$DOMAIN" "$uuid"
    changed "$DOMAIN removed"
}

umask 077
alone "$DOMAIN"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$1"
