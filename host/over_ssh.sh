#!/bin/sh
# Runs a script of host/ on another machine, by the ssh of whoever runs Pulumi: with their config, agent and jump hosts.
# One login, and nothing need be there before: the scripts go along each time and do not stay. stdin is the script's.
# Exit status 69, and one message, where the machine cannot be reached; else the script's.
# usage: over_ssh.sh SCRIPT [ACTION]
# environment: SSH_DESTINATION (what ssh takes) SETTINGS (names of variables that SCRIPT reads), and optionally
#              SSH_HOST_KEY (the machine's public key: then known_hosts is not asked)
#              SSH_SILENCE (seconds without an answer until the login is given up, 15)
set -eu
# An ssh config may send any variable.
unset PULUMI_CONFIG_PASSPHRASE PULUMI_ACCESS_TOKEN
caller=$PPID

settings() {
    for name in $SETTINGS KVMLAB_DESTROYS; do
        eval "value=\${$name-}"
        # shellcheck disable=SC2154 # set by eval
        printf "export %s='%s'\n" "$name" "$(printf '%s' "$value" | sed "s/'/'\\\\''/g")"
    done
}

# login COMMAND: none of what a config may say to the contrary makes it ask, go on without an answer, or stay behind.
login() {
    set -- -T -x -a -o BatchMode=yes -o LogLevel=ERROR -o ClearAllForwardings=yes -o ControlMaster=no \
        -o ConnectTimeout=10 -o ServerAliveInterval=5 -o ServerAliveCountMax=$((${SSH_SILENCE:-15} / 5)) -o StrictHostKeyChecking=yes \
        -- "$SSH_DESTINATION" "$1"
    # %H is the name that is looked up. https://man.openbsd.org/ssh_config#KnownHostsCommand
    [ -z "${SSH_HOST_KEY:-}" ] || set -- -o UserKnownHostsFile=none -o GlobalKnownHostsFile=none \
        -o "KnownHostsCommand=/bin/echo %H $SSH_HOST_KEY" "$@"
    exec ssh "$@"
}

# What ssh said, as one message that says what to do.
explain() {
    said=$(tr -d '\r' <"$work/errors" | grep -v '^@') || said='the connection ended'
    reason=$(printf '%s\n' "$said" | tail -n 1)
    case $said in
        *'IDENTIFICATION HAS CHANGED'* | *'Offending '*)
            where=lab.host.hostKey
            [ -n "${SSH_HOST_KEY:-}" ] || where=$(printf '%s\n' "$said" | sed -n 's/^Offending .* key in //p' | head -n 1)
            echo "must have the host key that $where tells, got another one; take that out if the machine was made anew, else somebody stands in between" ;;
        *'Host key verification failed'*)
            echo "must have a host key that is known, got '$reason'; log in once by hand: ssh $SSH_DESTINATION, or set lab.host.hostKey" ;;
        *'Permission denied'*)
            echo "must let you in without a password, got '$reason'; try: ssh -o BatchMode=yes $SSH_DESTINATION true" ;;
        *)
            echo "must be reached by ssh, got '$reason'; try: ssh $SSH_DESTINATION true" ;;
    esac
}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'kill "$ssh" 2>/dev/null; exit 129' HUP INT TERM
ssh=
settings >"$work/settings"
tar -czf "$work/bundle" -C "$work" settings -C "$PWD" host
# Login shells differ; what is between single quotes means the same to all of them.
# shellcheck disable=SC2016 # expanded there
there='umask 077; to=$(mktemp -d) && head -c "$1" | tar -xzof - -C "$to" && cd "$to" || exit; shift; as=; test "$(id -u)" -eq 0 || { sudo -n true 2>/dev/null && as="sudo -n"; }; exec $as /bin/sh host/arrive.sh "$PPID" "$@"'
exec 4<&0
{ cat "$work/bundle" - <&4; } 2>/dev/null | login "sh -c '$there' sh $(wc -c <"$work/bundle") $*" 2>"$work/errors" 4<&- &
ssh=$!
exec 4<&-
# A killed plugin takes the shell that it called with it, not what that has started.
(while sleep 2 && kill -0 "$ssh"; do kill -0 "$caller" || kill "$ssh"; done) >/dev/null 2>&1 &
status=0
wait "$ssh" || status=$?
if [ "$status" -eq 255 ]; then
    printf 'host %s: %s\n' "$SSH_DESTINATION" "$(explain)" >&2
    exit 69
fi
cat "$work/errors" >&2
exit "$status"
