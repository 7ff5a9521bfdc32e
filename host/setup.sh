#!/bin/sh
# Makes a machine a hypervisor: packages, the KVM device, libvirt's limits, and libvirt up, under systemd or without it.
# All of it stays when a lab is destroyed: other labs stand on it. What was done is noted in $record, and `delete` undoes it.
# usage: setup.sh apply | setup.sh own (the same, and what has become of the machine, by facts.sh, on stderr)
#        setup.sh start (libvirt alone, where it is down) | setup.sh packages | setup.sh delete
# environment: PACKAGES (Debian's names, separated by blanks) LIBVIRT_USER (optional)
set -eu
. host/lib.sh
. host/packages.sh
record=/var/lib/kvmlab/setup
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

# One connection carries every call of a run: libvirt's default of 5 at a time makes guests queue behind each other.
# https://libvirt.org/manpages/libvirtd.html (libvirtd.conf: max_client_requests)
own_limits() { printf '\n# kvmlab: calls of one connection at a time\nmax_client_requests = 32\n'; }

limits() {
    conf=/etc/libvirt/libvirtd.conf
    [ -f "$conf" ] || { ok "no $conf"; return; }
    if grep -q '^max_client_requests' "$conf"; then
        ok "max_client_requests"
        return
    fi
    mkdir -p "$record"
    cp -p "$conf" "$record/libvirtd.conf"
    own_limits >>"$conf"
    limits_changed=yes
    changed "max_client_requests in $conf"
}

# Whoever runs Pulumi and is not root speaks to libvirt by the provider. polkit lets members of this group do so, and
# looks groups up each time, so that nobody has to log in anew: /usr/share/polkit-1/rules.d/60-libvirt.rules
member() {
    [ -n "${LIBVIRT_USER:-}" ] || return 0
    if id -nG "$LIBVIRT_USER" | tr ' ' '\n' | grep -qx libvirt; then
        ok "$LIBVIRT_USER is in group libvirt"
    else
        mkdir -p "$record"
        echo "$LIBVIRT_USER" >>"$record/members"
        usermod -aG libvirt "$LIBVIRT_USER"
        changed "$LIBVIRT_USER is in group libvirt"
    fi
}

answers() { timeout 10 virsh -q uri >/dev/null 2>&1; }

under_systemd() {
    # Modular daemons where the distribution has them, the single one otherwise.
    for unit in virtqemud.socket virtnetworkd.socket virtstoraged.socket libvirtd.socket; do
        systemctl cat "$unit" >/dev/null 2>&1 && systemctl enable --now --quiet "$unit"
    done
    [ -z "$limits_changed" ] || systemctl try-restart libvirtd.service
}

without_systemd() {
    if runs libvirtd; then
        [ -n "$limits_changed" ] || return 0
        pkill -x libvirtd
        while runs libvirtd; do sleep 1; done
    fi
    mkdir -p "$record"
    touch "$record/started"
    runs virtlogd || virtlogd -d </dev/null >/dev/null 2>&1
    libvirtd -d </dev/null >/dev/null 2>&1
}

libvirt() {
    if answers && [ -z "$limits_changed" ]; then
        ok "libvirt answers"
        return
    fi
    bring_up
}

# One that hangs is not one that is down.
start() {
    limits_changed=
    answers || { ! runs libvirtd,virtqemud && bring_up; }
}

bring_up() {
    if [ -d /run/systemd/system ]; then under_systemd; else without_systemd; fi
    tries=0
    until answers; do
        tries=$((tries + 1))
        [ "$tries" -lt 30 ] || die "libvirt: started, but does not answer at $LIBVIRT_DEFAULT_URI; see its log"
        sleep 1
    done
    changed "libvirt is running"
}

apply() {
    packages
    limits_changed=
    kvm_device
    member
    limits
    libvirt
}

own() {
    apply
    /bin/sh host/facts.sh >&2
}

carries_nothing() {
    command -v virsh >/dev/null || return 0
    need_libvirt
    carried=$(virsh -q list --all --name && virsh -q pool-list --all --name && virsh -q net-list --all --name)
    carried=$(printf '%s\n' "$carried" | awk '$1 != "" && $1 != "default" { printf " %s", $1 }') # virsh pads names
    [ -z "$carried" ] || die "host: must carry no guest, pool or network any more, got$carried; destroy those labs first"
}

undo_limits() {
    [ -e "$record/libvirtd.conf" ] && [ -e /etc/libvirt/libvirtd.conf ] || return 0
    if own_limits | cat "$record/libvirtd.conf" - | cmp -s - /etc/libvirt/libvirtd.conf; then
        cp -p "$record/libvirtd.conf" /etc/libvirt/libvirtd.conf
    else
        # Somebody has edited it since.
        sed -i '/^# kvmlab: calls of one connection/,+1d' /etc/libvirt/libvirtd.conf
    fi
    [ ! -d /run/systemd/system ] || systemctl try-restart libvirtd.service
}

delete() {
    [ -d "$record" ] || { ok "nothing had to be done to make this machine a hypervisor"; return; }
    carries_nothing
    if [ -e "$record/started" ]; then
        for daemon in libvirtd virtlogd; do
            pkill -x "$daemon" || true
            while runs "$daemon"; do sleep 1; done
        done
    fi
    undo_limits
    [ ! -e "$record/members" ] || while read -r user; do
        gpasswd -d "$user" libvirt >/dev/null 2>&1 || true
    done <"$record/members"
    if [ -e "$record/kvm" ] && [ -e /dev/kvm ]; then
        read -r owner mode <"$record/kvm"
        chown "$owner" /dev/kvm
        chmod "$mode" /dev/kvm
    fi
    remove_packages
    rm -rf "$record"
    rmdir "${record%/*}" 2>/dev/null || true
    changed "what made this machine a hypervisor is undone"
}

"$1"
