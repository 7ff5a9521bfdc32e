#!/bin/sh
# A base image in the pool's directory, under its digest, shared by all guests as their copy-on-write base.
# It comes before everything else of a lab: an image that cannot be had, or is not what was pinned, changes nothing.
# usage: image.sh apply|delete
# environment: POOL_PATH LAB LINK (name that guests use), then FILE, or URL and DIGEST and optionally BUILD;
#              DIGEST is "sha512:<hex>" or "sha256:<hex>"
set -eu
. host/lib.sh
. host/way.sh
. host/confinement.sh
. host/directory.sh

target= # the image's place in the pool, once that is known

digest_of() { # digest_of sha512|sha256 FILE
    "${1}sum" "$2" | cut -d ' ' -f 1
}

# The content decides what a file is, not its name.
format_of() { qemu-img info --output=json "$1" 2>/dev/null | sed -n 's/^    "format": "\([^"]*\)".*/\1/p' | head -n 1; }

# keep FILE ALGORITHM HEX: into the pool under its digest, as qcow2, and the link that guests use onto it.
keep() {
    target=$POOL_PATH/$(printf '%s' "$3" | cut -c 1-32).qcow2
    case $(format_of "$1") in
        qcow2) mv -T "$1" "$target" ;;
        *)
            qemu-img convert -O qcow2 "$1" "$target.part"
            mv -T "$target.part" "$target"
            rm -f "$1"
            ;;
    esac
    chmod 0644 "$target"
    prove
    ln -s "$(basename "$target")" "$POOL_PATH/$LINK.new"
    mv -T "$POOL_PATH/$LINK.new" "$POOL_PATH/$LINK"
    changed "image $LINK is $2:$3"
}

# Nothing of a failed fetch stays behind, except a rejected file, which is somebody's evidence.
give_up() {
    forget_part
    die "$1"
}

forget_part() {
    rm -f "$part" "$part.log" "$part.qcow2"
    [ -z "$target" ] || is_linked "$target" || rm -f "$target" "$target.part"
    remove_directory
}

# is_linked FILE: the same bytes may be known by another name, with guests standing on them.
is_linked() {
    for name in "$POOL_PATH"/base-*; do
        [ "$(readlink "$name")" != "${1##*/}" ] || return 0
    done
    return 1
}

download() {
    # shellcheck disable=SC2153
    algorithm=${DIGEST%%:*}
    expected=${DIGEST#*:}
    progress "downloading $URL"
    # No retries: curl would retry a name that does not resolve, and a machine without internet would wait for it.
    code=0
    curl --fail --silent --show-error --location --proto '=https,http' --connect-timeout 5 --speed-limit 1000 \
        --speed-time 60 --output "$part" "$URL" 2>"$part.log" || code=$?
    stop_progress
    message=$(tail -n 1 "$part.log")
    rm -f "$part.log"
    case $code in
        0) ;;
        # curl: 5, 6 no name, 7 no connection, 28 timeout, 35 and 60 no TLS
        5 | 6 | 7 | 28 | 35 | 60) return 1 ;;
        *) give_up "image $URL: cannot be downloaded, $message; check the URL and run again" ;;
    esac
    actual=$(digest_of "$algorithm" "$part")
    if [ "$actual" != "$expected" ]; then
        rejected=$POOL_PATH.rejected-$(printf '%s' "$actual" | cut -c 1-12)
        mv -T "$part" "$rejected"
        chmod 0600 "$rejected"
        give_up "image $URL: its $algorithm must be $expected, got $actual; the file is kept aside as $rejected and is not used"
    fi
    [ -n "$(format_of "$part")" ] || give_up "image $URL: is of no format that qemu-img knows"
    keep "$part" "$algorithm" "$expected"
}

build() {
    [ -n "${BUILD:-}" ] || give_up "image $URL: cannot be reached; check the network, or give a local file"
    printf 'cannot reach %s: building %s from Debian packages instead\n' "$URL" "$BUILD"
    built=$PWD/.kvmlab/images/$BUILD.qcow2
    # mmdebstrap has a shell write to the next free number, and the shell knows but one digit.
    images/build "$BUILD" "$built" 3>&- 8>&- || give_up "image $BUILD: could not be built"
    # Root built it, in a checkout that may be a user's.
    chown -R --reference=.kvmlab .kvmlab/images
    cp --sparse=always "$built" "$part"
    keep "$part" sha512 "$(cut -d ' ' -f 1 "$built.sha512")"
}

# What libvirt would say only when the first guest starts.
prove() {
    ! qemu_user || as_qemu dd if="$target" of=/dev/null count=1 2>/dev/null ||
        give_up "$POOL_PATH: must hold files that $user can read, got $target, which it cannot; choose another pool.path"
    (let_helper_read "$target" "$part.qcow2") || { forget_part; exit 1; }
}

apply() {
    make_directory
    { open_way && (label); } || { remove_directory; exit 1; }
    if [ -e "$POOL_PATH/$LINK" ]; then
        ok "image $LINK"
        return
    fi
    part=$POOL_PATH/$LINK.part
    trap 'forget_part; exit 129' INT TERM
    if [ -n "${FILE:-}" ]; then
        cp --sparse=always "$FILE" "$part"
        digest=$(digest_of sha512 "$part")
        [ "${DIGEST:-sha512:$digest}" = "sha512:$digest" ] ||
            give_up "image $FILE: its sha512 must be ${DIGEST#*:}, got $digest; it is not used"
        keep "$part" sha512 "$digest"
    else
        download || build
    fi
}

delete() {
    if [ -L "$POOL_PATH/$LINK" ]; then
        content=$(readlink "$POOL_PATH/$LINK")
        rm -f "$POOL_PATH/$LINK" "$POOL_PATH/$LINK".part*
        is_linked "$content" || rm -f "$POOL_PATH/$content"
        changed "image $LINK removed"
    else
        ok "no image $LINK"
    fi
    if [ -d "$POOL_PATH" ]; then remove_directory; else shut_out; close_way; fi
    rm -f "$lock"
}

alone "$LAB-$LINK"
"$1"
