# shellcheck shell=sh
# What a preview must know of files and block devices that config names as data disks, for probe.sh. Reads only.
# Needs lib.sh, disk_image.sh and way.sh.

# probe_paths: of each line of GUEST_PATHS what it is, and what of the host uses it.
probe_paths() {
    PATH=$PATH:/usr/sbin:/sbin
    printf '%s\n' "$GUEST_PATHS" | while IFS= read -r line; do probe_path "$line"; done
}

probe_path() {
    if [ -b "$1" ]; then
        fact source "block $(identity_of "$1") raw $(is_reached "$1") $1"
        used_device "$1" "$(identity_of "$1")"
    elif [ -f "$1" ]; then
        fact source "file $(identity_of "$1") $(content_of "$1") $(is_reached "$1") $1"
        used_file "$1" "$(identity_of "$1")"
    elif [ -e "$1" ]; then
        fact source "other - - yes $1"
    else
        fact source "missing - - yes $1"
    fi
}

# identity_of PATH: the same for all paths that lead to one device, or to one file.
identity_of() { if [ -b "$1" ]; then stat -L -c 'b%t:%T' "$1"; else stat -L -c 'f%d:%i' "$1"; fi; }

# QEMU opens it as a user of its own, whom libvirt gives the file itself, and no directory above it.
is_reached() {
    if qemu_user && ! as_qemu test -e "$1"; then echo no; else echo yes; fi
}

# A disk need not start anything, so that what is of no known kind is one without a boot sector, or blank.
content_of() {
    content=$(format_of "$1")
    if [ "$content" = qcow2 ] && command -v qemu-img >/dev/null; then
        info=$(disk_info "$1" qcow2 2>/dev/null) && stands_alone "$info" || content=elsewhere
    fi
    echo "${content:-raw}"
}

# used_device PATH IDENTITY: itself, its partitions, and what is made of either: mounted or swap, in RAID or device mapper, in
# Btrfs; then what it is marked as, which lsblk tells only where udev is.
used_device() {
    lsblk -nPpo NAME,TYPE,MOUNTPOINT "$1" | IDENTITY=$2 awk -F '"' '
        { name = $2; type = $4; at = $6; by = NR > 1 ? " by " name : "" }
        used == "" && at == "[SWAP]" { used = "which the host swaps to" by }
        used == "" && at != "" { used = "which is mounted at " at by }
        used == "" && NR > 1 && type != "part" { used = "which " name " (" type ") is made of" }
        END { if (used != "") print "used", ENVIRON["IDENTITY"], used }'
    for member in /sys/fs/btrfs/*/devices/"$(basename "$(readlink -f "$1")")"; do
        [ ! -e "$member" ] || fact used "$2 which is a part of a mounted Btrfs"
    done
    lsblk -nrpo NAME "$1" | while read -r name; do
        kind=$(blkid -p -o value -s TYPE "$name") || continue
        case $kind in *_member | bcache) fact claimed "$2 which $name says is a part of $kind" ;; esac
    done
}

used_file() {
    loop=$(losetup -nO NAME -j "$1" 2>/dev/null | head -n 1)
    [ -z "$loop" ] || fact used "$2 which $loop is made of"
    ! grep -qF "$(readlink -f "$1") " /proc/swaps || fact used "$2 which the host swaps to"
}

# probe_holders: of what probe_paths has told of in $sources, which domains of $listing have it, with its format and whether they
# share it; by what it is, not by its path.
# shellcheck disable=SC2154 # set by probe.sh
probe_holders() {
    identities=$(printf '%s\n' "$sources" | awk '$1 == "source" { printf "%s ", $3 }')
    calls=$(printf '%s\n' "$listing" | sed "$marks" | awk '
        /^@@/ { section = $0; next }
        { sub(/ +$/, "") }
        section == "@@domains@@" && $0 != "" { printf "echo \"@@%s@@\"; dumpxml \"%s\"; ", $0, $0 }')
    [ -n "$calls" ] || return 0
    virsh -q "echo; $calls" 2>/dev/null | sed "$marks" | awk '
        function plain(text) {
            gsub(/&lt;/, "<", text); gsub(/&gt;/, ">", text); gsub(/&quot;/, "\"", text); gsub(/&apos;/, sprintf("%c", 39), text)
            gsub(/&amp;/, "\\&", text)
            return text
        }
        function attribute(name) {
            return match($0, " " name "=\047[^\047]*") ? plain(substr($0, RSTART + length(name) + 3, RLENGTH - length(name) - 3)) : ""
        }
        /^@@.*@@$/ { domain = substr($0, 3, length($0) - 4); next }
        /^    <disk / { inside = 1; kind = "raw"; path = ""; shared = "no" }
        inside && /^      <driver / { kind = attribute("type") }
        inside && /^      <source / { path = attribute("file") attribute("dev") }
        inside && /^      <shareable/ { shared = "yes" }
        /^    <\/disk>/ { inside = 0; if (path != "") printf "%s %s %s\t%s\n", kind, shared, domain, path }' |
        while IFS='	' read -r words path; do
            { [ -b "$path" ] || [ -f "$path" ]; } || continue
            identity=$(identity_of "$path")
            case " $identities " in *" $identity "*) fact holder "$identity $words" ;; esac
        done
}
