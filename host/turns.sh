# shellcheck shell=sh
# Turns: guests that start or shut down keep the host's CPUs busy, so only some of them do at the same time.
# A turn is a lock that ends with the process that holds it, however that ends.

turns=/run/lock/kvmlab-turn-

# How many at once: what config says, else one a CPU, two with KVM, whose guests also wait for their disks.
at_once() {
    if [ -n "${AT_ONCE:-}" ]; then
        echo "$AT_ONCE"
    elif [ "$ACCELERATOR" = kvm ]; then
        echo $((2 * $(nproc)))
    else
        nproc
    fi
}

# take_turn NAME [last]: waits for one; a line every 10 s says so. Whoever others wait for, IS_FIRST, has a place more. Who may have more
# places than others takes the last that is free, and leaves them theirs.
take_turn() {
    places=$(($(at_once) + ${IS_FIRST:-0}))
    waited=0
    while :; do
        tried=0
        while [ "$tried" -lt "$places" ]; do
            tried=$((tried + 1))
            place=$tried
            [ "${2:-}" != last ] || place=$((places + 1 - tried))
            exec 9>"$turns$place"
            ! flock -n 9 || return 0
        done
        [ $((waited % 20)) -ne 19 ] || printf '%s: waits for its turn, %s at once (%s s)\n' "$1" "$places" "$(((waited + 1) / 2))"
        is_wanted || kill -s TERM $$
        sleep 0.5
        waited=$((waited + 1))
    done
}

# Whoever opened the file before it is gone holds a turn that counts for nothing: one guest more for once, no harm.
end_turn() {
    rm -f "$turns$place"
    exec 9>&-
}
