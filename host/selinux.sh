# shellcheck shell=sh
# SELinux: QEMU may go through a directory of the type virt_image_t, and what is made in it has that type too. Files that lie
# there already are somebody's, and keep their own. Part of confinement.sh.
# https://libvirt.org/drvqemu.html#selinux-svirt-confinement

is_image_type() { grep -qE ':virt_image_t(:|$)'; }
is_labelled() { stat -L -c %C "$POOL_PATH" 2>/dev/null | is_image_type; }

# Below /var/lib/libvirt/images, the policy sees to it.
label() {
    [ -e /sys/fs/selinux/enforce ] && ! is_labelled || return 0
    real=$(readlink -f "$POOL_PATH")
    lock_way
    note "selinux $POOL_PATH" "$(stat -c %C "$real")"
    keep_label
    refused=$(chcon -t virt_image_t "$real" 2>&1) || true
    is_labelled ||
        die "$POOL_PATH: must be a directory that SELinux may label virt_image_t, got '$refused'; choose another pool.path"
    exec 7>&-
    changed "$POOL_PATH is labelled virt_image_t"
}

# A rule, so that restorecon leaves it so; where the policy says it, or the user has, there is one already.
keep_label() {
    command -v semanage >/dev/null && ! matchpathcon -n "$real" 2>/dev/null | is_image_type || return 0
    note "fcontext $POOL_PATH" "$(pattern)"
    semanage fcontext -a -t virt_image_t "$(pattern)" || true
}

# The path as a regular expression, in which semanage takes no blank.
# https://github.com/SELinuxProject/selinux/blob/3.4/python/semanage/seobject.py
# shellcheck disable=SC2016 # a $ it is
pattern() { printf '%s(/.*)?\n' "$(readlink -f "$POOL_PATH" | sed 's/[][\\.*^$()+?{}|]/\\&/g; s/ /\\s/g')"; }

unlabel() {
    was=$(noted "selinux $POOL_PATH")
    [ -n "$was" ] || return 0
    rule=$(noted "fcontext $POOL_PATH")
    [ -z "$rule" ] || semanage fcontext -d "$rule" 2>/dev/null || true
    [ ! -d "$POOL_PATH" ] || chcon "$was" "$(readlink -f "$POOL_PATH")" 2>/dev/null || true
    forget "fcontext $POOL_PATH"
    forget "selinux $POOL_PATH"
}
