# shellcheck shell=sh
# The way to a pool: QEMU runs as a user of its own, who must get through every directory above its disks. Where one lets
# nobody pass, such as a home, an ACL lets that user pass and nobody else. $opened says which directories those are, and for
# whose pool, a line each; the last lab that needs one closes it again.

opened=/var/lib/kvmlab/opened

# qemu_user: sets user, as libvirt's config or else the distribution has it. Fails where QEMU is root's, or not installed.
qemu_user() {
    configured=$(sed -n 's/^ *user *= *"+*\([^"]*\)".*/\1/p' /etc/libvirt/qemu.conf 2>/dev/null | tail -n 1)
    for user in ${configured:-libvirt-qemu qemu}; do
        ! id "$user" >/dev/null 2>&1 || break
    done
    [ "$(id -u "$user" 2>/dev/null || echo 0)" -ne 0 ]
}

as_qemu() { setpriv --reuid "$user" --regid "$(id -g "$user")" --init-groups "$@"; }

# The pool's directory and all above it, from the top.
way() {
    directory=$POOL_PATH
    while [ -n "$directory" ]; do
        printf '%s\n' "$directory"
        directory=${directory%/*}
    done | sort
}

# pools_through DIRECTORY: for whom it has been opened. No path of a pool has a tab in it: stacks/config/scalars.py
pools_through() {
    [ ! -e "$opened" ] || DIRECTORY=$1 awk -F '\t' '$1 == ENVIRON["DIRECTORY"] { print $2 }' "$opened"
}

# For an instant each: labs that are made side by side may share a part of the way.
lock_way() {
    exec 7>/run/lock/kvmlab-way
    flock -w "$LIBVIRT_SECONDS" 7 ||
        die "$POOL_PATH: must be worked on by one run at a time, got another one for $LIBVIRT_SECONDS s; end it and run again"
}

open_way() {
    qemu_user || return 0
    lock_way
    way | while IFS= read -r directory; do
        pools=$(pools_through "$directory")
        # Another lab that has opened it may go before this one.
        [ -n "$pools" ] || ! as_qemu test -x "$directory" || continue
        # Noted first, so that a killed run cannot lose it.
        mkdir -p "${opened%/*}"
        printf '%s\n' "$pools" | grep -qxF "$POOL_PATH" || printf '%s\t%s\n' "$directory" "$POOL_PATH" >>"$opened"
        as_qemu test -x "$directory" || let_pass "$directory"
    done || return 1
    exec 7>&-
}

let_pass() {
    command -v setfacl >/dev/null || PACKAGES=acl /bin/sh host/setup.sh packages 7>&-
    setfacl -m "u:$user:x" "$1" 2>/dev/null || true
    as_qemu test -x "$1" ||
        die "$POOL_PATH: must be a directory that $user reaches, got no way through $1; chmod o+x it, or choose another pool.path"
    changed "$user may pass $1"
}

close_way() {
    [ -e "$opened" ] && qemu_user || return 0
    lock_way
    way | while IFS= read -r directory; do
        pools=$(pools_through "$directory")
        [ "$pools" != "$POOL_PATH" ] || ! command -v setfacl >/dev/null || let_nobody_pass "$directory"
    done
    POOL_PATH=$POOL_PATH awk -F '\t' '$2 != ENVIRON["POOL_PATH"]' "$opened" >"$opened.new"
    mv "$opened.new" "$opened"
    [ -s "$opened" ] || rm -f "$opened"
    exec 7>&-
}

let_nobody_pass() {
    setfacl -x "u:$user" "$1" || return 0
    # Without any entry of a user or a group there is no list, but for a mask that would go on saying what the group may.
    getfacl -cp "$1" | grep -qE '^default:|^(user|group):[^:]' || setfacl -b "$1"
    changed "$user may not pass $1 any more"
}
