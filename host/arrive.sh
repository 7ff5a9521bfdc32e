#!/bin/sh
# The far end of over_ssh.sh: runs a script in a directory that holds all of host/ and the settings, and leaves nothing.
# usage: arrive.sh LOGIN SCRIPT [ACTION]   (LOGIN: the process that ends with the connection; then nobody waits any more)
set -eu
umask 022 # as everywhere; what arrived is nobody else's
CALLER=$1
export CALLER
shift
# shellcheck disable=SC1091 # written by over_ssh.sh
. ./settings
# Who logs in and acts as root by sudo speaks to libvirt by the group of that name.
[ -z "${SUDO_USER:-}" ] || export LIBVIRT_USER="$SUDO_USER"
here=$PWD
# It takes this process's place with the script's, so what clears up is the one beside it.
(
    trap '' HUP TERM PIPE # of the script's group, which it outlives
    while sleep 1 && kill -0 $$; do kill -0 "$CALLER" || kill $$; done
    cd / && rm -rf "$here"
) </dev/null >/dev/null 2>&1 &
script=host/$1
shift
exec /bin/sh "$script" "$@"
