# shellcheck shell=sh
# The lab's directory on the host, with a marker in it: whose it is, and what of its path the lab made.
# Needs way.sh and confinement.sh.

marker=$POOL_PATH/.kvmlab

# The highest directory of the path that is not there yet; the path itself where all above it is there.
missing_top() {
    directory=$POOL_PATH
    while above=${directory%/*} && [ -n "$above" ] && [ ! -e "$above" ]; do directory=$above; done
    printf '%s\n' "$directory"
}

# Images of one lab come side by side.
make_directory() {
    lock_way
    if [ ! -d "$POOL_PATH" ]; then
        # The marker appears together with the directories, so that a killed run cannot lose it.
        top=$(missing_top)
        new=$top.$LAB.new${POOL_PATH#"$top"}
        rm -rf "$top.$LAB.new"
        mkdir -p "$new"
        chmod 0711 "$new"
        printf 'lab=%s\nmade=%s\n' "$LAB" "$top" >"$new/.kvmlab"
        mv -T "$top.$LAB.new" "$top"
        changed "$POOL_PATH"
    elif [ ! -e "$marker" ]; then
        printf 'lab=%s\nmade=no\n' "$LAB" >"$marker"
    fi
    exec 7>&-
}

remove_directory() {
    # Another image of the same lab still stands on it, or a guest that no run has finished: claim.sh sees to that.
    for file in "$POOL_PATH"/base-* "$POOL_PATH/$LAB"-*; do
        [ ! -e "$file" ] || return 0
    done
    top=$(sed -n 's/^made=//p' "$marker" 2>/dev/null) || top=
    shut_out
    close_way
    rm -f "$marker"
    case $top in
        '' | no) return 0 ;;
        yes) top=$POOL_PATH ;; # of version 0.1.0
    esac
    if ! rmdir "$POOL_PATH" 2>/dev/null; then
        changed "$POOL_PATH stays: it holds files that are not the lab's: $(cd "$POOL_PATH" && echo *)"
        return
    fi
    directory=$POOL_PATH
    while [ "$directory" != "$top" ] && directory=${directory%/*} && rmdir "$directory" 2>/dev/null; do :; done
}
