# shellcheck shell=sh
# SELinux: QEMU may go through a directory of the type virt_image_t, and what is made in it has that type too. Files that lie
# there already are somebody's, and keep their own. Part of confinement.sh.
# https://libvirt.org/drvqemu.html#selinux-svirt-confinement

is_labelled() { stat -L -c %C "$POOL_PATH" 2>/dev/null | grep -qE ':virt_image_t(:|$)'; }

# Only what the policy does not label so, as it does /var/lib/libvirt/images, gets a rule of ours.
label() {
    [ -e /sys/fs/selinux/enforce ] && ! is_labelled || return 0
    real=$(readlink -f "$POOL_PATH")
    restorecon "$real"
    ! is_labelled || return 0
    lock_way
    note "selinux $POOL_PATH" "$(pattern)"
    if command -v semanage >/dev/null; then
        refused=$(semanage fcontext -a -t virt_image_t "$(pattern)" 2>&1) || true
        restorecon "$real"
    else
        refused=$(chcon -t virt_image_t "$real" 2>&1) || true
    fi
    is_labelled ||
        die "$POOL_PATH: must be a directory that SELinux may label virt_image_t, got '$refused'; choose another pool.path"
    exec 7>&-
    changed "$POOL_PATH is labelled virt_image_t"
}

# The path as a regular expression, in which semanage takes no blank.
# https://github.com/SELinuxProject/selinux/blob/3.4/python/semanage/seobject.py
# shellcheck disable=SC2016 # a $ it is
pattern() { printf '%s(/.*)?\n' "$(readlink -f "$POOL_PATH" | sed 's/[][\\.*^$()+?{}|]/\\&/g; s/ /\\s/g')"; }

unlabel() {
    rule=$(noted "selinux $POOL_PATH")
    [ -n "$rule" ] || return 0
    ! command -v semanage >/dev/null || semanage fcontext -d "$rule" 2>/dev/null || true
    [ ! -d "$POOL_PATH" ] || ! command -v restorecon >/dev/null || restorecon -R "$(readlink -f "$POOL_PATH")"
    forget "selinux $POOL_PATH"
}
