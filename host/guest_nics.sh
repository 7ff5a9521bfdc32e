#!/bin/sh
# Runs in a guest, as root: its own system is told of its further NICs by cloud-init's own means, which it has for NICs that come
# while it runs. No stage of cloud-init runs again.
# Says what it had to tell it, or which NICs are not as they are to be (exit status 3).
# usage: sh -s SUM "NAME MAC CONFIGURED MTU
# ..." <guest_nics.sh   (SUM: of network-config; CONFIGURED: an address with its prefix, dhcp, or none; MTU: or a dash)
# Source: https://docs.cloud-init.io/en/latest/explanation/events.html#hotplug
set -eu
sum=$1 wanted=$2
kept=/var/lib/kvmlab/network-config # the sum of what it was told last
hotplug=/etc/cloud/cloud.cfg.d/99-kvmlab-hotplug.cfg
PATH=$PATH:/usr/sbin:/sbin

# device MAC: the interface that has it, of those that are devices.
device() {
    for path in /sys/class/net/*; do
        [ ! -e "$path/device" ] || [ "$(cat "$path/address")" != "$1" ] || echo "${path##*/}"
    done
}

# is_settled NAME MAC CONFIGURED MTU
is_settled() {
    [ "$(device "$2")" = "$1" ] && ip -o link show dev "$1" up | grep -q . || return 1
    [ "$4" = - ] || [ "$(cat "/sys/class/net/$1/mtu")" = "$4" ] || return 1
    case $3 in
        */*) ip -o address show dev "$1" | grep -q " $3 " ;;
    esac
}

# unsettled: the names and MACs of the NICs that are not as they are to be.
unsettled() {
    printf '%s\n' "$wanted" | while read -r name mac configured mtu; do
        [ -z "$name" ] || is_settled "$name" "$mac" "$configured" "$mtu" || echo "$name $mac"
    done
}

# render INTERFACE: network-config is read anew and rendered, and the interface brought up.
render() {
    mkdir -p "${hotplug%/*}"
    printf 'updates: {network: {when: [boot-new-instance, hotplug]}}\n' >"$hotplug"
    trap 'rm -f "$hotplug"' EXIT
    # The seed disk may have been written since it was read last.
    for disk in $(blkid -t LABEL=cidata -o device); do blockdev --flushbufs "$disk" || true; done
    timeout 100 cloud-init devel hotplug-hook --subsystem net handle --devpath "/sys/class/net/$1" --udevaction add \
        >/dev/null 2>&1 || true
    rm -f "$hotplug"
    # Where networkd is told without netplan, cloud-init does not make it read what is new.
    ! systemctl -q is-active systemd-networkd 2>/dev/null || networkctl reload >/dev/null 2>&1 || true
}

# A device takes a moment to show, and an address to be given.
settle() {
    waited=0
    while rest=$(unsettled) && [ -n "$rest" ] && [ "$waited" -lt "$1" ]; do
        sleep 1
        waited=$((waited + 1))
    done
}

told=none
[ ! -r "$kept" ] || told=$(cat "$kept")
settle 5
if [ -n "$rest" ]; then
    printf '%s\n' "$rest" | while read -r name mac; do
        is=$(device "$mac")
        [ -n "$is" ] || continue
        [ "$is" = "$name" ] || { ip link set dev "$is" down && ip link set dev "$is" name "$name"; }
        render "$name"
    done
    settle 30
    [ -n "$rest" ] || echo told
elif [ "$told" != "$sum" ] && [ "$told" != none ]; then
    # One has gone, say; the first NIC stands for all that are left.
    render eth0
    echo told
fi
[ -z "$rest" ] || {
    printf '%s\n' "$rest" | while read -r name mac; do
        if [ -n "$(device "$mac")" ]; then printf '%s (not configured) ' "$name"; else printf '%s (no driver) ' "$name"; fi
    done
    exit 3
}
[ -n "$wanted" ] || [ "$told" != none ] || exit 0
mkdir -p "${kept%/*}"
printf '%s\n' "$sum" >"$kept"
