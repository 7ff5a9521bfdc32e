# shellcheck shell=sh
# What a preview must know of a lab's further pools, for probe.sh. Reads only. Needs lib.sh.

# probe_pools: of each line of GUEST_POOLS, "NAME dir PATH" or "NAME group VOLUME-GROUP".
probe_pools() {
    PATH=$PATH:/usr/sbin:/sbin
    export LVM_SUPPRESS_FD_WARNINGS=1
    printf '%s\n' "$GUEST_POOLS" | while read -r name kind place; do
        case $kind in
            dir) probe_directory "$name" "$place" ;;
            group) probe_group "$name" "$place" ;;
        esac
    done
    case $GUEST_POOLS in *' group '*) vgs --noheadings -o vg_name 2>/dev/null | awk '{ print "volume_group", $1 }' || : ;; esac
}

# As probe.sh does with the lab's own pool.
probe_directory() {
    above=$2
    while [ ! -e "${above:=/}" ]; do above=${above%/*}; done
    usable=no
    [ ! -d "$above" ] || [ ! -w "$above" ] || [ "$(stat -f -c %b "$above")" -eq 0 ] || usable=yes
    lab=$(sed -n 's/^lab=//p' "$2/.kvmlab" 2>/dev/null) || lab=
    fact store "$1 $usable $(df -Pk "$above" | awk 'NR == 2 { print $4, $2 }') 0 $lab"
    for disk in "$2/$LAB"-*.qcow2; do
        [ -e "$disk" ] || continue
        size=$(od -An -v -tu1 -w8 -j 24 -N 8 "$disk" | awk '{ for (byte = 1; byte <= 8; byte++) size = size * 256 + $byte; printf "%.0f", size }')
        fact store_disk "$1 ${disk##*/} ${size:-0} $(stat -c '%b' "$disk" | awk '{ printf "%.0f", $1 * 512 }')"
    done
}

probe_group() {
    room=$(vgs --noheadings --nosuffix --units b -o vg_free,vg_size,vg_extent_size "$2" 2>/dev/null |
        awk '{ printf "%d %d %.0f", $1 / 1024, $2 / 1024, $3 }') || room=
    if [ -z "$room" ]; then
        fact store "$1 no 0 0 0"
        return
    fi
    fact store "$1 yes $room"
    lvs --noheadings --nosuffix --units b -o lv_name,lv_size,lv_tags "$2" 2>/dev/null |
        awk -v pool="$1" -v lab="$LAB" 'index($1, lab "-") == 1 {
            if (("," $3 ",") ~ ",kvmlab\\." lab ",") printf "store_disk %s %s %.0f %.0f\n", pool, $1, $2, $2
            else print "store_stranger", pool, $1
        }'
}
