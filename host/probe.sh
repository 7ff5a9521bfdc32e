#!/bin/sh
# All that a preview must know of a host, in one round trip. Reads only; one "key value" a line, parsed by
# components/host_facts.py.
# usage: probe.sh   environment: LAB POOL_PATH FILES (local images, and other files that guests start with, a line each:
#        "LINK ALGORITHM-or-dash PATH")
#        COMMANDS (that the lab needs, blanks between, "ONE|OTHER" where either will do), and optionally
#        FIRMWARE (links of images that are to be started by UEFI) SPICE (whether QEMU must have it)
#        CPU_TYPES (of domains, of which CPU models matter) IPV6 (whether a network has it)
#        GUEST_SHARES (directories, a line each) INTERFACES (that NICs are to be on)
#        GUEST_STATES (whether guests are to be looked at as they are)
#        GUEST_PATHS (files and block devices that are to be disks, a line each) GUEST_POOLS (further pools, a line each)
#        GUEST_BUNDLE (the directory of a bundle for a cluster) GUEST_ROUTES (whether routes matter)
set -eu
# Only root sees all of it: libvirt's socket, disks in the pool. Without sudo it says that and what it can see.
[ "$(id -u)" = 0 ] || ! sudo -n true 2>/dev/null ||
    exec sudo -n env "LAB=$LAB" "POOL_PATH=$POOL_PATH" "FILES=${FILES:-}" "COMMANDS=${COMMANDS:-}" \
        "FIRMWARE=${FIRMWARE:-}" "SPICE=${SPICE:-}" "CPU_TYPES=${CPU_TYPES:-}" \
        "IPV6=${IPV6:-}" "GUEST_SHARES=${GUEST_SHARES:-}" \
        "INTERFACES=${INTERFACES:-}" "GUEST_STATES=${GUEST_STATES:-}" \
        "GUEST_PATHS=${GUEST_PATHS:-}" "GUEST_POOLS=${GUEST_POOLS:-}" \
        "GUEST_BUNDLE=${GUEST_BUNDLE:-}" "GUEST_ROUTES=${GUEST_ROUTES:-}" "$0"
. host/lib.sh
. host/disk_image.sh
. host/firmware.sh
. host/states.sh
. host/way.sh
. host/probe_bundle.sh
. host/probe_disks.sh
. host/probe_pools.sh

fact() { printf '%s %s\n' "$1" "$2"; }

# Few processes: each costs a millisecond or two of every preview.
awk '/^flags/ && !seen { seen = 1; print "cpu_flag", / vmx/ ? "vmx" : / svm/ ? "svm" : "" }
    /^processor/ { cpus++ }
    /^MemTotal:/ { print "memory_kib", $2 }
    END { print "cpus", cpus + 0 }' /proc/cpuinfo /proc/meminfo
if [ -c /dev/kvm ]; then fact kvm_device yes; else fact kvm_device no; fi
if [ "$(id -u)" = 0 ]; then fact root yes; else fact root no; fi

# Where nobody installs what is missing, it is told what is.
has_one() (
    PATH=$PATH:/usr/sbin:/sbin:/usr/libexec:/usr/lib:/usr/lib/qemu
    IFS='|'
    for command in $1; do
        ! command -v "$command" >/dev/null || return 0
    done
    return 1
)
manager=$(package_manager)
fact package_manager "$manager"
[ -n "$manager" ] || {
    fact os_name "$(os_release && echo "${PRETTY_NAME:-}")"
    for commands in ${COMMANDS:-}; do
        has_one "$commands" || fact lacks "${commands%%|*}"
    done
}

# The nearest directory that exists tells whether the pool can be made there, and how much room it has.
directory=$POOL_PATH
while [ ! -e "${directory:=/}" ]; do directory=${directory%/*}; done
fact pool_parent "$directory"
# Root may write anywhere, even where there is nothing to write to: pseudo file systems such as /proc have no blocks.
writable=no
[ ! -d "$directory" ] || [ ! -w "$directory" ] || [ "$(stat -f -c %b "$directory")" -eq 0 ] || writable=yes
fact pool_writable "$writable"
df -Pk "$directory" | awk 'NR == 2 { print "pool_total_kib", $2; print "pool_free_kib", $4 }'
[ ! -r "$POOL_PATH/.kvmlab" ] || sed -n 's/^lab=/pool_lab /p' "$POOL_PATH/.kvmlab"
if [ "$directory" = "$POOL_PATH" ]; then
    set -- "$POOL_PATH/$LAB"-*.qcow2
    # A disk's size stands in bytes 24 to 31 of its head: https://gitlab.com/qemu-project/qemu/-/blob/master/docs/interop/qcow2.txt
    [ ! -e "$1" ] || head -qc 32 "$@" 2>/dev/null | od -An -v -w32 -tu1 |
        awk '{ size = 0; for (byte = 25; byte <= 32; byte++) size = size * 256 + $byte; printf "%.0f\n", size }' |
        for disk in "$@"; do
            read -r size || break
            fact pool_disk "${disk##*/} $size"
        done
    # In blocks of 512 bytes, whatever the file system's are.
    [ ! -e "$1" ] || stat -c 'pool_blocks %b %n' "$@" 2>/dev/null || :
    # A fresh overlay is its tables, four clusters of 64 KiB up to 4 TiB; the first byte that is written goes behind them.
    [ ! -e "$1" ] || stat -c '%s %n' "$@" | awk '$1 > 262144 { sub(/.*\//, ""); print "written", $0 }'
    set -- "$POOL_PATH/$LAB"-*.birth
    [ ! -e "$1" ] || awk '{ name = FILENAME; sub(/.*\//, "", name); sub(/\.birth$/, "", name); print "birth", name, $0 }' "$@"
    [ ! -e "$POOL_PATH/$LAB.cluster" ] || sed 's/^/cluster /' "$POOL_PATH/$LAB.cluster"
    for mark in "$POOL_PATH/$LAB"-*.pending; do
        domain=${mark##*/}
        domain=${domain%.pending}
        if [ ! -e "$mark" ]; then break; fi
        # The process that was to go on as it was; another one is another start.
        if cmp -s "$mark" "/run/libvirt/qemu/$domain.pid"; then fact pending "$domain"; else fact restarted "$domain"; fi
    done
    for mark in "$POOL_PATH/$LAB"-*.unfinished; do
        [ ! -e "$mark" ] || fact unfinished "${mark##*/}"
    done
    for mark in "$POOL_PATH/$LAB"-*.protected; do
        [ ! -e "$mark" ] || fact protected "${mark##*/}"
    done
fi

printf '%s\n' "${GUEST_SHARES:-}" | while IFS= read -r shared; do
    [ -z "$shared" ] || [ -d "$shared" ] || fact no_directory "$shared"
done

for kept in /var/lib/kvmlab/bridge/*; do
    [ ! -e "$kept/interface" ] || fact kept_bridge "${kept##*/}"
done

! command -v ip >/dev/null || ip -o -4 address show | while read -r _ interface _ address _; do
    fact address "$interface $address"
done

[ -z "${IPV6:-}" ] || ! command -v ip >/dev/null || ip -o -6 address show scope global | while read -r _ interface _ address _; do
    fact address6 "$interface $address"
done

# A route to one address is one without a prefix; such as reach nothing have a word before the address.
[ -z "${GUEST_ROUTES:-}" ] || ! command -v ip >/dev/null || ip -o -4 route show |
    awk '$1 ~ /^[0-9.]+(\/[0-9]+)?$/ { for (i = 2; i < NF; i++) if ($i == "dev") print "route", $(i + 1), $1 }'

for interface in ${INTERFACES:-}; do
    path=/sys/class/net/$interface kind=interface master=-
    [ -e "$path" ] || continue
    [ ! -d "$path/bridge" ] || kind=bridge
    [ ! -e "$path/master" ] || { master=$(readlink "$path/master") && master=${master##*/}; }
    fact link "$interface $kind $(cat "$path/mtu") $master"
done

# esp LINK FILE FORMAT: of an image that is to be started by UEFI, whether it can be.
esp() {
    case " ${FIRMWARE:-} " in *" $1 "*) ;; *) return 0 ;; esac
    if has_esp "$2" "$3"; then fact esp "$1 yes"; else fact esp "$1 no"; fi
}

# look_into LINK FILE: what an image is; sets format and size.
look_into() {
    format=$(format_of "$2")
    case $format in
        qcow2 | vmdk | vdi | vpc | vhdx | raw)
            info=$(disk_info "$2" "$format" 2>/dev/null) || format=
            size=$(printf '%s\n' "$info" | sed -n 's/^    "virtual-size": \([0-9]*\).*/\1/p')
            if stands_alone "$info"; then esp "$1" "$2" "$format"; else format=elsewhere; fi
            ;;
    esac
}

# A local image is hashed once, while the pool does not hold it yet.
printf '%s\n' "${FILES:-}" | while read -r link algorithm file; do
    [ -n "$file" ] || continue
    format=unchecked size=- digest=-
    if [ ! -f "$file" ] || [ ! -r "$file" ]; then
        format=missing
    elif command -v qemu-img >/dev/null; then
        case $link in
            base-kernel-* | base-initrd-*) format='file' ;;
            base-iso-*) format=$(iso_format_of "$file") ;;
            *) look_into "$link" "$file" ;;
        esac
        [ "$algorithm" = - ] || [ -e "$POOL_PATH/$link" ] || digest=$("${algorithm}sum" "$file" | cut -d ' ' -f 1)
    fi
    fact file "${format:-unknown} ${size:--} $digest $file"
done

[ -z "${GUEST_BUNDLE:-}" ] || probe_bundle
[ -z "${GUEST_POOLS:-}" ] || (probe_pools)
[ -z "${GUEST_PATHS:-}" ] || { sources=$(probe_paths); printf '%s\n' "$sources"; }

for base in "$POOL_PATH"/base-*; do
    case ${base##*/} in base-iso-* | base-kernel-* | base-initrd-*) continue ;; esac
    if [ ! -L "$base" ] || ! command -v qemu-img >/dev/null; then continue; fi
    fact base "${base##*/} $(qemu-img info -U --output=json "$base" | sed -n 's/^    "virtual-size": \([0-9]*\).*/\1/p')"
    esp "${base##*/}" "$base" qcow2
done
[ -z "${FIRMWARE:-}" ] || firmware_of /usr/share/qemu/firmware /etc/qemu/firmware | while read -r kind; do
    fact firmware "$kind"
done

command -v virsh >/dev/null || { fact libvirt absent; exit 0; }
# virsh does not end a mark that it echoes with a new line, so every mark is given a line.
marks='s/@@\([^@]*\)@@/\n@@\1@@\n/g'

# One connection for all that is asked: each start of virsh costs as much as the answers.
if ! listing=$(timeout 10 virsh -q "echo @@domains@@; list --all --name; echo @@running@@; list --name; \
echo @@networks@@; net-list --all --name; echo @@pools@@; pool-list --all --name; \
echo @@active-network@@; net-list --name; echo @@active-pool@@; pool-list --name" 2>&1); then
    if runs libvirtd,virtqemud; then fact libvirt_process yes; else fact libvirt_process no; fi
    fact libvirt "unreachable $(printf '%s\n' "$listing" | sed -n 's/^error: //p' | tail -n 1)"
    exit 0
fi
fact libvirt ok
[ -z "${SPICE:-}" ] || timeout 10 virsh domcapabilities 2>/dev/null | awk '
    /<graphics/ { seen = inside = 1 }
    /<\/graphics/ { inside = 0 }
    inside && /<value>spice</ { found = 1 }
    END { if (seen && !found) print "no_spice yes" }'
for type in ${CPU_TYPES:-}; do
    timeout 10 virsh domcapabilities --virttype "$type" 2>/dev/null | awk -F "[<>']" -v type="$type" '
        /<mode name=.*supported=.yes/ && $3 != "custom" { print "cpu_model", type, $3 }
        /<model usable=.yes/ { print "cpu_model", type, $(NF - 2) }' || true
done

[ -z "${GUEST_PATHS:-}" ] || probe_holders

# The virsh command for each thing listed, under a mark with the thing's name; of domains, those that bear a name of this
# lab, and what else runs.
calls() {
    printf '%s\n' "$listing" | sed "$marks" | awk -v prefix="$LAB-" '
        BEGIN {
            command["@@domains@@"] = command["@@running@@"] = "dumpxml"
            command["@@networks@@"] = "net-dumpxml --inactive"
            command["@@pools@@"] = "pool-dumpxml"
        }
        /^@@/ { section = $0; next }
        section ~ /^@@active/ { next }
        { sub(/ +$/, ""); ours = index($0, prefix) == 1 }
        $0 == "" || section == "@@domains@@" && !ours || section == "@@running@@" && ours { next }
        { printf "echo @@%s@@; %s \"%s\"; ", $0, command[section], $0 }'
}

# Whose a domain is stands in its description. One that runs has an id.
virsh -q "echo; $(calls)" | sed "$marks" | awk -F "'" -v prefix="$LAB-" -v lab="$LAB" '
    # Of an element that has nothing below it, as it was before libvirt wrote it as XML.
    function text() {
        gsub(/ *<[^>]*>/, "")
        gsub(/&lt;/, "<"); gsub(/&gt;/, ">"); gsub(/&quot;/, "\""); gsub(/&apos;/, "\047"); gsub(/&amp;/, "\\&")
        return $0
    }
    /^@@/ { name = $0; gsub("@@", "", name); kind = ""; next }
    /^<domain/ { kind = "domain"; runs = / id=/; memory = cpus = 0; owner = "" }
    kind == "domain" && /^  <description>/ { owner = text() }
    kind == "domain" && /^  <currentMemory / { memory = text() }
    kind == "domain" && /^  <vcpu/ {
        # Of those that it may have, it may have some for now.
        for (field = 1; field < NF; field++) if ($field ~ / current=$/) cpus = $(field + 1)
        if (!cpus) cpus = text()
    }
    kind == "domain" && /^<\/domain/ {
        if (index(name, prefix) == 1) print "domain", name, owner
        if (runs) print "running", memory, cpus, name
    }
    /^<network/ { kind = "network" }
    /^<pool/ { kind = "pool" }
    kind == "network" && /<uuid>/ { print "network_uuid", name, text() }
    kind == "network" && /<bridge / { print "bridge", name, $2 }
    kind == "network" && /<ip address=.*(netmask|prefix)=/ { print "network", name, $2 "/" $4 }
    kind == "network" && /<ip family=.ipv6. address=.*prefix=/ { print "network6", name, $4 "/" $6 }
    kind == "network" && /<host mac=.* name=.* ip=/ { print "reservation", name, $4, $6 }
    kind == "pool" && /<uuid>/ { uuid = text() }
    kind == "pool" && /<path>/ { print "pool", name, text(); if (index(name, lab ".") == 1) print "pool_uuid", name, uuid }'

[ -n "${GUEST_STATES:-}" ] || exit 0
fact looked yes
printf '%s\n' "$listing" | sed "$marks" | awk '
    /^@@/ { kind = $0; gsub(/@@(active-)?/, "", kind); active = /^@@active/; next }
    { sub(/ +$/, "") }
    active && $0 != "" { print "active", kind, $0 }'
# shellcheck disable=SC2046 # names of guests have no blanks
states $(printf '%s\n' "$listing" | sed "$marks" | awk -v prefix="$LAB-" '
    /^@@/ { section = $0; next }
    section == "@@domains@@" && index($0, prefix) == 1 { print $1 }')
