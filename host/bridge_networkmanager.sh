# shellcheck shell=sh
# shellcheck disable=SC2153,SC2154 # set by bridge.sh
# NetworkManager: two profiles that are chosen before the user's own, which stays as it is: the bridge, with the addresses
# of that one, and the port, with the rest of it. On trial they are in /run, which NetworkManager reads as it does /etc.

# What NetworkManager shows as "connected (externally)" somebody else has configured.
claims() {
    case $(nmcli -g GENERAL.STATE device show "$1" 2>/dev/null) in
        '100 (connected)' | *'(connecting '*) ;;
        *) return 1 ;;
    esac
}

# sections FILE NAME|NAME...
sections() { awk -v names="|$2|" '/^\[/ { take = index(names, "|" substr($1, 2, length($1) - 2) "|") } take' "$1"; }

# identity: what would follow from the kind or name of the device, as the interface has it: the metric of its routes, and
# whom DHCP servers know.
identity() {
    for family in 4 6; do
        printf '\n[ipv%s]\n' "$family"
        ip "-$family" route show default dev "$interface" | sed -n 's/.* metric \([0-9]*\).*/route-metric=\1/p' | head -n 1
        nmcli -t -e no -f "DHCP$family" device show "$interface" | sed -n '
            s/^[^:]*:dhcp_client_identifier = /dhcp-client-id=/p
            s/^[^:]*:dhcp6_client_id = /dhcp-duid=/p
            s/^[^:]*:iaid = /dhcp-iaid=/p'
    done
}

# profile NAME TYPE DEVICE: of what comes twice in a file, the last counts.
profile() {
    read -r uuid </proc/sys/kernel/random/uuid
    printf '\n[connection]\nid=%s\ntype=%s\ninterface-name=%s\nuuid=%s\n' "$@" "$uuid"
    printf 'autoconnect=true\nautoconnect-priority=999\npermissions=\n'
}

# FILE: what the bridge takes of the user's profile, and what the port does.
untagged_bridge() {
    printf '[ipv4]\nmethod=auto\n\n[ipv6]\nmethod=auto\n\n' # what no section means
    sections "$1" 'connection|ipv4|ipv6|proxy'
    identity
}
untagged_port() {
    sections "$1" 'ethernet|802-3-ethernet|802-1x|dcb|ethtool|link|sriov'
    profile "$name-port" ethernet "$interface"
}

# A bridge of a tagged network, of which the host takes no address; the user's profile stays in force.
tagged_bridge() { printf '[ipv4]\nmethod=disabled\n\n[ipv6]\nmethod=disabled\n'; }
tagged_port() {
    printf '[vlan]\nid=%s\nparent=%s\n' "$vlan" "$interface"
    profile "$name-port" vlan "$port"
}

render() {
    mkdir "$1/live"
    nmcli -g GENERAL.CON-UUID device show "$interface" >"$1/live/uuid"
    read -r uuid <"$1/live/uuid"
    from=$(nmcli -t -e no -f UUID,FILENAME connection show | sed -n "s/^$uuid://p")
    case $from in
        */NetworkManager/system-connections/*) ;;
        *) die "$interface: must have a profile in NetworkManager's own format, got '$from'; \
change it by: nmcli connection migrate $uuid" ;;
    esac
    printf '%s\n' "$from" >"$1/live/from"
    cp -p "$from" "$1/live/profile"
    name=kvmlab-$BRIDGE
    prefix=/etc/NetworkManager/system-connections/$name
    kind=untagged
    [ -z "$vlan" ] || kind=tagged
    umask 077 # NetworkManager takes no file that others may read
    {
        "${kind}_bridge" "$from"
        profile "$name" bridge "$BRIDGE"
        printf 'autoconnect-slaves=1\n\n[ethernet]\ncloned-mac-address=%s\n\n[bridge]\nstp=false\n' "$mac"
    } | add_file "$1" "$prefix.nmconnection"
    bridge=$(sed -n 's/^uuid=//p' "$1/new$prefix.nmconnection" | tail -n 1)
    {
        "${kind}_port" "$from"
        printf 'master=%s\nslave-type=bridge\n' "$bridge"
    } | add_file "$1" "$prefix-port.nmconnection"
}

# Nothing waits for a profile to be up: bridge.sh sees for itself, and the guard must not be kept waiting.
switch_on() {
    mkdir -p /run/NetworkManager/system-connections
    while read -r file; do
        cp -p "$trial/new$file" "/run${file#/etc}"
    done <"$trial/files"
    nmcli connection reload
    nmcli -w 0 connection up id "kvmlab-$BRIDGE-port"
}

switch_off() {
    [ -n "$vlan" ] || take_back
    settle
    ip link delete dev "$BRIDGE" || :
    [ -z "$vlan" ] || ip link delete dev "$port" || :
    rm -f "/var/lib/NetworkManager/"*"-$BRIDGE.lease"
}

# take_back: while our profiles are still known, or NetworkManager would choose one by itself and be stopped on the way.
take_back() {
    read -r from <"$trial/live/from"
    # One that NetworkManager has made up is in /run, and it makes up none where there are others.
    case $from in /run/*) [ -e "$from" ] || cp -p "$trial/live/profile" "$from" ;; esac
    nmcli connection load "$from" || :
    nmcli -w 0 connection up uuid "$(cat "$trial/live/uuid")" ifname "$interface" || nmcli -w 0 device connect "$interface"
}

# settle: what is in /run is not needed any more.
settle() {
    while read -r file; do
        rm -f "/run${file#/etc}"
    done <"$trial/files"
    nmcli connection reload
}
