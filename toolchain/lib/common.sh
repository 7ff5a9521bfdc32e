# shellcheck shell=sh
# What every part of the toolchain's scripts uses: messages, progress, versions, a lock.

say() { printf '%s\n' "$1"; }

die() {
    printf '%s\n' "$1" >&2
    exit 1
}

# The version that a command prints: the first thing in its output that looks like one.
version_of() { "$@" 2>/dev/null | sed -n 's/^[^0-9]*\([0-9][0-9]*\.[0-9][0-9]*\.[0-9][0-9]*\).*/\1/p' | head -n 1; }

# at_least HAVE WANT: compares dotted numbers.
at_least() {
    awk -v have="$1" -v want="$2" 'BEGIN {
        split(have, h, "."); split(want, w, ".")
        for (i = 1; i <= 3; i++) if (h[i] + 0 != w[i] + 0) exit !(h[i] + 0 > w[i] + 0)
    }'
}

# step WHAT COMMAND...: runs it quietly with a line of progress every 8 s; its output is shown only when it fails.
step() {
    what=$1
    shift
    log=$work/log
    say "toolchain: $what"
    started=$(date +%s)
    # The sleep lets go of our output, or whoever reads it would wait for a last one after the end.
    (while sleep 8 >/dev/null 2>&1 && kill -0 $$ 2>/dev/null; do say "toolchain: $what: $(($(date +%s) - started)) s"; done) &
    ticker=$!
    "$@" >"$log" 2>&1 &
    child=$!
    status=0
    wait "$child" || status=$?
    child=
    # For good: a milder signal is lost on a subshell that has only just been started.
    kill -KILL "$ticker" 2>/dev/null || :
    wait "$ticker" 2>/dev/null || :
    ticker=
    [ "$status" -eq 0 ] || tail -n 20 "$log" >&2
    return "$status"
}

# One at a time: two runs in one checkout would move each other's files. The lock of a run that was killed is taken over.
lock() {
    waited=0
    until mkdir "$toolchain/lock" 2>/dev/null; do
        owner=$(cat "$toolchain/lock/pid" 2>/dev/null) || owner=
        if [ -n "$owner" ] && ! kill -0 "$owner" 2>/dev/null; then
            rm -rf "$toolchain/lock"
        elif [ -z "$owner" ] && [ "$waited" -gt 1 ]; then
            rm -rf "$toolchain/lock" # killed between making the lock and signing it
        else
            [ $((waited % 8)) -ne 0 ] || say "toolchain: waiting for the run of process ${owner:-unknown}: $waited s"
            waited=$((waited + 1))
            sleep 1
        fi
    done
    echo $$ >"$toolchain/lock/pid"
}

# Everything is made in $work and moved into place when whole, so that a kill at any moment leaves nothing half made.
begin() {
    mkdir -p "$toolchain/bin" "$toolchain/libexec" "$toolchain/stamps"
    lock
    child=
    ticker=
    trap finish EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM HUP
    rm -rf "$toolchain"/work.*
    work=$toolchain/work.$$
    mkdir "$work"
}

finish() {
    # shellcheck disable=SC2086 # one id or none
    kill $child 2>/dev/null || :
    # shellcheck disable=SC2086
    kill -KILL $ticker 2>/dev/null || :
    rm -rf "$toolchain/work.$$" "$toolchain/lock"
}
