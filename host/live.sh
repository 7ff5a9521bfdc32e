# shellcheck shell=sh
# shellcheck disable=SC2154 # set by guest.sh and look.sh
# What a running guest is given without a restart, for guest.sh: CPUs and memory within what it may have, and what somebody took.

# loses_cpus: a guest does not let go of CPUs while it runs.
loses_cpus() { [ -n "$GUEST_SIZE" ] && [ "$seen_cpus" -gt "${GUEST_SIZE%-*}" ]; }

apply_size() {
    [ -n "$GUEST_SIZE" ] || return 0
    if [ "$seen_cpus" -lt "${GUEST_SIZE%-*}" ]; then
        virsh -q setvcpus "$DOMAIN" "${GUEST_SIZE%-*}" --live >/dev/null
        changed "$DOMAIN has ${GUEST_SIZE%-*} CPUs"
    fi
    set_memory "${GUEST_SIZE#*-}"
}

# set_memory MIB: its balloon gives the rest back to the host, or takes it again; the guest's own system sees to that.
set_memory() {
    [ "$seen_memory" -ne "$(($1 * 1024))" ] || return 0
    virsh -q setmem "$DOMAIN" "${1}MiB" --live >/dev/null
    changed "$DOMAIN has $1 MiB of memory"
}

# mend_live: what somebody has done to it by hand is undone, as far as that needs no restart.
mend_live() {
    if [ "$seen_state" = paused ]; then
        virsh -q resume "$DOMAIN" >/dev/null
        changed "$DOMAIN goes on"
    fi
    [ -n "$GUEST_SIZE" ] || set_memory "$(sed -n 's/.*<memory unit="MiB">\([0-9]*\)<.*/\1/p' "$work/definition.xml")"
    virsh -q domiflist "$DOMAIN" | grep -qF "$MAC" || {
        awk -v mac="address=\"$MAC\"" '
            /<interface / { block = ""; inside = 1 }
            inside { block = block $0 "\n" }
            /<\/interface>/ { inside = 0; if (index(block, mac)) printf "%s", block }' "$work/definition.xml" >"$work/interface.xml"
        virsh -q attach-device "$DOMAIN" "$work/interface.xml" --live >/dev/null
        changed "NIC $MAC attached to $DOMAIN"
    }
}
