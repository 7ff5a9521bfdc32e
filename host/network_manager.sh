#!/bin/sh
# Keeps NetworkManager off what is a lab's, or off altogether. Nothing that it is told takes an address from an interface,
# neither now nor when it is taken back.
# usage: network_manager.sh apply | delete (as it was)
# environment: NETWORK_MANAGER (unmanaged|mask), and where there is to be a bridge, BRIDGE, INTERFACE and
#              VLAN as for bridge.sh
set -eu
: "${VLAN:=}"
. host/lib.sh
. host/bridge_find.sh
. host/bridge_networkmanager.sh

conf=/etc/NetworkManager/conf.d/kvmlab.conf
record=/var/lib/kvmlab/network-manager # whether it ran before it was masked
unit=NetworkManager.service

# Once there is the bridge, the default route is the bridge's.
find_port() {
    for states in /run/kvmlab/bridge /var/lib/kvmlab/bridge; do
        [ -e "$states/$BRIDGE/interface" ] || continue
        read -r interface <"$states/$BRIDGE/interface"
        read -r port <"$states/$BRIDGE/port"
        return
    done
    name_interface
}

is_ours() { case $1 in kl-* | vnet* | "$BRIDGE" | "$port") ;; *) return 1 ;; esac; }

own_conf() {
    printf '# kvmlab: labs and libvirt configure these.\n[device-kvmlab]\nmatch-device=interface-name:kl-*;interface-name:vnet*'
    [ -z "$BRIDGE" ] || printf ';interface-name:%s;interface-name:%s' "$BRIDGE" "$port"
    printf '\nmanaged=0\n'
}

reload() { ! runs NetworkManager || nmcli general reload conf; }

# NetworkManager applies this section to devices that come. Those that are there are told one by one, and stay so until the
# next boot: keyfile.unmanaged-devices would do for both, but clears their addresses when it is taken back.
unmanaged() {
    port=
    if [ -n "$BRIDGE" ]; then
        find_port
        ! claims "$interface" ||
            die "$interface: must be managed by another than NetworkManager, which is to leave it alone, got NetworkManager; \
set lab.host.networkManager to keep, or configure $interface elsewhere"
    fi
    if own_conf | cmp -s - "$conf"; then
        ok "NetworkManager leaves labs alone"
    else
        mkdir -p "${conf%/*}"
        own_conf >"$conf"
        changed "NetworkManager leaves labs alone"
    fi
    reload
    ! runs NetworkManager || for device in $(names); do
        ! is_ours "$device" || nmcli device set "$device" managed no
    done
}

is_masked() { [ "$(systemctl is-enabled "$unit" 2>/dev/null)" = masked ]; }

mask() {
    [ -d /run/systemd/system ] ||
        die "NetworkManager: must be started by systemd to be masked, got another init; set lab.host.networkManager to unmanaged"
    if is_masked && ! systemctl -q is-active "$unit"; then
        ok "NetworkManager is masked"
        return
    fi
    if ! is_masked && [ ! -e "$record" ]; then
        used=$(nmcli -t -f DEVICE,STATE device 2>/dev/null | sed -n 's/:connect\(ed\|ing .*\)$//p' | paste -sd ' ')
        [ -z "$used" ] ||
            die "NetworkManager: must manage no interface to be masked, got $used, which nobody would manage then; \
set lab.host.networkManager to keep, or configure it elsewhere"
        mkdir -p "${record%/*}"
        systemctl is-active "$unit" >"$record.new" || : # it says "inactive" and fails
        mv "$record.new" "$record"
    fi
    systemctl -q mask --now "$unit"
    changed "NetworkManager is masked"
}

apply() {
    if command -v NetworkManager >/dev/null; then "$NETWORK_MANAGER"; else ok "no NetworkManager"; fi
}

delete() {
    if [ -e "$conf" ]; then
        rm "$conf"
        reload
        changed "NetworkManager is told nothing of labs; what it leaves alone now it does until the next boot"
    elif [ -e "$record" ]; then
        systemctl -q unmask "$unit"
        [ "$(cat "$record")" != active ] || systemctl start "$unit"
        rm "$record"
        rmdir "${record%/*}" 2>/dev/null || :
        changed "NetworkManager is as before it was masked"
    else
        ok "NetworkManager is as it was"
    fi
}

"$1"
