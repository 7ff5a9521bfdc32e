# shellcheck shell=sh
# Disks as volumes of a volume group of the host's. Each bears a tag, by which it is told whose it is; all else in the group is
# somebody's. libvirt is told of devices alone: a pool of its own would deactivate the whole group when it is stopped.
# https://man7.org/linux/man-pages/man8/lvm.8.html
# Needs GUEST_LAB, whose volumes they are, and group, in which they are.

group_tag() { printf 'kvmlab.%s' "${GUEST_LAB:-}"; }

# lvm_quietly COMMAND...: its warnings of file descriptors that it did not open say nothing to anybody.
lvm_quietly() { PATH=$PATH:/usr/sbin:/sbin LVM_SUPPRESS_FD_WARNINGS=1 "$@"; }

# lv_bytes NAME: nothing where there is no such volume.
lv_bytes() {
    lvm_quietly lvs --noheadings --nosuffix --units b -o lv_size "$group/$1" 2>/dev/null | tr -d ' '
}

# -q once: twice, it would answer no to what -y answers yes.
# make_lv NAME BYTES: what deleted volumes have left at its beginning is wiped, so that it looks blank.
make_lv() {
    lvm_quietly lvcreate -q -y -Wy -Zy -L "${2}b" -n "$1" --addtag "$(group_tag)" "$group" >/dev/null
}

grow_lv() { lvm_quietly lvextend -q -L "${2}b" "$group/$1" >/dev/null; }

remove_lv() { [ -z "$(lv_bytes "$1")" ] || lvm_quietly lvremove -q -y "$group/$1" >/dev/null; }

# remove_lvs [PATTERN]: all of the lab's, in any group, or those whose names match.
remove_lvs() {
    (PATH=$PATH:/usr/sbin:/sbin && command -v lvs >/dev/null) || return 0
    lvm_quietly lvs --noheadings -o vg_name,lv_name "@$(group_tag)" 2>/dev/null | while read -r group name; do
        # shellcheck disable=SC2254 # a pattern it is
        case $name in ${1:-*}) ;; *) continue ;; esac
        remove_lv "$name"
        changed "volume $group/$name removed"
    done
}
