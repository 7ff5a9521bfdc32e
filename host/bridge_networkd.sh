# shellcheck shell=sh
# shellcheck disable=SC2154 # set by bridge.sh
# systemd-networkd: files that come before the user's own and change none of them: the bridge, its addresses (what the
# interface's file says) and the port. On trial they are in /run, which networkd reads as it does /etc.

claims() {
    index=$(cat "/sys/class/net/$1/ifindex")
    runs systemd-networkd,systemd-network && grep -q '^NETWORK_FILE=' "/run/systemd/netif/links/$index" 2>/dev/null
}

# sections FILE: all but [Match].
sections() { awk '/^\[/ { skip = $1 == "[Match]" } !skip' "$1"; }

# The lease belongs to an identifier that networkd makes of the interface's name.
lease_identifier() {
    hex=$(sed -n 's/^CLIENTID=ff\(........\).*/\1/p' "/run/systemd/netif/leases/$index" 2>/dev/null) || :
    [ -z "$hex" ] || printf '\n[DHCPv4]\nIAID=%s\n' "$(printf '%d' "0x$hex")"
}

# own_match: of the interface.
own_match() {
    case $INTERFACE in
        *:*:*:*:*:*) printf '[Match]\nMACAddress=%s\nType=ether\n\n' "$mac" ;; # the bridge has it too, and is no ether
        *) printf '[Match]\nName=%s\n\n' "$interface" ;;
    esac
}

# own_sections: all that the user has said of the interface.
own_sections() {
    sections "$from"
    for drop_in in "/usr/lib/systemd/network/$name.d"/*.conf "/run/systemd/network/$name.d"/*.conf \
        "/etc/systemd/network/$name.d"/*.conf; do
        [ ! -f "$drop_in" ] || sections "$drop_in"
    done
    lease_identifier
}

# A bridge of a tagged network, of which the host takes no address. That the interface has a VLAN is said in its own file,
# so it gets a copy: the user's may be that of others too.
tagged() {
    printf '[Match]\nName=%s\n\n[Link]\nRequiredForOnline=no\n\n[Network]\nLinkLocalAddressing=no\nIPv6AcceptRA=no\n' "$BRIDGE" |
        add_file "$1" "$prefix-bridge.network"
    printf '[NetDev]\nName=%s\nKind=vlan\n\n[VLAN]\nId=%s\n' "$port" "$vlan" | add_file "$1" "$prefix-vlan.netdev"
    printf '[Match]\nName=%s\n\n[Network]\nBridge=%s\n' "$port" "$BRIDGE" | add_file "$1" "$prefix-vlan.network"
    {
        own_match
        own_sections
        printf '\n[Network]\nVLAN=%s\n' "$port"
    } | add_file "$1" "$prefix-port.network"
}

untagged() {
    {
        printf '[Match]\nName=%s\n\n' "$BRIDGE"
        own_sections
    } | add_file "$1" "$prefix-bridge.network"
    {
        own_match
        sed -n '/^MTUBytes=/{s/^/[Link]\n/;p;q}' "$from"
        printf '[Network]\nBridge=%s\n' "$BRIDGE"
    } | add_file "$1" "$prefix-port.network"
}

render() {
    index=$(cat "/sys/class/net/$interface/ifindex")
    from=$(sed -n 's/^NETWORK_FILE=//p' "/run/systemd/netif/links/$index")
    name=${from##*/}
    prefix=/etc/systemd/network/05-kvmlab-$BRIDGE
    first=$(printf '%s\n' "$name" "${prefix##*/}-port.network" | sort | head -n 1)
    [ "$first" != "$name" ] ||
        die "$from: must come after ${prefix##*/}, as systemd-networkd takes the first that matches; give it a greater number"
    printf '[NetDev]\nName=%s\nKind=bridge\nMACAddress=%s\n\n[Bridge]\nSTP=no\n' "$BRIDGE" "$mac" |
        add_file "$1" "$prefix-bridge.netdev"
    if [ -n "$vlan" ]; then tagged "$1"; else untagged "$1"; fi
}

switch_on() {
    mkdir -p /run/systemd/network
    while read -r file; do
        cp "$trial/new$file" "/run${file#/etc}"
    done <"$trial/files"
    networkctl reload
}

switch_off() {
    settle
    # Freed of its bridge while the port's file is still in force, the interface would fail to join again and stay failed.
    networkctl reload
    ip link delete dev "$BRIDGE" || :
    [ -z "$vlan" ] || ip link delete dev "$port" || :
    networkctl reconfigure "$interface"
    sleep 2 # that takes away the addresses of the first time before it gives them again, after it has answered
}

# settle: what is in /run is not needed any more.
settle() {
    while read -r file; do
        rm -f "/run${file#/etc}"
    done <"$trial/files"
}
