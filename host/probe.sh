#!/bin/sh
# All that a preview must know of a host, in one round trip. Reads only; one "key value" a line, parsed by
# components/host_facts.py.
# usage: probe.sh   environment: LAB POOL_PATH FILES (local images, a line each: "LINK ALGORITHM-or-dash PATH")
set -eu
. host/lib.sh

fact() { printf '%s %s\n' "$1" "$2"; }

fact cpu_flag "$(grep -o -m 1 -w -e vmx -e svm /proc/cpuinfo | head -n 1)"
if [ -c /dev/kvm ]; then fact kvm_device yes; else fact kvm_device no; fi
fact memory_kib "$(awk '$1 == "MemTotal:" { print $2 }' /proc/meminfo)"
if [ "$(id -u)" = 0 ] || sudo -n true 2>/dev/null; then fact root yes; else fact root no; fi
if [ -d /run/systemd/system ]; then fact systemd yes; else fact systemd no; fi
if pgrep -x 'libvirtd|virtqemud' >/dev/null; then fact libvirt_process yes; else fact libvirt_process no; fi

# The nearest directory that exists tells whether the pool can be made there, and how much room it has.
directory=$POOL_PATH
while [ ! -e "$directory" ]; do directory=$(dirname "$directory"); done
fact pool_parent "$directory"
if [ -d "$directory" ] && [ -w "$directory" ]; then fact pool_writable yes; else fact pool_writable no; fi
fact pool_free_kib "$(df -Pk "$directory" | awk 'NR == 2 { print $4 }')"
fact pool_lab "$(sed -n 's/^lab=//p' "$POOL_PATH/.kvmlab" 2>/dev/null || true)"
if [ "$directory" = "$POOL_PATH" ]; then
    for disk in "$POOL_PATH/$LAB"-*.qcow2; do
        [ ! -e "$disk" ] || fact pool_disk "$(basename "$disk")"
    done
fi

if command -v ip >/dev/null; then
    ip -o -4 address show | while read -r _ interface _ address _; do fact address "$interface $address"; done
fi

# A local image is hashed once, while the pool does not hold it yet.
printf '%s\n' "${FILES:-}" | while read -r link algorithm file; do
    [ -n "$file" ] || continue
    format=unchecked size=- digest=-
    if [ ! -r "$file" ]; then
        format=missing
    elif command -v qemu-img >/dev/null; then
        info=$(qemu-img info --output=json "$file" 2>/dev/null) || info=
        format=$(printf '%s\n' "$info" | sed -n 's/^    "format": "\([^"]*\)".*/\1/p')
        size=$(printf '%s\n' "$info" | sed -n 's/^    "virtual-size": \([0-9]*\).*/\1/p')
        [ "$algorithm" = - ] || [ -e "$POOL_PATH/$link" ] || digest=$("${algorithm}sum" "$file" | cut -d ' ' -f 1)
    fi
    fact file "${format:-unknown} ${size:--} $digest $file"
done

for base in "$POOL_PATH"/base-*; do
    [ ! -L "$base" ] || ! command -v qemu-img >/dev/null || fact base "$(basename "$base") $(qemu-img info -U \
        --output=json "$base" | sed -n 's/^    "virtual-size": \([0-9]*\).*/\1/p')"
done

command -v virsh >/dev/null || { fact libvirt absent; exit 0; }
# One connection for all that is asked: each start of virsh costs as much as the answers.
if ! listing=$(timeout 10 virsh -q "echo uri; uri; echo domains; list --all --name; echo networks; net-list --all --name; \
echo pools; pool-list --all --name" 2>&1); then
    fact libvirt "unreachable $(printf '%s\n' "$listing" | sed -n 's/^error: //p' | tail -n 1)"
    exit 0
fi
fact libvirt ok

names() { printf '%s\n' "$listing" | sed -n "/^$1\$/,/^$2\$/p" | grep -v -x -e "$1" -e "$2" -e '' || true; }
domains=$(names domains networks)
networks=$(names networks pools)
pools=$(names pools '')

# Whose a domain is stands in its description; only those that bear a name of this lab matter.
printf '%s\n' "$domains" | { grep "^$LAB-" || true; } | while read -r domain; do
    fact domain "$domain $(virsh -q desc "$domain" | head -n 1)"
done

for network in $networks; do
    virsh -q net-dumpxml "$network" | sed -n \
        -e "s/.*<ip [^>]*address='\([^']*\)' netmask='\([^']*\)'.*/network $network \1\/\2/p" \
        -e "s/.*<ip [^>]*address='\([^']*\)' prefix='\([^']*\)'.*/network $network \1\/\2/p" \
        -e "s/.*<bridge name='\([^']*\)'.*/bridge $network \1/p" \
        -e "s/.*<host mac='\([^']*\)' name='\([^']*\)' ip='\([^']*\)'.*/reservation $network \2 \3/p" \
        -e "s/.*<uuid>\(.*\)<.uuid>.*/network_uuid $network \1/p"
done
for pool in $pools; do
    virsh -q pool-dumpxml "$pool" | sed -n "s/.*<path>\(.*\)<.path>.*/pool $pool \1/p"
done
