# shellcheck shell=sh
# AppArmor: libvirt's virt-aa-helper writes a profile for each guest, which names its disk and all that is below it. To find
# what is below, it reads images itself, as a profile of its own lets it, and is silent about what it cannot read: QEMU is then
# denied the guest's base. Part of confinement.sh.
# https://libvirt.org/drvqemu.html#apparmor-svirt-confinement
# https://gitlab.com/libvirt/libvirt/-/blob/v11.3.0/src/security/virt-aa-helper.c
#
# By its profile in Debian 12 and 13 and Ubuntu 22.04 and 24.04, it reads what is named like our images (*.qcow2) anywhere but
# in a home's hidden directories and its bin, so that no rule is needed. Where it reads less, a local rule lets it read a pool.
# https://gitlab.com/libvirt/libvirt/-/blob/v11.3.0/src/security/apparmor/usr.lib.libvirt.virt-aa-helper.in

profile=/etc/apparmor.d/usr.lib.libvirt.virt-aa-helper
rules=/etc/apparmor.d/local/usr.lib.libvirt.virt-aa-helper
helper=$(sed -n 's/^\(profile virt-aa-helper \)\{0,1\}\(\/[^ ]*\/virt-aa-helper\) .*{$/\2/p' "$profile" 2>/dev/null) || true
uuid=00000000-0000-0000-0000-000000000001 # nobody's

apparmor_watches() {
    [ "$(cat /sys/module/apparmor/parameters/enabled 2>/dev/null)" = Y ] && [ -x "$helper" ] &&
        command -v apparmor_parser >/dev/null
}

# let_helper_read IMAGE DISK: the image's directory gets a rule if it takes one, which DISK, a file that is not there yet, is to
# show. A rule does not allow what the profile denies.
let_helper_read() {
    apparmor_watches || return 0
    image=$(readlink -f "$1")
    disk=$2
    real=${image%/*}
    case $real in
        # libvirt writes a path between quotes as it is, and AppArmor takes it for a pattern.
        *[]\"*?[{}\\]*)
            die "$POOL_PATH: must be without \"*?[]{}\\ where AppArmor is at work, got $real; choose another pool.path"
            ;;
    esac
    ! is_seen || return 0
    lock_way
    add_rule
    if ! refused=$(load_rules 2>&1); then
        take_out
        forget "apparmor $POOL_PATH"
        refused=$(printf '%s\n' "$refused" | tail -n 1)
        die "$profile: must load with a rule for $POOL_PATH, got '$refused'; mend it, or choose another pool.path"
    fi
    if ! is_seen; then
        drop_rule
        die "$POOL_PATH: must be where virt-aa-helper may read, got one that $profile denies; choose another pool.path"
    fi
    exec 7>&-
    changed "virt-aa-helper may read $real"
}

# virt-aa-helper is asked what it would write for a guest whose disk stands on the image. It loads nothing.
is_seen() {
    qemu-img create -q -f qcow2 -b "$image" -F qcow2 "$disk" || exit 1
    answer=$(guest | "$helper" -d -r -u "libvirt-$uuid" 2>&1 3>&- 8>&-) || true
    rm -f "$disk"
    printf '%s\n' "$answer" | grep -qF "\"$image\" r"
}

guest() {
    file=$(printf '%s' "$disk" | sed 's/&/\&amp;/g; s/</\&lt;/g')
    printf '<domain type="qemu"><name>nobody</name><uuid>%s</uuid><memory>1</memory><os><type>hvm</type></os>' "$uuid"
    printf '<devices><disk type="file"><driver name="qemu" type="qcow2"/><source file="%s"/>' "$file"
    printf '<target dev="vda"/></disk></devices></domain>'
}

# As libvirt's package does it: /var/lib/dpkg/info/libvirt-daemon-system.postinst
load_rules() { apparmor_parser -r -T -W "$profile"; }

# Ours is the first line, so that the rest of the file keeps each byte.
add_rule() {
    rule="\"$real/**\" r, # kvmlab: $POOL_PATH"
    note "apparmor $POOL_PATH" "$rule"
    [ -e "$rules" ] || note "file $rules" made
    ! grep -qxF "$rule" "$rules" 2>/dev/null || return 0
    printf '%s\n' "$rule" | cat - "$rules" 2>/dev/null >"$rules.kvmlab" || true
    put_rules
}

put_rules() {
    chmod --reference="$rules" "$rules.kvmlab" 2>/dev/null || chmod 0644 "$rules.kvmlab"
    mv "$rules.kvmlab" "$(readlink -f "$rules")"
}

take_out() {
    if grep -qxF "$rule" "$rules" 2>/dev/null; then
        sed "$(grep -nxF "$rule" "$rules" | sed 's/:.*/d/')" "$rules" >"$rules.kvmlab"
        put_rules
    fi
    rm -f "$rules.kvmlab" # a killed run's
    if [ -n "$(noted "file $rules")" ] && ! grep -q '# kvmlab: ' "$rules" 2>/dev/null; then
        [ -s "$rules" ] || rm -f "$rules"
        forget "file $rules"
    fi
}

# Forgotten last, so that a killed run cannot leave it loaded. Where AppArmor has gone meanwhile, nothing is.
drop_rule() {
    rule=$(noted "apparmor $POOL_PATH")
    [ -n "$rule" ] || return 0
    take_out
    ! apparmor_watches || load_rules >/dev/null 2>&1 ||
        printf '%s: must load without a rule for %s, and does not; look at it\n' "$profile" "$POOL_PATH" >&2
    forget "apparmor $POOL_PATH"
}
