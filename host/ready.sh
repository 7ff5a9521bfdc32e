#!/bin/sh
# Ready means ready: SSH answers with the host key that we gave the guest, and cloud-init says that it is done.
# Called by guest.sh, with the lab's private SSH key on stdin.
# environment: DOMAIN ADDRESS LOGIN HOST_KEY INSTANCE_ID NETWORK MAC READY_SECONDS CALLER (whom guest.sh works for)
#              GUEST_NICS (as guest.sh has them) GUEST_HAD_NICS (whether it had others before)
#              GUEST_NETWORKS (a sum of its network-config), and optionally GUEST_SIZE (of one
#              that may grow) GUEST_GREW (whether its root disk has, while it ran)
#              GUEST_INSTALL (yes: what answers may be an installer, which has its root in memory)
set -eu
. host/lib.sh

# Seconds that are left; ssh itself never gives up on a guest that answers and does not come to an end.
left() { echo $((started + READY_SECONDS - $(date +%s))); }

# --foreground: in this script's group, so that what ends the script ends a guest's long answer, too.
guest_ssh() {
    timeout --foreground "$(($(left) > 0 ? $(left) : 1))" ssh -F none -i "$work/key" -o IdentitiesOnly=yes -o BatchMode=yes -o ConnectTimeout=5 \
        -o StrictHostKeyChecking=yes -o UserKnownHostsFile="$work/known_hosts" -o GlobalKnownHostsFile=none \
        -o ServerAliveInterval=15 -o ServerAliveCountMax=8 -o LogLevel=ERROR "$LOGIN@$ADDRESS" "$@"
}

# How far the guest has come, in the order in which it happens.
stage() {
    state=$(domain_state "$DOMAIN")
    if [ "$state" != running ]; then
        echo "${state:-no domain}"
    elif grep -q nics "$work/status" 2>/dev/null; then
        echo "its own system is told of its NICs"
    elif grep -q -e running "$work/status" 2>/dev/null; then
        echo "cloud-init is running"
    elif virsh -q net-dhcp-leases "$NETWORK" --mac "$MAC" 2>/dev/null | grep -q .; then
        echo "no SSH yet$(tail -n 1 "$work/ssh.log" | tr -d '\r' | sed 's/^/: /')"
    else
        echo "booting, no lease yet"
    fi
}

report_stages() {
    # The sleep outlives this script, and must hold neither its output open nor the turn.
    while sleep 9 >/dev/null 2>&1 3>&- 9>&-; do
        report "$DOMAIN: $(stage) ($(($(date +%s) - started)) s)"
    done
}

# Which boot answers is told by the instance-id, where one is expected: a guest that is about to restart is not ready.
# cloud-init's own exit codes: 0 done, 1 failed, 2 done with recoverable errors.
# shellcheck disable=SC2016 # expanded in the guest
remote_status='
    [ -z "$1" ] || [ "$(cat /var/lib/cloud/data/instance-id)" = "$1" ] || exit 9
    [ "$2" = no ] || case $(stat -f -c %T /) in overlayfs | tmpfs | ramfs | squashfs) exit 9 ;; esac
    echo running
    cloud-init status --wait >/dev/null 2>&1'

finished() {
    code=0
    guest_ssh "sh -c '$remote_status' sh '$INSTANCE_ID' ${GUEST_INSTALL:-no}" </dev/null >"$work/status" 2>"$work/ssh.log" ||
        code=$?
    case $code in
        0) ;;
        1)
            details=$(guest_ssh "cloud-init status --long; sudo -n tail -n 20 /var/log/cloud-init-output.log" 2>&1 </dev/null) || true
            die "$DOMAIN: cloud-init failed in the guest; mend the layer that it names
$details"
            ;;
        2) note "$DOMAIN: cloud-init is done, with warnings; see cloud-init status --long in the guest" ;;
        *) return 1 ;;
    esac
}

# tell_of_nics: the guest's own system, unless that is not to be told anything.
tell_of_nics() {
    [ -n "$GUEST_NICS$GUEST_HAD_NICS" ] || return 0
    if [ -z "$INSTANCE_ID" ]; then
        note "$DOMAIN: its own system is told of no NIC, as onCloudInitChange: ignore asks"
        return
    fi
    echo nics >"$work/status"
    nics=$(printf '%s\n' "$GUEST_NICS" | awk '{ print $1, $2, $5, $6 }')
    code=255 # ssh's own: under load a guest answers, and then not in time
    while [ "$code" -eq 255 ] && [ "$(left)" -gt 0 ]; do
        code=0
        names=$(guest_ssh "sudo -n sh -s '$GUEST_NETWORKS' '$nics'" <host/guest_nics.sh 2>"$work/ssh.log") || code=$?
        [ "$code" -ne 255 ] || sleep 1
    done
    case $code in
        0) if [ -n "$names" ]; then changed "$DOMAIN is told of its NICs"; else ok "NICs of $DOMAIN"; fi ;;
        3) die "$DOMAIN: its own system must use its NICs, got others: ${names% }; see /var/log/cloud-init.log there, put it right, and run again" ;;
        *) die "$DOMAIN: its own system must be told of its NICs, got '$(tail -n 1 "$work/ssh.log" | tr -d '\r')'; run again" ;;
    esac
}

# A CPU that comes while the system runs takes it a while to see, and most leave it switched off, until somebody or a rule of
# udev's switches it on.
# shellcheck disable=SC2016 # expanded in the guest
switch_cpus_on='for second in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
    for cpu in /sys/devices/system/cpu/cpu[0-9]*/online; do [ "$(cat "$cpu")" = 1 ] || echo 1 >"$cpu"; done
    [ "$(nproc)" -lt "$1" ] || exit 0
    sleep 1
done
exit 1'

# cloud-init grows the root partition and its file system at each boot, by means that fit the distribution; these are its own.
# shellcheck disable=SC2016 # expanded in the guest
grow='size() { df -B1 --output=size / | tail -n 1 | tr -d " "; }
before=$(size)
for module in growpart resizefs; do cloud-init single --name "$module" --frequency always >/dev/null 2>&1; done
after=$(size)
[ "$after" -gt "$before" ] && echo "$after"'

umask 077
work=$(mktemp -d)
cat >"$work/key"
printf '%s %s\n' "$ADDRESS" "$HOST_KEY" >"$work/known_hosts"
: >"$work/ssh.log"
started=$(date +%s)
report_stages &
reporter=$!
trap 'kill $reporter 2>/dev/null || true; rm -rf "$work"' EXIT
until finished; do
    state=$(domain_state "$DOMAIN")
    case $state in
        running | paused) ;;
        *) die "$DOMAIN: should boot, but is ${state:-no domain}; look at it with: virsh console $DOMAIN" ;;
    esac
    [ "$(left)" -gt 0 ] ||
        die "$DOMAIN: not ready after $READY_SECONDS s, $(stage); look at it with: virsh console $DOMAIN"
    sleep 1
done
tell_of_nics
[ -z "${GUEST_SIZE:-}" ] ||
    guest_ssh "sudo -n sh -c '$switch_cpus_on' sh ${GUEST_SIZE%-*}" </dev/null >/dev/null 2>"$work/ssh.log" ||
    note "$DOMAIN: its system does not use the CPUs that it was given; switch them on there, or restart it"
[ -z "${GUEST_GREW:-}" ] || if size=$(guest_ssh "sudo -n sh -c '$grow'" </dev/null 2>"$work/ssh.log"); then
    changed "root file system of $DOMAIN has $size bytes"
else
    note "$DOMAIN: its root disk has grown, its root file system has not;" \
        "if it is not the last partition, or LVM's, grow it by the guest's own tools, else it grows at the next boot"
fi
changed "$DOMAIN is ready at $ADDRESS"
