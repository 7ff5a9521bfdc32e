#!/bin/sh
# Makes a machine a hypervisor: packages, the KVM device, libvirt's limits, and libvirt up, under systemd or without it.
# All of it stays when a lab is destroyed: other labs stand on it. What was done is noted in $record, and `delete` undoes it.
# usage: setup.sh apply | setup.sh own (the same, and what has become of the machine, by facts.sh, on stderr)
#        setup.sh start (libvirt alone, where it is down) | setup.sh packages | setup.sh delete
# environment: PACKAGES (the distribution's own names, separated by blanks) LIBVIRT_USER (optional)
set -eu
. host/lib.sh
record=/var/lib/kvmlab/setup
. host/packages.sh
. host/daemons.sh
umask 022 # daemons inherit it too: what libvirtd writes, dnsmasq must read as nobody, or no guest gets its own address
exec 3>&- # daemons that are started here outlive the script: one that held this open would keep Pulumi waiting

# udev's own rule for the node. Where no udev ran, the node is root's alone: QEMU cannot use it, and libvirt finds
# its cached capabilities stale on every call, which costs seconds each time.
kvm_device() {
    [ -e /dev/kvm ] || { ok "no /dev/kvm"; return; }
    getent group kvm >/dev/null || { ok "no group kvm"; return; }
    case $(stat -c '%G %a' /dev/kvm) in
        'kvm 660' | *' 666') ok "/dev/kvm" ;;
        *)
            mkdir -p "$record"
            [ -e "$record/kvm" ] || stat -c '%U:%G %a' /dev/kvm >"$record/kvm"
            chgrp kvm /dev/kvm
            chmod 0660 /dev/kvm
            changed "/dev/kvm is group kvm, mode 0660"
            ;;
    esac
}

# Whoever runs Pulumi and is not root speaks to libvirt by the provider. polkit lets members of libvirt do so, and looks
# groups up each time, so that nobody has to log in anew: /usr/share/polkit-1/rules.d/60-libvirt.rules
# Members of kvm may use the node itself, as QEMU does that they start by hand.
member() {
    [ -n "${LIBVIRT_USER:-}" ] || return 0
    for group in libvirt kvm; do
        getent group "$group" >/dev/null || { ok "no group $group"; continue; }
        if id -nG "$LIBVIRT_USER" | tr ' ' '\n' | grep -qx "$group"; then
            ok "$LIBVIRT_USER is in group $group"
        else
            mkdir -p "$record"
            echo "$LIBVIRT_USER $group" >>"$record/members"
            usermod -aG "$group" "$LIBVIRT_USER"
            changed "$LIBVIRT_USER is in group $group"
        fi
    done
}

libvirt() {
    if answers && [ -z "$limited" ]; then
        ok "libvirt answers"
        return
    fi
    bring_up
}

limited= # daemons that must start anew

# One that hangs is not one that is down.
start() { answers || { ! runs libvirtd,virtqemud && bring_up; }; }

# Libvirt looks the user of swtpm up when it starts. One that was there before would run it as root, and after its next
# start not be able to read what root has made.
tpm() { [ -n "$had_tpm" ] || ! command -v swtpm >/dev/null || limited="$limited $(daemons)"; }

apply() {
    had_tpm=$(command -v swtpm) || true
    packages
    kvm_device
    member
    limits
    tpm
    libvirt
}

own() {
    apply
    /bin/sh host/facts.sh >&2
}

carries_nothing() {
    command -v virsh >/dev/null || return 0
    # Clients alone carry nothing.
    command -v libvirtd >/dev/null || command -v virtqemud >/dev/null || return 0
    need_libvirt
    carried=$(virsh -q list --all --name && virsh -q pool-list --all --name && virsh -q net-list --all --name)
    carried=$(printf '%s\n' "$carried" | awk '$1 != "" && $1 != "default" { printf " %s", $1 }') # virsh pads names
    [ -z "$carried" ] || die "host: must carry no guest, pool or network any more, got$carried; destroy those labs first"
}

# Each note goes with what it tells of: a run that was killed goes on with the others.
delete() {
    [ -d "$record" ] || { ok "nothing had to be done to make this machine a hypervisor"; return; }
    carries_nothing
    bring_down
    undo_limits
    # Older versions knew one group, and named none.
    [ ! -e "$record/members" ] || while read -r user group; do
        gpasswd -d "$user" "${group:-libvirt}" >/dev/null 2>&1 || true
    done <"$record/members"
    rm -f "$record/members"
    if [ -e "$record/kvm" ] && [ -e /dev/kvm ]; then
        read -r owner mode <"$record/kvm"
        chown "$owner" /dev/kvm
        chmod "$mode" /dev/kvm
    fi
    rm -f "$record/kvm"
    remove_packages
    [ ! -e "$record/packages" ] || return 0
    rm -rf "$record"
    rmdir "${record%/*}" 2>/dev/null || true
    changed "what made this machine a hypervisor is undone"
}

"$1"
