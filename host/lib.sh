# shellcheck shell=sh
# What the scripts of host/ share: how they report, and how they speak to libvirt.
# One calls another by /bin/sh: where over_ssh.sh puts them, a mount may let nothing be executed.
# Each script prints one line per outcome, "changed: ...", "ok: ..." or "note: ...", and puts what went wrong on stderr.

LC_ALL=C
LIBVIRT_DEFAULT_URI=qemu:///system
export LC_ALL LIBVIRT_DEFAULT_URI
# Pulumi's plugin hands on its whole environment. What a script calls, or starts to stay, has no use for secrets in it.
unset PULUMI_CONFIG_PASSPHRASE PULUMI_ACCESS_TOKEN
: "${LIBVIRT_SECONDS:=120}" # for each answer of libvirt's
exec 3>&2                   # for what must be said even where stderr is thrown away
trap 'exit 129' HUP INT TERM PIPE # HUP: libvirt hangs, so there is no clearing up by it; PIPE: nobody listens any more

changed() { printf 'changed: %s\n' "$*"; }
ok() { printf 'ok: %s\n' "$*"; }
note() { printf 'note: %s\n' "$*"; } # what a person should know of a run that ends well
die() {
    printf '%s\n' "$*" >&2
    exit 1
}

# virsh ARGUMENT...: as ever, but a libvirt that hangs ends the script and not the user's patience.
virsh() {
    answer=0
    timeout -k 5 "$LIBVIRT_SECONDS" virsh "$@" || answer=$?
    if [ "$answer" -eq 124 ] || [ "$answer" -eq 137 ]; then
        printf 'libvirt: must answer within %s s, got nothing to: virsh %s; restart its daemon and run again, or raise %s\n' \
            "$LIBVIRT_SECONDS" "$*" lab.host.timeout >&3
        kill -s HUP $$
    fi
    return "$answer"
}

# virsh_all "COMMAND; COMMAND" [ERRORS]: several in one call, since each start of virsh costs as much as its answer.
# virsh goes on behind a command that fails and forgets about it; this does not, but for errors that match what follows.
virsh_all() {
    errors=$(virsh -q "$1" 2>&1 >/dev/null | grep -vE "^\$|${2:-^\$}") || true
    [ -z "$errors" ] || die "$errors"
}

# make_volume POOL COMMAND: libvirt's, which fails where a file has come or gone that the pool has not been told of. While a
# pool makes another volume, it refuses to be refreshed.
make_volume() {
    for attempt in 1 2 3 4 5; do
        ! virsh -q "$2" >/dev/null 2>&1 || return 0
        virsh -q pool-refresh "$1" >/dev/null 2>&1 || sleep "$attempt"
    done
    virsh -q "$2" >/dev/null
}

# is_wanted: a killed plugin takes the shell that it called with it, not the script; then nobody waits for the outcome.
CALLER=${CALLER:-$PPID}
is_wanted() { kill -0 "$CALLER" 2>/dev/null; }

# report LINE: from a subshell beside a long step, to whoever waits for that. Without them all of the script's group ends, which only
# this can see to: so it must not end alone, of a pipe that went while it had the line in hand.
report() {
    trap '' PIPE
    if ! is_wanted || ! printf '%s\n' "$1" 2>/dev/null; then kill -s TERM 0; fi
}

# alone NAME: what a killed run has left comes to its end first, down to its last call of virsh.
alone() {
    lock=/run/lock/kvmlab-$1
    exec 8>"$lock"
    flock -w "$LIBVIRT_SECONDS" 8 ||
        die "$1: must be worked on by one run at a time, got another one for $LIBVIRT_SECONDS s; end it and run again"
}

# need_libvirt: where libvirt does not answer, nothing is there to be seen, and that must not be taken for "nothing there".
# Started again by one of the scripts that run side by side; the others wait.
need_libvirt() {
    reason=$(virsh -q hostname 2>&1) ||
        flock -o /run/lock/kvmlab-libvirt /bin/sh host/setup.sh start >/dev/null 2>&1 8>&- 9>&- ||
        die "libvirt: must answer at $LIBVIRT_DEFAULT_URI, got '$reason'; start it and run again"
}

# runs DAEMON[,DAEMON]: one that was killed stays in the list for a while, and counts for nothing.
# shellcheck disable=SC2009 # pgrep does not tell states
runs() { ps -C "$1" -o stat= | grep -q '^[^Z]'; }

# A sleep in the background outlives who waits for it, so it must hold none of the script's files open.
# progress MESSAGE: a line every 10 s until stop_progress, or until the script is gone, so that nobody wonders whether a long
# step still runs.
progress() {
    (
        seconds=0
        while sleep 10 >/dev/null 2>&1 3>&- 8>&- && kill -0 $$ 2>/dev/null; do
            seconds=$((seconds + 10))
            printf '%s (%s s)\n' "$1" "$seconds"
        done
    ) &
    progress_pid=$!
}
# KILL: a subshell that is not a moment old has not put off this shell's traps, and loses any other signal.
stop_progress() {
    kill -KILL "$progress_pid" 2>/dev/null || true
    wait "$progress_pid" 2>/dev/null || true
}

# forget_domain NAME UUID: what libvirt has written for it and leaves behind when it is gone: what AppArmor knows of it, and the
# variables and the TPM of one that had UEFI or a TPM once, and had none in the end.
forget_domain() {
    rm -f "/etc/apparmor.d/libvirt/libvirt-$2" "/etc/apparmor.d/libvirt/libvirt-$2.files"
    rm -f "/var/lib/libvirt/qemu/nvram/$1_VARS."*
    rm -rf "/var/lib/libvirt/swtpm/${2:?}"
}

domain_state() { virsh -q domstate "$1" 2>/dev/null | head -n 1; }

# os_release: its variables, for a shell that is not needed for anything else. https://man7.org/linux/man-pages/man5/os-release.5.html
os_release() {
    for file in /etc/os-release /usr/lib/os-release; do
        # shellcheck source=/dev/null
        [ ! -r "$file" ] || { . "$file" && return; }
    done
}

# package_manager: of the distribution that this is, or is a relative of, whatever other tools lie about. None where that is a
# stranger, or where /usr is an image that takes no packages.
package_manager() (
    os_release
    for name in ${ID:-} ${ID_LIKE:-}; do
        case $name in
            debian | ubuntu) manager=apt ;;
            fedora | rhel | centos) manager=dnf ;;
            suse | opensuse*) manager=zypper ;;
            arch) manager=pacman ;;
            *) continue ;;
        esac
        [ ! -w /usr ] || ! command -v "$manager" >/dev/null || echo "$manager"
        return
    done
)

# unpack DIRECTORY: the files that components/archive.py has packed, from stdin.
unpack() {
    awk -v to="$1/" '!left { file = to $1; left = $2; printf "" >file; next } { print >file; left-- }'
}
