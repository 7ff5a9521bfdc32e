# shellcheck shell=sh
# What the scripts of host/ share: how they report, and how they speak to libvirt.
# Each script prints one line per outcome, "changed: ..." or "ok: ...", and puts what went wrong on stderr.

LC_ALL=C
LIBVIRT_DEFAULT_URI=qemu:///system
export LC_ALL LIBVIRT_DEFAULT_URI

changed() { printf 'changed: %s\n' "$*"; }
ok() { printf 'ok: %s\n' "$*"; }
die() {
    printf '%s\n' "$*" >&2
    exit 1
}

# progress MESSAGE: a line every 10 s until stop_progress, so that nobody wonders whether a long step still runs.
progress() {
    (
        seconds=0
        while sleep 10 >/dev/null 2>&1; do
            seconds=$((seconds + 10))
            printf '%s (%s s)\n' "$1" "$seconds"
        done
    ) &
    progress_pid=$!
}
stop_progress() {
    kill "$progress_pid" 2>/dev/null || true
    wait "$progress_pid" 2>/dev/null || true
}

domain_state() { virsh -q domstate "$1" 2>/dev/null | head -n 1; }

# shut_down DOMAIN SECONDS: asks the guest's own system to power off and waits; fails when it does not.
shut_down() {
    virsh -q shutdown "$1" >/dev/null 2>&1 || true
    waited=0
    while [ "$(domain_state "$1")" != "shut off" ]; do
        [ "$waited" -lt "$2" ] || return 1
        [ $((waited % 10)) -ne 9 ] || printf '%s: shutting down (%s s)\n' "$1" "$((waited + 1))"
        # A guest early in its boot has nobody listening for the power button yet, so it is pressed again.
        [ $((waited % 5)) -ne 4 ] || virsh -q shutdown "$1" >/dev/null 2>&1 || true
        sleep 1
        waited=$((waited + 1))
    done
}
