# shellcheck shell=sh
# shellcheck disable=SC2154 # set by guest.sh and look.sh
# A guest's root disk, for guest.sh: a file over its image in the lab's pool or a further one, or a volume of a volume group, which
# is a whole copy of the image. Needs volume_group.sh.

root_pool=${GUEST_ROOT_POOL:-$POOL}
root_dir=${GUEST_ROOT_PATH:-$POOL_PATH}
group=${GUEST_ROOT_GROUP:-}
root=$DOMAIN.qcow2
[ -z "$group" ] || root=$DOMAIN
root_file=$root_dir/$root

# plan_root: sets create_root, for virsh: nothing where it is not libvirt that makes it.
plan_root() {
    create_root="vol-create-as $root_pool $root $DISK_BYTES --format qcow2"
    [ -z "$LINK" ] ||
        create_root="$create_root --backing-vol \"$(readlink -m "$POOL_PATH/$LINK")\" --backing-vol-format qcow2"
    [ -z "$group" ] || create_root='echo'
}

has_root() { if [ -n "$group" ]; then [ -n "$(lv_bytes "$root")" ]; else [ -e "$root_file" ]; fi; }

# see_root: what look cannot see by libvirt.
see_root() { [ -z "$group" ] || seen_root=$(lv_bytes "$root"); }

make_root() {
    if [ -n "$group" ]; then
        make_root_volume
        return
    fi
    [ "$root_pool" = "$POOL" ] || virsh -q pool-info "$root_pool" | grep -q '^State: *running' || {
        virsh -q pool-start "$root_pool" >/dev/null
        changed "pool $root_pool started"
        look_and_create
    }
    # What lies in a volume's place and no pool knows of is a killed run's. The lab's pool may have to learn of the image.
    is_made "$root_file" || { rm -f "$root_file"; make_volume "$POOL" "$create_root"; }
}

# By its name, it is whole.
make_root_volume() {
    if [ -n "$seen_root" ]; then
        [ -e "$root_file" ] || lvm_quietly lvchange -q -ay "$group/$root" >/dev/null
        return
    fi
    remove_lv "$root.new" # a killed run's
    make_lv "$root.new" "$DISK_BYTES"
    if [ -n "$LINK" ]; then
        progress "writing $LINK to $root_file"
        copied=yes
        qemu-img convert -n -f qcow2 -O raw "$POOL_PATH/$LINK" "$root_dir/$root.new" || copied=
        stop_progress
        [ -n "$copied" ] || { remove_lv "$root.new"; die "$DOMAIN: its image must be copied to $root_file, and cannot be; see above"; }
    fi
    lvm_quietly lvrename -q "$group" "$root.new" "$root" >/dev/null
}

apply_root() {
    if [ "${seen_root:-$DISK_BYTES}" -gt "$DISK_BYTES" ]; then
        die "$DOMAIN: a disk does not shrink, it has $seen_root bytes, got $DISK_BYTES; keep its size or replace the guest"
    elif [ "${seen_root:-$DISK_BYTES}" -lt "$DISK_BYTES" ]; then
        [ -z "$group" ] || grow_lv "$root" "$DISK_BYTES"
        if is_on "$seen_state"; then
            virsh -q blockresize "$DOMAIN" "$root_file" "${DISK_BYTES}B" >/dev/null
            GUEST_GREW=yes
            export GUEST_GREW
        elif [ -z "$group" ]; then
            virsh -q vol-resize --pool "$root_pool" "$root" "${DISK_BYTES}B" >/dev/null
        fi
        changed "$root grown to $DISK_BYTES bytes"
    fi
}

# drop_root: once no domain has it. Without its pool, which someone may have removed by hand, a volume is a file like any other.
drop_root() {
    if [ -n "$group" ]; then
        remove_lv "$root"
        remove_lv "$root.new"
    else
        rm -f "$root_file"
    fi
}
