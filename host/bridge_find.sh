# shellcheck shell=sh
# shellcheck disable=SC2034,SC2153 # set for bridge.sh, and by its caller
# Which interface is meant, who manages it, and why it cannot be a port: for bridge.sh, before anything changes.

names() { ip -o link show | awk -F '[:@] *' '{ print $2 }'; }

# One that has hardware behind it, or a virtual cable: bridges and VLANs share the MAC address of what they stand on.
is_base() { ! grep -qE '^DEVTYPE=(bridge|vlan|macvlan|bond)$' "/sys/class/net/$1/uevent" 2>/dev/null; }

# by_mac MAC
by_mac() {
    for name in $(names); do
        if [ "$(cat "/sys/class/net/$name/address" 2>/dev/null)" = "$1" ] && is_base "$name"; then
            printf '%s\n' "$name"
            return
        fi
    done
}

# name_interface: the name of what is meant by $INTERFACE, and with $VLAN, of the bridge's port.
name_interface() {
    case $INTERFACE in
        default-route) interface=$(ip -4 route show default | sed -n '1s/.* dev \([^ ]*\).*/\1/p') ;;
        *:*:*:*:*:*) interface=$(by_mac "$(printf '%s\n' "$INTERFACE" | tr A-F a-f)") ;;
        *) interface=$INTERFACE ;;
    esac
    names | grep -qxF -e "${interface:-no name is empty}" ||
        die "$BRIDGE: must stand on an interface of this host, $(names | paste -sd ' '), got '$INTERFACE'; name one of these"
    port=$interface
    if [ -n "$VLAN" ]; then
        port=$interface.$VLAN
        [ "${#port}" -le 15 ] || port=vlan$VLAN # the kernel takes no longer one
    fi
}

find_interface() {
    name_interface
    [ ! -e "/sys/class/net/$interface/phy80211" ] ||
        die "$BRIDGE: must stand on a wired interface, got $interface, which is wireless and cannot be bridged; \
use macvtap or a NAT network"
    upper=$(ip -o link show dev "$interface" | sed -n 's/.* master \([^ ]*\) .*/\1/p')
    [ -z "$upper" ] || die "$BRIDGE: must stand on a free interface, got $interface, a port of $upper; use $upper itself"
    ! names | grep -qxF -e "$BRIDGE" ||
        die "$BRIDGE: must be a name that no interface of this host has, got one that is there; choose another"
    [ "$port" = "$interface" ] || ! names | grep -qxF -e "$port" ||
        die "$BRIDGE: must have a VLAN device of its own, got $port, which is there; take it away, or name it as the interface"
    mac=$(cat "/sys/class/net/$interface/address")
}

find_manager() {
    manager=
    known=
    for each in ifupdown networkd networkmanager; do
        # shellcheck source=/dev/null # one of bridge_*.sh
        (. "host/bridge_$each.sh" && claims "$interface") || continue
        known="${known:+$known and }$each"
        manager=$each
    done
    case $known in
        '') die "$interface: must be managed by ifupdown, systemd-networkd or NetworkManager, got none of them; \
configure it there" ;;
        *' and '*) die "$interface: must be managed by one of them, got $known; take it out of the other" ;;
    esac
}

# addresses DEVICE: those that somebody chose or leased, and the default route. What is made up from a router's
# announcements comes by itself.
addresses() {
    ip -o addr show dev "$1" scope global 2>/dev/null |
        awk '$3 == "inet" || ($3 == "inet6" && !/ (dynamic|temporary|mngtmpaddr)/) { print $3, $4 }'
    ip -4 route show default dev "$1" 2>/dev/null | awk '$2 == "via" { print "default via", $3 }'
}
