# shellcheck shell=sh
# shellcheck disable=SC2154 # set by bridge.sh
# ifupdown: the interface's stanzas in /etc/network/interfaces, or in a file that it sources, become the bridge's.
# Where bridge-utils is missing, ifupdown knows no bridges; ip makes them everywhere.

# interfaces_files FILE: it, and what it sources.
interfaces_files() {
    [ -f "$1" ] || return 0
    printf '%s\n' "$1"
    awk '$1 == "source" { print $2 } $1 == "source-directory" { print $2 "/*" }' "$1" | while read -r pattern; do
        case $pattern in /*) ;; *) pattern=${1%/*}/$pattern ;; esac
        for sourced in $pattern; do
            interfaces_files "$sourced"
        done
    done
}

stanza_files() {
    interfaces_files /etc/network/interfaces | while read -r file; do
        ! awk -v nic="$1" '$1 == "iface" && $2 == nic { found = 1 } END { exit !found }' "$file" || printf '%s\n' "$file"
    done
}

claims() { command -v ifup >/dev/null && [ -n "$(stanza_files "$1")" ]; }

# bridged WHICH FILE: file, the whole of it, or stanzas, those of the bridge.
bridged() {
    awk -v nic="$interface" -v bridge="$BRIDGE" -v mac="$mac" -v which="$1" '
        function is_start() { return $1 ~ /^(iface|mapping|auto|allow-.*|source|source-directory|no-auto-down|no-scripts|rename)$/ }
        is_start() { ours = 0 }
        $1 == "iface" && $2 == nic {
            ours = 1
            if (!started++) {
                if (which == "file") printf "iface %s inet manual\n\n", nic
                printf "auto %s\n", bridge
            }
            sub("iface[ \t]+" nic, "iface " bridge)
            print
            if (started == 1) {
                printf "    pre-up [ -e /sys/class/net/%s ] || ip link add name %s address %s type bridge stp_state 0 forward_delay 0\n", bridge, bridge, mac
                printf "    pre-up ip link set dev %s master %s up\n", nic, bridge
            }
            next
        }
        ours && /^[ \t]*[^# \t]/ { gsub("dev[ \t]+" nic "($|[ \t])", "dev " bridge " ") }
        ours || which == "file"' "$2"
}

# A bridge of a tagged network, of which the host takes no address.
tagged() {
    printf '\nauto %s\niface %s inet manual\n' "$BRIDGE" "$BRIDGE"
    printf '    pre-up [ -e /sys/class/net/%s ] || ip link add link %s name %s type vlan id %s\n' \
        "$port" "$interface" "$port" "$vlan"
    printf '    pre-up [ -e /sys/class/net/%s ] || ip link add name %s type bridge stp_state 0 forward_delay 0\n' \
        "$BRIDGE" "$BRIDGE"
    printf '    pre-up echo 1 >/proc/sys/net/ipv6/conf/%s/disable_ipv6 || true\n' "$BRIDGE"
    printf '    pre-up ip link set dev %s master %s up\n    up ip link set dev %s up\n' "$port" "$BRIDGE" "$BRIDGE"
}

render() {
    from=$(stanza_files "$interface")
    case $from in
        *'
'*) die "$interface: must be configured in one file, got $(printf '%s' "$from" | paste -sd ' '); put it in one of them" ;;
    esac
    mkdir "$1/live"
    if [ -n "$vlan" ]; then tagged; else bridged stanzas "$from"; fi >"$1/live/stanzas"
    printf 'source /etc/network/interfaces\nsource %s/live/stanzas\n' "$trial" >"$1/live/interfaces"
    if [ -n "$vlan" ]; then cat "$from" "$1/live/stanzas"; else bridged file "$from"; fi | add_file "$1" "$from"
}

# The DHCP server knows dhclient by an identifier that it keeps with the leases of an interface.
lease_file() { printf '/var/lib/dhcp/dhclient.%s.leases\n' "$1"; }

switch_on() {
    [ -n "$vlan" ] || leave
    ifup -i "$trial/live/interfaces" "$BRIDGE"
}

leave() {
    grep '^default-duid ' "$(lease_file "$interface")" >"$(lease_file "$BRIDGE")" || rm -f "$(lease_file "$BRIDGE")"
    ifdown --force "$interface" || :
}

switch_off() {
    ifdown -i "$trial/live/interfaces" --force "$BRIDGE" || :
    ip link delete dev "$BRIDGE" || :
    if [ -n "$vlan" ]; then
        ip link delete dev "$port" || :
        return
    fi
    rm -f "$(lease_file "$BRIDGE")"
    ifdown --force "$interface" || :
    ifup --force "$interface"
}

settle() { :; }
