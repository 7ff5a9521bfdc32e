#!/bin/sh
# Clears what a killed run left of a domain: defined on the host, perhaps running, and in no state. Its disks stay.
# usage: domain.sh clear   environment: DOMAIN OWNER (the description of a domain that is the lab's own)
set -eu
. host/lib.sh

clear() {
    description=$(virsh -q desc "$DOMAIN" 2>/dev/null) || { ok "no domain $DOMAIN"; return; }
    [ "$description" = "$OWNER" ] ||
        die "$DOMAIN: must be a name that the host has no domain of, got one that is not this lab's; rename the guest"
    virsh -q destroy "$DOMAIN" >/dev/null 2>&1 || true
    virsh -q undefine "$DOMAIN" --nvram --managed-save --snapshots-metadata --checkpoints-metadata >/dev/null
    changed "$DOMAIN, which an earlier run had left unfinished, is made anew"
}

"$1"
