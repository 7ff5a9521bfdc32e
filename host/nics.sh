# shellcheck shell=sh
# shellcheck disable=SC2154 # set by guest.sh and look.sh
# Further NICs of a guest, for guest.sh: those that a running one lacks come, and those that are asked for no more go; and what
# their networks reserve for them.

# apply_nics: by the aliases that libvirt says it has, each of which tells what its NIC was made from, so that a killed run is
# gone on with.
apply_nics() {
    sed -n "s/.*<alias name=[\"']\(ua-nic-[a-z0-9-]*\)[\"'].*/\1/p" "$work/definition.xml" >"$work/nics-wanted"
    # What goes goes first: another NIC of its name may have its MAC.
    while read -r alias; do
        grep -qxF "$alias" "$work/nics-wanted" || detach_nic "$alias"
    done <"$work/aliases"
    while read -r alias; do
        grep -qxF "$alias" "$work/aliases" || attach_nic "$alias"
    done <"$work/nics-wanted"
}

nic_name() { # nic_name ALIAS
    nic=${1#ua-nic-}
    echo "${nic%-*}"
}

attach_nic() { # attach_nic ALIAS
    awk -v alias="\"$1\"" '
        /<interface / { block = ""; inside = 1 }
        inside { block = block $0 "\n" }
        /<\/interface>/ { inside = 0; if (index(block, alias)) printf "%s", block }' "$work/definition.xml" >"$work/nic.xml"
    virsh -q attach-device "$DOMAIN" "$work/nic.xml" --live >/dev/null
    changed "NIC $(nic_name "$1") attached to $DOMAIN"
}

# detach_nic ALIAS: the guest's own system lets go of it, or does not. A run that was killed may have asked it before.
detach_nic() {
    told=$(virsh -q detach-device-alias "$DOMAIN" "$1" --live 2>&1 >/dev/null) ||
        case $told in *'process of unplug'*) ;; *) die "$told" ;; esac
    waited=0
    while virsh -q dumpxml "$DOMAIN" | grep -q "[\"']$1[\"']"; do
        [ "$waited" -lt 30 ] ||
            die "$DOMAIN: must let go of NIC $(nic_name "$1") within 30 s, got none; shut the guest down, and run again"
        sleep 1
        waited=$((waited + 1))
    done
    changed "NIC $(nic_name "$1") detached from $DOMAIN"
}

# settle NETWORK MAC ADDRESS DHCP-SCOPES: there the guest has that address and that name, and no others; without an address, none.
settle() {
    : >"$work/updates"
    for where in --live --config; do
        inactive=
        [ "$where" = --live ] || inactive=--inactive
        # shellcheck disable=SC2086 # none or one
        virsh -q net-dumpxml $inactive "$1" >"$work/net.xml"
        awk -v guest="$GUEST" -v mac="$2" -v ip="$3" -v scope="$where" -v scopes="$4" -v net="$1" '
            function quoted(name, text) { sub(".* " name "=[\"\047]", "", text); sub("[\"\047].*", "", text); return text }
            function update(what, section, xml) { printf "net-update %s %s %s \"%s\" %s; ", net, what, section, xml, scope }
            $1 == "<host" && / mac=/ && index(scopes, scope) {
                sub(/^ +/, "")
                if ($0 == "<host mac=\047" mac "\047 name=\047" guest "\047 ip=\047" ip "\047/>") has = 1
                else if (quoted("name", $0) == guest || quoted("mac", $0) == mac || ip != "" && quoted("ip", $0) == ip)
                    update("delete", "ip-dhcp-host", $0)
            }
            $1 == "<host" && !/ mac=/ { address = quoted("ip", $0) }
            $1 ~ /^<hostname>/ {
                gsub(/ *<[^>]*>/, "")
                if ($0 == guest && address == ip) named = 1
                else if ($0 == guest || address == ip) update("delete", "dns-host", "<host ip=\047" address "\047/>")
            }
            END {
                if (ip != "" && !has) update("add", "ip-dhcp-host", "<host mac=\047" mac "\047 name=\047" guest "\047 ip=\047" ip "\047/>")
                if (ip != "" && !named) update("add", "dns-host", "<host ip=\047" ip "\047><hostname>" guest "</hostname></host>")
            }' "$work/net.xml" >>"$work/updates"
    done
    [ -s "$work/updates" ] || return 0
    updates=$(cat "$work/updates")
    virsh_all "${updates%; }"
    if [ -n "$3" ]; then changed "reservation of $3 in $1"; else changed "no reservation in $1"; fi
}

# apply_nic_reservations: in the lab's further networks. Their UUIDs begin as that of its own.
apply_nic_reservations() {
    [ -n "$GUEST_NICS$seen_nics$resumed" ] || return 0
    ours=$(virsh -q net-uuid "$NETWORK" | cut -c 1-19)
    for other in $(virsh -q net-list --name | grep "^$NETWORK-"); do
        case $(virsh -q net-uuid "$other" 2>/dev/null) in "$ours"*) ;; *) continue ;; esac
        # shellcheck disable=SC2046 # two words, or none
        set -- $(printf '%s\n' "$GUEST_NICS" | awk -v network="$other" '$3 == network { print $2, $4 }')
        settle "$other" "${1:--}" "${2:-}" '--live --config'
    done
}

# forget_nic_reservations: of a guest that goes. As for the first NIC, a row for a MAC that nobody has stays in the network that runs.
forget_nic_reservations() {
    printf '%s\n' "$GUEST_NICS" | while read -r _ nic_mac other reserved _; do
        [ "${reserved:--}" = - ] || ! virsh -q net-uuid "$other" >/dev/null 2>&1 || settle "$other" "$nic_mac" '' --config
    done
}
