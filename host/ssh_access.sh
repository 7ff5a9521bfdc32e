#!/bin/sh
# The files by which plain ssh reaches a lab's guests, on the machine where the lab is run from: config, known_hosts
# and the lab's key, packed on stdin.
# usage: ssh_access.sh apply|delete   environment: DIRECTORY
set -eu
. host/lib.sh

apply() {
    umask 077
    rm -rf "$DIRECTORY.new"
    mkdir -p "$DIRECTORY.new"
    unpack "$DIRECTORY.new"
    rm -rf "$DIRECTORY"
    mv -T "$DIRECTORY.new" "$DIRECTORY"
    changed "$DIRECTORY"
}

delete() {
    rm -rf "$DIRECTORY" "$DIRECTORY.new"
    changed "$DIRECTORY removed"
}

"$1"
