#!/bin/sh
# A network with DHCP and DNS, or without, defined from the XML on stdin.
# Guests' reservations are not part of what it is: each guest sees to its own (guest.sh), so that adding one touches no
# other. Those of the guests that are made together with it go in at once.
# usage: network.sh apply|delete
# environment: NETWORK NETWORK_UUID RESERVATIONS (a UUID, and on further lines <host> elements for the network of it)
set -eu
. host/lib.sh
. host/names.sh

# Rows of an earlier network of that name say nothing about this one.
rows() { printf '%s\n' "$RESERVATIONS" | sed -n "1{/^$NETWORK_UUID\$/!q;d};p"; }

remove() {
    virsh -q net-destroy "$NETWORK" >/dev/null 2>&1 || true
    # One that was never kept is gone with that.
    ! virsh -q net-uuid "$NETWORK" >/dev/null 2>&1 || virsh -q net-undefine "$NETWORK" >/dev/null
    forget_names "$NETWORK"
}

apply() {
    xml=$(cat)
    current=$(virsh -q net-uuid "$NETWORK" 2>/dev/null) || current=
    # The UUID is a hash of the definition: the same UUID is the same network.
    if [ -n "$current" ] && [ "$current" != "$NETWORK_UUID" ]; then
        remove
        current=
    fi
    define=
    if [ -z "$current" ]; then
        RESERVATIONS=$(rows)
        export RESERVATIONS
        define='net-define /dev/stdin; '
    elif virsh -q net-info "$NETWORK" | grep -q '^Active: *yes'; then
        ok "network $NETWORK"
        resolve_names "$NETWORK" "$xml"
        return
    fi
    # A start that fails must not leave a definition behind that looks finished. What a killed run has left may start it first.
    printf '%s\n' "$xml" | awk '/<\/dhcp>/ && ENVIRON["RESERVATIONS"] != "" { print ENVIRON["RESERVATIONS"] } { print }' |
        (virsh_all "${define}net-start $NETWORK; net-autostart $NETWORK" 'Failed to start network|already active') ||
        { remove; exit 1; }
    changed "network $NETWORK started"
    resolve_names "$NETWORK" "$xml"
}

delete() {
    virsh -q net-uuid "$NETWORK" >/dev/null 2>&1 || { forget_names "$NETWORK"; ok "no network $NETWORK"; return; }
    remove
    rm -f "$lock"
    changed "network $NETWORK removed"
}

alone "network-$NETWORK"
need_libvirt
trap '' INT TERM # a second's work is brought to its end
"$1"
