#!/bin/sh
# The packages that make a machine a hypervisor. Only what is missing is installed, nothing else is upgraded.
# They stay when a lab is destroyed: other labs stand on them.
# usage: packages.sh apply   environment: PACKAGES (Debian's names, separated by blanks)
set -eu
. host/lib.sh

missing() {
    for package in $PACKAGES; do
        dpkg-query -W -f '${db:Status-Status}\n' "$package" 2>/dev/null | grep -qx installed || printf '%s ' "$package"
    done
}

apply() {
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

"$1"
