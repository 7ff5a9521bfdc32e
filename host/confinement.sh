# shellcheck shell=sh
# Where AppArmor or SELinux watches over guests, they too must let QEMU read a pool, wherever it is. What is changed for a pool
# is noted in $let_in before, and taken back when the last lab there goes. Needs way.sh, for its lock.
. host/apparmor.sh
. host/selinux.sh

let_in=/var/lib/kvmlab/let-in

# A line each: what it is of which pool or file, a tab, and how it is undone. Paths have no tabs: stacks/config/scalars.py
noted() { [ ! -e "$let_in" ] || WHAT=$1 awk -F '\t' '$1 == ENVIRON["WHAT"] { print $2 }' "$let_in"; }

note() {
    mkdir -p "${let_in%/*}"
    noted "$1" | grep -qxF "$2" || printf '%s\t%s\n' "$1" "$2" >>"$let_in"
}

forget() {
    WHAT=$1 awk -F '\t' '$1 != ENVIRON["WHAT"]' "$let_in" >"$let_in.new"
    mv "$let_in.new" "$let_in"
    [ -s "$let_in" ] || rm -f "$let_in"
}

shut_out() {
    [ -n "$(noted "apparmor $POOL_PATH")$(noted "selinux $POOL_PATH")" ] || return 0
    lock_way
    drop_rule
    unlabel
    exec 7>&-
    changed "$POOL_PATH is confined as before"
}
