#!/bin/sh
# A NAT network with DHCP and DNS, defined from the XML on stdin.
# Guests' reservations are not in that XML: each guest adds its own (guest.sh), so that adding one touches no other.
# usage: network.sh apply|delete   environment: NETWORK NETWORK_UUID
set -eu
. host/lib.sh

remove() {
    virsh -q net-destroy "$NETWORK" >/dev/null 2>&1 || true
    virsh -q net-undefine "$NETWORK" >/dev/null
}

apply() {
    xml=$(cat)
    current=$(virsh -q net-uuid "$NETWORK" 2>/dev/null) || current=
    # The UUID is a hash of the definition: the same UUID is the same network.
    if [ -n "$current" ] && [ "$current" != "$NETWORK_UUID" ]; then
        remove
        current=
    fi
    if [ -z "$current" ]; then
        printf '%s\n' "$xml" | virsh -q net-define /dev/stdin >/dev/null
    fi
    if virsh -q net-info "$NETWORK" | grep -q '^Active: *yes'; then
        ok "network $NETWORK"
        return
    fi
    # A start that fails must not leave a definition behind that looks finished.
    virsh -q net-start "$NETWORK" >/dev/null || { virsh -q net-undefine "$NETWORK" >/dev/null; exit 1; }
    virsh -q net-autostart "$NETWORK" >/dev/null
    changed "network $NETWORK started"
}

delete() {
    virsh -q net-uuid "$NETWORK" >/dev/null 2>&1 || { ok "no network $NETWORK"; return; }
    remove
    changed "network $NETWORK removed"
}

"$1"
