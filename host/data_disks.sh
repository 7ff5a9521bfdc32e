# shellcheck shell=sh
# shellcheck disable=SC2154 # set by guest.sh and look.sh
# Data disks of a guest that runs, for guest.sh: those that it lacks come, and those that are asked for no more go.
# What it has is asked of libvirt, so that a killed run is gone on with.

# disks_of FILE: a line for each data disk of a domain's definition, ours or libvirt's: serial number, target, how it is gone
# about (without blanks), path. What has a serial number is a data disk.
disks_of() {
    awk '
        function value(name) {
            if (!match($0, " " name "=[\"\047]")) return ""
            text = substr($0, RSTART + RLENGTH - 1)
            quote = substr(text, 1, 1)
            text = substr(text, 2)
            return substr(text, 1, index(text, quote) - 1)
        }
        function plain(text) {
            gsub(/&lt;/, "<", text); gsub(/&gt;/, ">", text); gsub(/&quot;/, "\"", text); gsub(/&apos;/, "\047", text)
            gsub(/&amp;/, "\\&", text)
            return text
        }
        /<disk / { inside = value("device") == "disk"; serial = target = how = path = "" }
        inside && how == "" && /<driver / { how = value("type") "," value("cache") "," value("io") "," value("discard") }
        inside && path == "" && /<source / { path = plain(value("file") value("dev")) }
        inside && /<target / { target = value("dev") }
        inside && /<readonly/ { how = how ",readonly" }
        inside && /<shareable/ { how = how ",shareable" }
        inside && /<serial>/ { serial = $0; sub(/^ *<serial>/, "", serial); sub(/<\/serial>.*/, "", serial) }
        /<\/disk>/ { if (inside && serial != "") print serial, target, how, path; inside = 0 }' "$1"
}

list_data_disks() {
    disks_of "$work/definition.xml" >"$work/wanted"
    disks_of "$work/running" >"$work/has"
}

# has_as_wanted: whether it has no disk that is to be gone about in another way, which takes a restart.
has_as_wanted() {
    list_data_disks
    while read -r disk _ how path; do
        case $(sed -n "s/^$disk [^ ]* //p" "$work/wanted") in
            '' | "$how $path") ;;
            *" $path") return 1 ;;
        esac
    done <"$work/has"
}

# apply_data_disks: first what goes, since what comes may bear its name.
apply_data_disks() {
    list_data_disks
    while read -r disk target _ path; do
        is_in wanted || detach "$disk" "$target"
    done <"$work/has"
    while read -r disk _ _ path; do
        is_in has || attach "$disk"
    done <"$work/wanted"
}

is_in() { sed -n "s/^$disk [^ ]* [^ ]* //p" "$work/$1" | grep -qxF -e "$path"; }

# attach NAME: as the domain's definition has it, but for its place, which may be taken by one that came before.
attach() {
    for letter in c d e f g h i j k l m n o p q r s t u v w x y z; do
        grep -q "<target dev=.vd$letter" "$work/running" || break
    done
    awk -v serial="<serial>$1</serial>" -v target="dev=\"vd$letter\"" '
        /<disk / { block = ""; inside = 1 }
        inside { sub(/dev="vd[a-z]"/, target); block = block $0 "\n" }
        /<\/disk>/ { inside = 0; if (index(block, serial)) printf "%s", block }' "$work/definition.xml" >"$work/disk.xml"
    virsh -q attach-device "$DOMAIN" "$work/disk.xml" --live >/dev/null
    echo "<target dev='vd$letter'" >>"$work/running"
    changed "disk $1 attached to $DOMAIN"
}

# detach NAME TARGET: the guest's own system lets go of it, or does not.
detach() {
    virsh -q detach-disk "$DOMAIN" "$2" --live >/dev/null
    waited=0
    while virsh -q domblklist "$DOMAIN" | grep -q "^ *$2 "; do
        [ "$waited" -lt 30 ] ||
            die "$DOMAIN: must let go of disk $1 within 30 s, got none; unmount it there and run again, or shut the guest down before"
        sleep 1
        waited=$((waited + 1))
    done
    sed -i "/<target dev=.$2./d" "$work/running"
    changed "disk $1 detached from $DOMAIN"
}
