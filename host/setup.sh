#!/bin/sh
# Makes a machine a hypervisor: packages, the KVM device, libvirt's limits, and libvirt up, under systemd or without it.
# All of it stays when a lab is destroyed: other labs stand on it.
# usage: setup.sh apply | setup.sh start (libvirt alone, where it is down)
# environment: PACKAGES (Debian's names, separated by blanks) LIBVIRT_USER (optional)
set -eu
. host/lib.sh
exec 3>&- # daemons that are started here outlive the script: one that held this open would keep Pulumi waiting

missing() {
    for package in ${PACKAGES:-}; do
        dpkg-query -W -f '${db:Status-Status}\n' "$package" 2>/dev/null | grep -qx installed || printf '%s ' "$package"
    done
}

packages() {
    command -v apt-get >/dev/null ||
        die "packages: this machine has no apt-get; install QEMU, libvirt, dnsmasq and xorriso by hand and run again"
    wanted=$(missing)
    [ -n "$wanted" ] || { ok "packages"; return; }
    log=$(mktemp)
    progress "installing $wanted"
    # shellcheck disable=SC2086 # a list of names
    if ! { apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends \
        $wanted; } >"$log" 2>&1 </dev/null; then
        stop_progress
        reason=$(grep -E '^(E|Err|W):?' "$log" | tail -n 5)
        rm -f "$log"
        die "packages: apt-get could not install $wanted
$reason"
    fi
    stop_progress
    rm -f "$log"
    changed "installed $wanted"
}

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

# Whoever runs Pulumi and is not root speaks to libvirt by the provider. polkit lets members of this group do so, and
# looks groups up each time, so that nobody has to log in anew: /usr/share/polkit-1/rules.d/60-libvirt.rules
member() {
    [ -n "${LIBVIRT_USER:-}" ] || return 0
    if id -nG "$LIBVIRT_USER" | tr ' ' '\n' | grep -qx libvirt; then
        ok "$LIBVIRT_USER is in group libvirt"
    else
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

"$1"
