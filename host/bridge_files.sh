# shellcheck shell=sh
# The files of a bridge's configuration, for bridge.sh. A state has, below new/ and original/, what is to be and what was at
# each path in "files"; the last of these is the one that makes the difference. Each is replaced as a whole.

# add_file STATE PATH: what is on stdin is to be there.
add_file() {
    mkdir -p "$1/new${2%/*}" "$1/original${2%/*}"
    if [ -e "$2" ]; then
        cp -pL "$2" "$1/original$2"
        cp -p "$1/original$2" "$1/new$2" # its mode and owner
    fi
    cat >"$1/new$2"
    printf '%s\n' "$2" >>"$1/files"
}

# is_same STATE WHICH PATH
is_same() {
    if [ -e "$1/$2$3" ]; then cmp -s "$1/$2$3" "$3"; else [ ! -e "$3" ]; fi
}

# is_placed STATE new|original: all of it
is_placed() {
    while read -r file; do
        is_same "$1" "$2" "$file" || return 1
    done <"$1/files"
}

# check_files STATE: what somebody has edited since then would be lost.
check_files() {
    while read -r file; do
        is_same "$1" new "$file" || is_same "$1" original "$file" ||
            die "$file: must be as kvmlab wrote it to be restored, got other content; put $1/new$file or $1/original$file there"
    done <"$1/files"
}

# half PATH: where its copy grows, under a name that no network manager reads.
half() {
    target=$(readlink -f "$1") || target=$1
    printf '%s/.%s.kvmlab\n' "${target%/*}" "${target##*/}"
}

# put STATE WHICH PATH: a killed copy leaves what was there.
put() {
    # A link stays one: its target is replaced.
    target=$(readlink -f "$3") || target=$3
    half=$(half "$3")
    if [ -e "$1/$2$3" ]; then
        mkdir -p "${target%/*}"
        cp -p "$1/$2$3" "$half"
        sync "$half"
        mv "$half" "$target"
    else
        rm -f "$target" "$half"
    fi
}

put_new() {
    while read -r file; do
        put "$1" new "$file"
    done <"$1/files"
    sync
}

put_back() {
    sed '1!G;h;$!d' "$1/files" >"$1/backwards"
    while read -r file; do
        is_same "$1" original "$file" || put "$1" original "$file"
        rm -f "$(half "$file")"
    done <"$1/backwards"
    sync
}
