#!/bin/sh
# libvirt up and answering, under systemd or without it, and able to use /dev/kvm.
# What it starts stays when a lab is destroyed: other labs stand on it.
# usage: services.sh apply
set -eu
. host/lib.sh

# udev's own rule for the node. Where no udev ran, the node is root's alone: QEMU cannot use it, and libvirt finds
# its cached capabilities stale on every call, which costs seconds each time.
kvm_device() {
    [ -e /dev/kvm ] || { ok "no /dev/kvm"; return; }
    getent group kvm >/dev/null || { ok "no group kvm"; return; }
    case $(stat -c '%G %a' /dev/kvm) in
        'kvm 660' | *' 666') ok "/dev/kvm" ;;
        *)
            chgrp kvm /dev/kvm
            chmod 0660 /dev/kvm
            changed "/dev/kvm is group kvm, mode 0660"
            ;;
    esac
}

# One connection carries every call of a run: libvirt's default of 5 at a time makes guests queue behind each other.
# https://libvirt.org/manpages/libvirtd.html (libvirtd.conf: max_client_requests)
limits() {
    conf=/etc/libvirt/libvirtd.conf
    [ -f "$conf" ] || { ok "no $conf"; return; }
    if grep -q '^max_client_requests' "$conf"; then
        ok "max_client_requests"
        return
    fi
    printf '\n# kvmlab: calls of one connection at a time\nmax_client_requests = 32\n' >>"$conf"
    limits_changed=yes
    changed "max_client_requests in $conf"
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
    if pgrep -x libvirtd >/dev/null; then
        [ -n "$limits_changed" ] || return 0
        pkill -x libvirtd
        while pgrep -x libvirtd >/dev/null; do sleep 1; done
    fi
    pgrep -x virtlogd >/dev/null || virtlogd -d </dev/null >/dev/null 2>&1
    libvirtd -d </dev/null >/dev/null 2>&1
}

apply() {
    limits_changed=
    kvm_device
    limits
    if answers && [ -z "$limits_changed" ]; then
        ok "libvirt answers"
        return
    fi
    if [ -d /run/systemd/system ]; then under_systemd; else without_systemd; fi
    tries=0
    until answers; do
        tries=$((tries + 1))
        [ "$tries" -lt 30 ] || die "libvirt: started, but does not answer at $LIBVIRT_DEFAULT_URI; see its log"
        sleep 1
    done
    changed "libvirt is running"
}

"$1"
