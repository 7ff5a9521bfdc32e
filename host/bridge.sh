#!/bin/sh
# A bridge over an interface that is there: the interface becomes its port, and its addresses become the bridge's. With a
# VLAN tag, the port is a VLAN device over the interface, which keeps its addresses; the bridge has none.
# Until a fresh login confirms it, the new configuration is in /run alone and a dead-man watches (bridge_guard.sh).
# See docs/decisions/0010.
# usage: bridge.sh apply (tries it) | confirm (keeps it) | restore (all as it was, byte by byte) | status
#        bridge.sh rollback (what the dead-man does)
# environment: BRIDGE (its name), for apply INTERFACE (a name, a MAC address or default-route),
#              and optionally VLAN (a tag) and ROLLBACK_SECONDS
set -eu
# The lock is flock's alone: a DHCP client that is started below outlives the script, and must not hold it.
[ -n "${BRIDGE_LOCKED:-}" ] ||
    BRIDGE_LOCKED=yes exec flock -o /run/lock/kvmlab-bridge /bin/sh host/bridge.sh "$@"
unset BRIDGE_LOCKED
. host/lib.sh
. host/bridge_files.sh
. host/bridge_find.sh
exec 3>&-
# A login over this very interface may break off: what has begun is brought to its end.
trap '' HUP INT TERM PIPE
: "${ROLLBACK_SECONDS:=60}" "${VLAN:=}"

trial=/run/kvmlab/bridge/$BRIDGE    # what is known of a bridge that is not confirmed; a reboot forgets it
kept=/var/lib/kvmlab/bridge/$BRIDGE # the same of one that is
log=$trial.log

is_on_trial() { [ -e "$trial/deadline" ]; }

# take STATE: the names of what is noted there, and the functions of its manager.
take() {
    read -r interface <"$1/interface"
    read -r manager <"$1/manager"
    read -r vlan <"$1/vlan"
    read -r port <"$1/port"
    holder=$BRIDGE # of the addresses
    [ -z "$vlan" ] || holder=$interface
    # shellcheck source=/dev/null # one of bridge_*.sh
    . "host/bridge_$manager.sh"
}

is_port() { ip -o link show master "$BRIDGE" 2>/dev/null | grep -q "^[0-9]*: $1[@:]"; }

# has_all DEVICE: the addresses and the default route that the interface had at first.
has_all() {
    addresses "$1" >"$trial/seen"
    ! grep -qvxFf "$trial/seen" "$trial/addresses"
}
is_whole() { is_port "$port" && has_all "$holder"; }

# A lease may have become another since then.
is_back() { [ ! -s "$trial/addresses" ] || [ -n "$(addresses "$interface")" ]; }

# within SECONDS COMMAND...
within() {
    left=$1
    shift
    until "$@"; do
        [ "$left" -gt 0 ] || return 1
        left=$((left - 1))
        sleep 1
    done
}

# arm: from here on somebody else brings the old configuration back, unless told not to.
arm() {
    mkdir -p "$trial/host"
    rm -f "$trial/guard"
    cp --remove-destination host/lib.sh host/bridge*.sh "$trial/host" # the program may take its own along
    read -r now _ </proc/uptime
    echo $((${now%.*} + ROLLBACK_SECONDS)) >"$trial/armed"
    guard="$trial/host/bridge_guard.sh $trial"
    # Where systemd runs, it starts the guard, since what a login leaves behind may be ended with it. A DHCP client that
    # the guard starts stays.
    # shellcheck disable=SC2086 # two words
    { [ -d /run/systemd/system ] && systemd-run -q --collect -p KillMode=process -p Restart=on-failure /bin/sh $guard; } \
        >>"$log" 2>&1 || setsid /bin/sh $guard </dev/null >>"$log" 2>&1 &
    for _ in 1 2 3 4 5 6 7 8 9 10; do
        [ ! -e "$trial/guard" ] || return 0
        sleep 0.3
    done
    rm -f "$trial/armed" "$trial/deadline"
    die "$BRIDGE: must be watched while it is on trial, got no process that does it; see $log"
}

apply() {
    if is_on_trial; then
        arm
        rollback || die "$BRIDGE: must be rolled back before it is tried again, got a failure; see $log"
    fi
    if is_kept; then
        read -r asked <"$kept/asked"
        take "$kept"
        [ "$INTERFACE" = "$asked" ] || [ "$INTERFACE" = "$interface" ] ||
            die "$BRIDGE: must stay over $interface, got '$INTERFACE'; restore that first"
        [ "$VLAN" = "$vlan" ] ||
            die "$BRIDGE: must stay with the VLAN tag '$vlan', got '$VLAN'; restore that first"
        is_port "$port" ||
            die "$BRIDGE: must be up, as it is configured, got no bridge with the port $port; bring it up or reboot"
        ok "bridge $BRIDGE"
        return
    fi
    # A power cut may have stopped a confirmation half-way.
    [ ! -d "$kept" ] || put_back "$kept"
    rm -rf "$kept" "$trial"
    find_interface
    find_manager
    mkdir -p "$trial"
    printf '%s\n' "$INTERFACE" >"$trial/asked"
    printf '%s\n' "$interface" >"$trial/interface"
    printf '%s\n' "$manager" >"$trial/manager"
    printf '%s\n' "$VLAN" >"$trial/vlan"
    printf '%s\n' "$port" >"$trial/port"
    addresses "$interface" >"$trial/addresses"
    take "$trial"
    render "$trial"
    arm
    if ! switch_on >>"$log" 2>&1 </dev/null || ! within $((ROLLBACK_SECONDS / 2)) is_whole; then
        got=$(addresses "$holder" | paste -sd,)
        wanted=$(paste -sd, "$trial/addresses")
        ports=$(ip -o link show master "$BRIDGE" 2>/dev/null | sed 's/^[0-9]*: \([^@:]*\).*/\1/' | paste -sd,)
        rollback || die "$interface: must have $wanted again, got a failure; it is tried again and again, see $log"
        [ -z "$vlan" ] || die "$BRIDGE: must have the port $port, and $interface still $wanted, got '$ports' and '$got'; \
the old configuration is back, see $log"
        die "$BRIDGE: must get what $interface has, $wanted, got '$got'; the old configuration is back, see $log"
    fi
    changed "bridge $BRIDGE over $port, to be confirmed within $ROLLBACK_SECONDS s"
}

is_kept() { [ -d "$kept" ] && is_placed "$kept" new; }

confirm() {
    if is_on_trial; then
        take "$trial"
        within 2 is_whole || die "$BRIDGE: must be whole to be confirmed, got a part of it; it is rolled back, apply it again"
        rm -rf "$kept" "$kept.new"
        mkdir -p "$kept.new"
        (cd "$trial" && cp -a asked interface manager vlan port addresses files original new "$kept.new")
        [ ! -e "$trial/live" ] || cp -a "$trial/live" "$kept.new"
        sync
        mv "$kept.new" "$kept"
        put_new "$kept"
        rm "$trial/deadline" # now nothing rolls it back
        settle
        rm -rf "$trial"
        changed "bridge $BRIDGE over $port is kept"
    elif is_kept; then
        ok "bridge $BRIDGE"
    else
        die "$BRIDGE: must be on trial to be confirmed, got none; the old configuration is in force, apply it again"
    fi
}

# From whatever a killed run has left to the old configuration. What fails can be done again.
rollback() {
    is_on_trial || return 0
    take "$trial"
    put_back "$trial"
    is_placed "$trial" original || return 1
    switch_off >>"$log" 2>&1 </dev/null || : # what counts is what is there then
    within 10 has_all "$interface" || within 10 is_back || return 1
    rm -rf "$kept"
    rm "$trial/deadline"
    rm -rf "$trial"
    rmdir /var/lib/kvmlab/bridge /var/lib/kvmlab 2>/dev/null || :
}

restore() {
    if ! is_on_trial; then
        [ -d "$kept" ] || { ok "no bridge $BRIDGE"; return; }
        check_files "$kept"
        rm -rf "$trial"
        mkdir -p "${trial%/*}"
        cp -a "$kept" "$trial"
    fi
    arm # for the case that this is killed
    read -r interface <"$trial/interface"
    rollback || die "$interface: must be as it was, got a failure; it is tried again and again, see $log"
    changed "$interface is as before bridge $BRIDGE"
}

status() {
    if is_on_trial; then
        ok "bridge $BRIDGE is on trial"
    elif is_kept; then
        ok "bridge $BRIDGE is kept"
    else
        ok "no bridge $BRIDGE"
    fi
}

mkdir -p "${trial%/*}"
"$1"
