#!/bin/sh
# A base image in the pool's directory, under its digest, shared by all guests as their copy-on-write base.
# It comes before everything else of a lab: an image that cannot be had, or is not what was pinned, changes nothing.
# usage: image.sh apply|delete
# environment: POOL_PATH LAB LINK (name that guests use), then FILE and optionally DIGEST, or URL and DIGEST and optionally
#              BUILD; DIGEST is "sha512:<hex>" or "sha256:<hex>", of the file as it is published. Optionally IMAGE_DISK, the file's
#              name in an archive, and
#              IMAGE_KIND (iso|kernel|initrd: what is kept as it is, and is no disk)
set -eu
. host/lib.sh
. host/way.sh
. host/confinement.sh
. host/directory.sh
. host/disk_image.sh
. host/unpack_image.sh

target= # the image's place in the pool, once that is known

digest_of() { # digest_of sha512|sha256 FILE
    "${1}sum" "$2" | cut -d ' ' -f 1
}

# keep ALGORITHM HEX: the disk in the file into the pool, as qcow2 under the file's digest, and the link that guests use onto it.
keep() {
    # Disks of one archive have one digest, and are told apart by their names.
    identity=$2
    [ -z "${IMAGE_DISK:-}" ] || identity=$(printf '%s %s' "$2" "$IMAGE_DISK" | sha512sum)
    case $IMAGE_KIND in
        disk) disk_alone ;;
        iso) check_iso ;;
    esac
    suffix=$IMAGE_KIND
    [ "$suffix" != disk ] || suffix=qcow2
    target=$POOL_PATH/$(printf '%s' "$identity" | cut -c 1-32).$suffix
    mv -T "$part" "$target"
    rm -f "$part".*
    chmod 0644 "$target"
    prove
    ln -sfn "$(basename "$target")" "$POOL_PATH/$LINK.new"
    mv -T "$POOL_PATH/$LINK.new" "$POOL_PATH/$LINK"
    changed "image $LINK is $1:$2"
}

# disk_alone: the file becomes a disk that QEMU can stand others on.
disk_alone() {
    progress "unpacking ${FILE:-$URL}"
    unwrap
    if [ "$format" != qcow2 ]; then
        said=$(qemu-img convert -f "$format" -O qcow2 "$part" "$part.qcow2" 2>&1) || not_whole "$said"
        mv -T "$part.qcow2" "$part"
    fi
    stop_progress
}

# Nothing of what has failed stays behind, except a rejected file, which is somebody's evidence.
forget_part() {
    [ -z "${progress_pid:-}" ] || stop_progress
    rm -f "$part" "$part".*
    [ -z "$target" ] || is_linked "$target" || rm -f "$target"
    remove_directory
}

# is_linked FILE: the same bytes may be known by another name, with guests standing on them.
is_linked() {
    for name in "$POOL_PATH"/base-*; do
        [ "$(readlink "$name")" != "${1##*/}" ] || return 0
    done
    return 1
}

copy() {
    cp --sparse=always "$FILE" "$part" 2>"$part.log" || refuse "must be a file that can be copied, got '$(cat "$part.log")'"
    algorithm=sha512
    [ -z "${DIGEST:-}" ] || algorithm=${DIGEST%%:*}
    actual=$(digest_of "$algorithm" "$part")
    [ "${DIGEST:-$algorithm:$actual}" = "$algorithm:$actual" ] ||
        refuse "its $algorithm must be ${DIGEST#*:}, got $actual; it is not used"
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
    case $code in
        0) ;;
        # curl: 5, 6 no name, 7 no connection, 28 timeout, 35 and 60 no TLS
        5 | 6 | 7 | 28 | 35 | 60) return 1 ;;
        *) refuse "cannot be downloaded, $(tail -n 1 "$part.log"); check the URL and run again" ;;
    esac
    actual=$(digest_of "$algorithm" "$part")
    if [ "$actual" != "$expected" ]; then
        rejected=$POOL_PATH.rejected-$(printf '%s' "$actual" | cut -c 1-12)
        mv -T "$part" "$rejected"
        chmod 0600 "$rejected"
        refuse "its $algorithm must be $expected, got $actual; the file is kept aside as $rejected and is not used"
    fi
}

build() {
    [ -n "${BUILD:-}" ] || refuse "cannot be reached; check the network, or give a local file"
    printf 'cannot reach %s: building %s from Debian packages instead\n' "$URL" "$BUILD"
    built=$PWD/.kvmlab/images/$BUILD.qcow2
    # mmdebstrap has a shell write to the next free number, and the shell knows but one digit.
    images/build "$BUILD" "$built" 3>&- 8>&- || die "image $BUILD: could not be built"
    # Root built it, in a checkout that may be a user's.
    chown -R --reference=.kvmlab .kvmlab/images
    cp --sparse=always "$built" "$part"
    algorithm=sha512
    actual=$(cut -d ' ' -f 1 "$built.sha512")
}

# What libvirt would say only when the first guest starts.
prove() {
    ! qemu_user || as_qemu dd if="$target" of=/dev/null count=1 2>/dev/null ||
        die "$POOL_PATH: must hold files that $user can read, got $target, which it cannot; choose another pool.path"
    # The helper looks into disks alone.
    [ "$IMAGE_KIND" != disk ] || (let_helper_read "$target" "$part.qcow2") || exit 1
}

apply() {
    make_directory
    { open_way && (label); } || { remove_directory; exit 1; }
    if [ -e "$POOL_PATH/$LINK" ]; then
        ok "image $LINK"
        return
    fi
    part=$POOL_PATH/$LINK.part
    trap '[ $? -eq 0 ] || forget_part' EXIT
    rm -f "$part" "$part".* # a killed run's
    if [ -n "${FILE:-}" ]; then
        copy
    else
        download || build
    fi
    keep "$algorithm" "$actual"
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
: "${IMAGE_KIND:=disk}"
"$1"
