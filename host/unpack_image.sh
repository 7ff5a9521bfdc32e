# shellcheck shell=sh
# shellcheck disable=SC2154 # part is image.sh's
# The disk in an image's file, whatever it is wrapped in: one wrapper after the other is taken off, each into a file of ours.
# Names inside an archive say what is read, and never where it is written. Needs disk_image.sh.

most_wrappers=4
most_files=100 # of an archive, to look into for a disk
disk="a disk (qcow2, VMDK, VDI, VHD, VHDX, or raw with a boot sector)"

refuse() {
    what=${IMAGE_KIND:-disk}
    [ "$what" != disk ] || what=image
    die "$what ${FILE:-$URL}: $1"
}

# not_whole SAID: by what a tool said first, which is why it failed.
not_whole() {
    reason=$(printf '%s\n' "$1" | grep -av -m 1 -e '^ *$' -e '^\[' -e @failed | tr -cd '[:print:]' |
        sed "s/^ *//; s/  */ /g; s|'/proc/self/fd/9'|it|")
    case $1 in
        *'No space left'*) refuse "must have room to be unpacked, got '$reason'; make room and run again" ;;
    esac
    refuse "must be whole, got '${reason:-an early end}'; fetch or export it again"
}

# need COMMAND: all hosts have tar and gzip.
need() {
    package=$1
    [ "$1" != xz ] || [ "$(package_manager)" != apt ] || package=xz-utils
    command -v "$1" >/dev/null || PACKAGES=$package /bin/sh host/setup.sh packages || exit 1
}

# take COMMAND...: what it makes of the file takes the file's place. Holes stay holes.
take() {
    said=$({
        { "$@" <"$part" || echo @failed >&2; } |
            dd of="$part.new" bs=64K iflag=fullblock conv=sparse status=none || echo @failed >&2
    } 2>&1)
    case $said in *@failed*) not_whole "$said" ;; esac
    mv -T "$part.new" "$part"
}

# members ARCHIVE-KIND: a line each: "-" for a plain file, else another character; a blank; its name, as tar and unzip show it.
# unzip shows "?" for files of which nobody has noted what they are, and a capital B or T for what is encrypted.
members() {
    case $1 in
        tar)
            # Only with an eye for UTF-8 are its letters shown as they are.
            said=$(LC_ALL=C.UTF-8 tar -tvPf "$part" --numeric-owner --full-time --quoting-style=escape 2>&1 >"$part.list") ||
                not_whole "$said"
            sed -n 's/^\(.\)[^ ]* [0-9]*\/[0-9]* *[0-9,]* [^ ]* [^ ]* /\1 /p' "$part.list" |
                sed '/^l/s/ -> .*//; /^h/s/ link to .*//'
            ;;
        zip)
            said=$(unzip -Z --h-t "$part" 2>&1 >"$part.list") || [ $? -eq 1 ] || not_whole "$said"
            sed 's/^[^ ]*  *[0-9.]* [^ ]* *[0-9]* [BT]/e&/' "$part.list" |
                sed -n 's/^\([^ ]\)[^ ]\{6,10\}  *[0-9.]* [^ ]* *[0-9]* [^ ]* [^ ]* [^ ]* [^ ]* /\1 /p' | sed 's/^?/-/'
            ;;
    esac
}

# member ARCHIVE-KIND NAME: its bytes.
member() {
    case $1 in
        # To stdout alone, so that a name may be what it likes (-P); it does not stand for what is below it.
        tar) tar -xOPf "$part" --no-recursion -- "$2" ;;
        # It takes a pattern, and asks for a password where it is given none.
        zip) unzip -P none -p "$part" "$(printf '%s\n' "$2" | sed 's/[][*?\\]/\\&/g; s/^-/\\-/')" || [ $? -eq 1 ] ;;
    esac </dev/null
}

# may_hold ARCHIVE-KIND NAME: whether a member is a disk, also one that is compressed, or an archive.
may_hold() {
    inside=$(member "$1" "$2" 2>/dev/null | kind_of)
    case $inside in
        gzip | xz | zstd | bzip2)
            need "$inside"
            inside=$(member "$1" "$2" 2>/dev/null | "$inside" -dcq 2>/dev/null | kind_of)
            ;;
    esac
    case $inside in '' | elsewhere) return 1 ;; esac
}

# Names, a line each, as an error shows them.
shown() { cut -c 1-100 | sed "s/.*/'&'/; 11s/.*/more/; 11q" | paste -sd , - | sed "s/,\([m']\)/, \1/g; s/^\$/nothing/"; }

# choose ARCHIVE-KIND: sets chosen.
choose() {
    members "$1" >"$part.members"
    sed 's/^. //' "$part.members" >"$part.names"
    names=$(shown <"$part.names")
    named=$(grep -cxF -e "$wanted" "$part.names") || true
    if [ -n "$wanted" ] && [ "$named" -gt 0 ]; then
        if [ "$named" -gt 1 ] || ! grep -qxF -e "- $wanted" "$part.members"; then
            refuse "must have one plain file '$wanted', got a link, a device, an encrypted file, or several; pack it anew"
        fi
        chosen=$wanted
        wanted=
    else
        sed -n 's/^- //p' "$part.members" >"$part.files"
        files=$(grep -c . "$part.files") || true
        [ "$files" -le "$most_files" ] ||
            refuse "must hold at most $most_files files where the image's \`disk\` names none, got $files; name it"
        : >"$part.disks"
        while IFS= read -r chosen; do
            ! may_hold "$1" "$chosen" || printf '%s\n' "$chosen" >>"$part.disks"
        done <"$part.files"
        case $(grep -c . "$part.disks") in
            0) refuse "must hold $disk, got $names; give another file" ;;
            1) chosen=$(cat "$part.disks") ;;
            *) refuse "must hold one disk, got $(shown <"$part.disks"); name one by the image's \`disk\`" ;;
        esac
    fi
    case /$chosen/ in
        //* | */../*) refuse "must have its disk below the archive's top, got '$chosen'; pack it anew" ;;
    esac
}

# unwrap: the file becomes the disk image that is in it, whole and by itself; sets format.
unwrap() {
    wanted=${IMAGE_DISK:-}
    names='no archive'
    wrappers=0
    while format=$(format_of "$part"); do
        case $format in
            gzip | xz | zstd | bzip2 | tar | zip) ;;
            *) break ;;
        esac
        wrappers=$((wrappers + 1))
        [ "$wrappers" -le "$most_wrappers" ] ||
            refuse "must be wrapped at most $most_wrappers times, got one more, a $format; unpack it by hand"
        case $format in
            tar | zip)
                [ "$format" = tar ] || need unzip
                choose "$format"
                take member "$format" "$chosen"
                ;;
            *)
                need "$format"
                take "$format" -dcq
                ;;
        esac
    done
    [ -z "$wanted" ] || refuse "must hold a file '$wanted', got $names; set the image's \`disk\` to what it holds, or to nothing"
    [ -n "$format" ] || refuse "must hold $disk, got something else; give another file"
    check_disk
}

# check_iso: it is what is started from as it is, so nothing is taken off it.
check_iso() {
    format=$(iso_format_of "$part")
    case $format in
        iso) ;;
        '') refuse 'must be an ISO image, got something else; give another file' ;;
        *) refuse "must be an ISO image by itself, got a $format; unpack it, and give the ISO that is in it" ;;
    esac
}

check_disk() {
    linked='must be a whole disk by itself, got one that names another file; export it as one file, without a base'
    [ "$format" != elsewhere ] || refuse "$linked"
    info=$(disk_info "$part" "$format" 2>&1) || not_whole "$info"
    stands_alone "$info" || refuse "$linked"
    answer=0
    said=$(qemu-img check -f "$format" /proc/self/fd/9 2>&1 9<"$part") || answer=$?
    case $answer in
        0 | 3 | 63) ;; # 3: space that is not in use, 63: nothing that can be checked
        *) not_whole "$said" ;;
    esac
    # Where its blocks begin, their size and their number, which qemu-img does not compare with the file's size.
    [ "$format" != vdi ] || od -An -tu4 --endian=little -w48 -j 344 -N 48 "$part" |
        awk -v has="$(stat -c %s "$part")" '{ exit $1 + $9 * $12 > has }' ||
        refuse 'must be whole, got a VDI that ends before its last block; fetch or export it again'
}
