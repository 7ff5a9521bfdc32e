# shellcheck shell=sh
# shellcheck disable=SC2154 # set by guest.sh and look.sh
# Data disks of a guest that runs, for guest.sh: those that it lacks come, and those that are asked for no more go.

# apply_data_disks: by what libvirt says that it has, so that a killed run is gone on with. Its root disk is DOMAIN.qcow2, a
# data disk is DOMAIN.NAME.qcow2.
apply_data_disks() {
    awk -v prefix="$POOL_PATH/$DOMAIN." '
        { target = $1; sub(/^ *[^ ]+ +/, "") }
        index($0, prefix) == 1 {
            name = substr($0, length(prefix) + 1)
            if (sub(/\.qcow2$/, "", name)) print name, target
        }' "$work/blocks" >"$work/has"
    for disk in $DATA_DISKS; do
        grep -q "^$disk " "$work/has" || attach "$disk"
    done
    while read -r disk target; do
        case " $DATA_DISKS " in *" $disk "*) ;; *) detach "$disk" "$target" ;; esac
    done <"$work/has"
}

# attach NAME: as the domain's definition has it, but for its place, which may be taken by one that came before.
attach() {
    for letter in c d e f g h i j k l m n o p q r s t u v w x y z; do
        grep -q "^ *vd$letter " "$work/blocks" || break
    done
    awk -v serial="<serial>$1</serial>" -v target="dev=\"vd$letter\"" '
        /<disk / { block = ""; inside = 1 }
        inside { sub(/dev="vd[a-z]"/, target); block = block $0 "\n" }
        /<\/disk>/ { inside = 0; if (index(block, serial)) printf "%s", block }' "$work/definition.xml" >"$work/disk.xml"
    virsh -q attach-device "$DOMAIN" "$work/disk.xml" --live >/dev/null
    echo "vd$letter -" >>"$work/blocks"
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
    changed "disk $1 detached from $DOMAIN"
}
