# shellcheck shell=sh
# The lab's directory on the host, with a marker in it: whose it is, and whether the lab made it.

marker=$POOL_PATH/.kvmlab # says that this directory is the lab's, and whether the lab made it

make_directory() {
    if [ ! -d "$POOL_PATH" ]; then
        # The marker appears together with the directory, so that a killed run cannot lose it.
        rm -rf "$POOL_PATH.new"
        mkdir -m 0711 "$POOL_PATH.new"
        printf 'lab=%s\nmade=yes\n' "$LAB" >"$POOL_PATH.new/.kvmlab"
        mv -T "$POOL_PATH.new" "$POOL_PATH"
        changed "$POOL_PATH"
    elif [ ! -e "$marker" ]; then
        printf 'lab=%s\nmade=no\n' "$LAB" >"$marker"
    fi
}

remove_directory() {
    # Another image of the same lab still stands on it, or a guest that no run has finished: claim.sh sees to that.
    for file in "$POOL_PATH"/base-* "$POOL_PATH/$LAB"-*; do
        [ ! -e "$file" ] || return 0
    done
    made=$(sed -n 's/^made=//p' "$marker" 2>/dev/null) || made=
    rm -f "$marker"
    [ "$made" = yes ] || return 0
    rmdir "$POOL_PATH" 2>/dev/null ||
        changed "$POOL_PATH stays: it holds files that are not the lab's: $(cd "$POOL_PATH" && echo *)"
}
