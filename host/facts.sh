#!/bin/sh
# All that there is to know of a machine before it is made a hypervisor, in one round trip. Reads only; one "key value" a
# line, parsed by components/machine_facts.py.
# usage: facts.sh, or sh -s <facts.sh on a machine that has nothing of ours; as root it sees more, and says which it was
#
# It needs a shell and coreutils; what other tools would tell is left out where they are missing. That it asks changes
# nothing either: it makes the kernel load no module, and wakes no daemon by its socket.
set -u
LC_ALL=C
PATH=$PATH:/usr/sbin:/sbin
export LC_ALL PATH

fact() { printf '%s %s\n' "$1" "$2"; }
has() { command -v "$1" >/dev/null 2>&1; }
yes_no() { if "$@"; then echo yes; else echo no; fi; }

# Processes and interfaces come and go, so what was there may be gone when it is read.
# first FILE: its first line in $line, without a process; empty where there is none.
first() {
    line=
    [ ! -r "$1" ] || { IFS= read -r line <"$1" || :; } 2>/dev/null
}

# holds FILE PATTERN: whether a line is like that, blanks at its ends aside.
holds() {
    [ -r "$1" ] && [ ! -d "$1" ] || return 1
    {
        while read -r line || [ -n "$line" ]; do
            # shellcheck disable=SC2254 # a pattern it is
            case $line in $2) return 0 ;; esac
        done <"$1"
    } 2>/dev/null
    return 1
}

# Daemons that run here, by the kernel's name for them, which it cuts to 15 characters.
processes() {
    running=' '
    for stat in /proc/[0-9]*/stat; do
        first "$stat"
        name=${line#*(}
        name=${name%)*}
        case $name in
            NetworkManager | systemd-network | wickedd | firewalld | dockerd | libvirtd | virt*d) ;;
            *) continue ;;
        esac
        # Not zombies, and not those of containers, which have a number of their own there too.
        case ${line##*) } in Z*) continue ;; esac
        ! holds "${stat%stat}status" 'NSpid:*[0-9]*[!0-9]*[0-9]' || continue
        running="$running$name "
    done
}
runs() { case $running in *" $1 "*) ;; *) return 1 ;; esac }

system() {
    release=/etc/os-release
    [ -r "$release" ] || release=/usr/lib/os-release
    [ ! -r "$release" ] || while IFS= read -r line; do
        value=${line#*=}
        value=${value#[\"\']}
        value=${value%[\"\']}
        case $line in
            ID=*) fact os_id "$value" ;;
            ID_LIKE=*) fact os_like "$value" ;;
            VERSION_ID=*) fact os_version "$value" ;;
            PRETTY_NAME=*) fact os_name "$value" ;;
        esac
    done <"$release"
    fact kernel "$(uname -r)"
    fact machine "$(uname -m)"
    first /proc/1/comm
    [ ! -d /run/systemd/system ] || line=systemd
    fact init "$line"
}

user() {
    fact root "$(yes_no [ "$(id -u)" = 0 ])"
    user=${SUDO_USER:-$(id -un 2>/dev/null)}
    fact user "$user"
    for group in $(id -nG "$user" 2>/dev/null); do fact group "$group"; done
}

cpu() {
    fact cpus "$(nproc)"
    # The first processor speaks for all; a blank line ends it.
    while IFS=: read -r key value; do
        case $key in
            '') break ;;
            vendor_id*) fact cpu_vendor "${value# }" ;;
            flags*)
                for flag in vmx svm hypervisor; do
                    case "$value " in *" $flag "*) fact cpu_flag "$flag" ;; esac
                done
                ;;
        esac
    done </proc/cpuinfo
}

kvm() {
    [ ! -c /dev/kvm ] || fact kvm_device "$(stat -c '%a %U %G' /dev/kvm)"
    for module in /sys/module/kvm /sys/module/kvm_*; do
        [ -d "$module" ] || continue
        fact kvm_module "${module##*/}"
        first "$module/parameters/nested"
        case $line in [Y1]) fact nested yes ;; [N0]) fact nested no ;; esac
    done
    kernel_log
    set -- /sys/class/iommu/*
    fact iommu "$(yes_no [ -e "$1" ])"
}

# Each version of the kernel has words of its own for it: kvm of 2.6.20 to 6.2 "kvm: disabled by bios" (from 5.18 on with
# the module's name), its successors and the CPU's own code the others. An APIC may be disabled by the BIOS too.
kernel_log() {
    { timeout 5 dmesg; timeout 5 journalctl -k -b -q --no-pager -o cat; } 2>/dev/null | {
        seen=no
        while IFS= read -r message; do
            case $message in
                *'Linux version '*) seen=whole ;;
                *kvm*'disabled by bios'* | *VMX*'disabled by BIOS'* | *VMX*'(by BIOS)'* | *SVM*'(by BIOS)'*)
                    fact bios_says "$message"
                    ;;
            esac
            [ "$seen" != no ] || seen=part
        done
        fact kernel_log "$seen"
    }
}

memory() {
    while read -r key value _; do
        case $key in
            MemTotal:) fact memory_kib "$value" ;;
            MemAvailable:) fact memory_available_kib "$value" ;;
        esac
    done </proc/meminfo
}

# What a disk can lie on, each device once: subvolumes of one btrfs share their room.
storage() {
    devices=' '
    timeout 5 df -lPkT 2>/dev/null | while read -r device type size _ free _ mount; do
        case $type:$mount in
            *:/boot*) continue ;;
            ext?:* | xfs:* | btrfs:* | zfs:* | f2fs:* | bcachefs:* | *:/) ;;
            *) continue ;;
        esac
        case $devices in *" $device "*) continue ;; esac
        devices="$devices$device "
        fact filesystem "$type $size $free $mount"
    done
    for disk in /sys/block/*; do
        case ${disk##*/} in sr* | fd*) continue ;; esac
        [ -e "$disk/device" ] || continue
        first "$disk/queue/rotational"
        kind=solid
        [ "$line" != 1 ] || kind=rotating
        first "$disk/size"
        fact disk "${disk##*/} $((line / 2)) $kind"
    done
}

# manager NAME INDEX: whose configuration an interface has. What a daemon left in /run counts while it runs.
manager() {
    manager=none
    if runs NetworkManager && holds "/run/NetworkManager/devices/$2" managed=true; then
        manager=NetworkManager
    elif runs systemd-network && holds "/run/systemd/netif/links/$2" 'ADMIN_STATE=configur*'; then
        manager=systemd-networkd
        ! holds "/run/systemd/netif/links/$2" 'NETWORK_FILE=*netplan*' || manager=netplan
    elif runs wickedd; then
        [ ! -e "/etc/sysconfig/network/ifcfg-$1" ] || manager=wicked
    else
        for file in /etc/network/interfaces /etc/network/interfaces.d/*; do
            ! holds "$file" "iface $1 *" || manager=ifupdown
        done
    fi
}

network() {
    for path in /sys/class/net/*; do
        name=${path##*/}
        first "$path/ifindex"
        [ "$name" != lo ] && [ -n "$line" ] || continue
        index=$line
        kind=virtual master=-
        if [ -d "$path/bridge" ]; then
            kind=bridge
        elif [ -d "$path/wireless" ] || [ -e "$path/phy80211" ]; then
            kind=wireless
        elif [ -e "$path/device" ]; then
            kind=ethernet
        elif [ -d "$path/bonding" ]; then
            kind=bond
        elif holds "$path/uevent" DEVTYPE=vlan; then
            kind=vlan
        fi
        [ ! -e "$path/master" ] || { master=$(readlink "$path/master") && master=${master##*/}; }
        manager "$name" "$index"
        first "$path/operstate"
        state=$line
        first "$path/address"
        fact interface "$name $kind $state ${line:--} $manager $master"
    done
    ! has ip || ip -o address show scope global 2>/dev/null | while read -r _ name _ address _; do
        fact address "$name $address"
    done
    [ ! -r /proc/net/route ] || while read -r name to _ _ _ _ metric mask _; do
        [ "$to $mask" != '00000000 00000000' ] || fact default_route "$name $metric inet"
    done </proc/net/route
    [ ! -r /proc/net/ipv6_route ] || while read -r to length _ _ _ metric _ _ _ name; do
        # The kernel's own routes, which refuse, are on lo.
        case $to$length in *[!0]*) continue ;; esac
        [ "$name" = lo ] || fact default_route "$name $((0x$metric)) inet6"
    done </proc/net/ipv6_route
}

names() {
    case $(readlink -f /etc/resolv.conf) in
        /run/systemd/resolve/*) fact resolver systemd-resolved ;;
        /run/NetworkManager/*) fact resolver NetworkManager ;;
        /run/resolvconf/*) fact resolver resolvconf ;;
        *) fact resolver file ;;
    esac
    [ ! -r /etc/resolv.conf ] || while read -r key value _; do
        [ "$key" != nameserver ] || fact nameserver "$value"
    done </etc/resolv.conf
}

# Only root sees rules. To ask loads the module that has them, so it is asked where that is loaded or cannot be.
firewall() {
    ! runs firewalld || fact firewall firewalld
    ! holds /etc/ufw/ufw.conf 'ENABLED=[yY][eE][sS]' || fact firewall ufw
    ! runs dockerd || fact firewall docker
    fact rules_seen "$(yes_no [ "$(id -u)" = 0 ])"
    [ "$(id -u)" = 0 ] || return 0
    first /proc/net/ip_tables_names
    [ -n "$line" ] || [ -d /sys/module/nf_tables ] || [ ! -e "/lib/modules/$(uname -r)/modules.dep" ] || return 0
    ! has nft || timeout 5 nft list chains 2>/dev/null | while read -r word second third rest; do
        case $word in
            table) table="$second $third" ;;
            chain) chain=$second ;;
            type)
                case "$third $rest" in
                    'hook input '*'policy drop;'* | 'hook forward '*'policy drop;'*)
                        fact drops "$table $chain ${rest%% *}" ;;
                esac
                ;;
        esac
    done
    # It lists what tables there are and makes none, which `iptables -L` of old did.
    ! has iptables-save || timeout 5 iptables-save 2>/dev/null | while read -r word second _; do
        case $word:$second in
            \**) table=${word#\*} ;;
            :INPUT:DROP) [ "$table" != filter ] || fact drops 'ip filter INPUT input' ;;
            :FORWARD:DROP) [ "$table" != filter ] || fact drops 'ip filter FORWARD forward' ;;
        esac
    done
}

security() {
    first /sys/module/apparmor/parameters/enabled
    [ "$line" != Y ] || fact security apparmor
    first /sys/fs/selinux/enforce
    case $line in 1) fact security selinux-enforcing ;; 0) fact security selinux-permissive ;; esac
}

libvirt() {
    for daemon in libvirtd virtqemud virtnetworkd virtstoraged virtproxyd; do
        ! has "$daemon" || fact libvirt_installed "$daemon"
        ! runs "$daemon" || fact libvirt_running "$daemon"
    done
    [ ! -S /run/libvirt/libvirt-sock ] || fact libvirt_socket libvirtd
    [ ! -S /run/libvirt/virtqemud-sock ] || fact libvirt_socket virtqemud
    # A line that is commented out shows the distribution's own choice.
    backend=
    [ ! -r /etc/libvirt/network.conf ] || while read -r line; do
        case $line in
            'firewall_backend = '*) backend=${line#*\"} ;;
            '#firewall_backend = '*) backend=${backend:-${line#*\"}} ;;
        esac
    done </etc/libvirt/network.conf
    [ -z "$backend" ] || fact firewall_backend "${backend%%\"*}"
    { runs libvirtd || runs virtqemud; } && has virsh || return 0
    if answer=$(timeout 5 virsh -q -r -c qemu:///system uri 2>&1); then
        fact libvirt_answers yes
    else
        answer=${answer##*error: }
        fact libvirt_answers "no ${answer:-no answer within 5 s}"
    fi
}

tools() {
    for tool in virsh qemu-img qemu-system-x86_64 dnsmasq iptables xorriso curl ssh sudo; do
        ! has "$tool" || fact tool "$tool"
    done
    qemu='qemu-system-x86_64'
    has "$qemu" || qemu=/usr/libexec/qemu-kvm
    ! has /usr/libexec/qemu-kvm || fact tool qemu-kvm
    version qemu "$qemu" 4
    version libvirt virsh 1
    version dnsmasq dnsmasq 3
    for file in /usr/share/qemu/firmware/*.json /etc/qemu/firmware/*.json; do
        [ ! -e "$file" ] || fact firmware "${file##*/}"
    done
}

# version NAME COMMAND WORD: the word of the first line of what it says of its version.
version() {
    has "$2" || return 0
    timeout 5 "$2" --version 2>/dev/null | { read -r line && echo "$line"; } | cut -d ' ' -f "$3" |
        while read -r number; do fact version "$1 $number"; done
}

# Not before the last line has come, and with nothing of it left for a command to read.
main() {
    processes
    system
    user
    cpu
    kvm
    memory
    storage
    network
    names
    firewall
    security
    libvirt
    tools
}
main </dev/null
