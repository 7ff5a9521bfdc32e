#!/bin/sh
# Guests by hand: what is left of the work without any tool. Overlay, seed, define and start a guest, eight at a time.
# usage: floor.sh up|down COUNT, add|remove NUMBER
# environment: LAB (network, and first part of the domains' names) DIRECTORY IMAGE ACCELERATOR (libvirt's domain type)
#              PREFIX (three bytes of the network's addresses) MEMORY DISK (MiB)
set -eu
export LIBVIRT_DEFAULT_URI=qemu:///system
at_once=8

mac() { printf '52:54:00:77:%02x:%02x' $(($1 / 256)) $(($1 % 256)); }
reservation() { printf "<host mac='%s' name='%s' ip='%s'/>\n" "$(mac "$1")" "$LAB-$1" "$PREFIX.$(($1 + 1))"; }
each() { seq "$2" | xargs -P "$at_once" -I '{}' "$0" "$1" '{}'; }

network() {
    printf "<network><name>%s</name><forward mode='nat'/><bridge name='kl-%s'/>" "$LAB" "$LAB"
    printf "<ip address='%s.1' prefix='24'><dhcp><range start='%s.240' end='%s.250'/>\n" "$PREFIX" "$PREFIX" "$PREFIX"
    for number in $(seq "$1"); do reservation "$number"; done
    printf '</dhcp></ip></network>\n'
}

# The devices are those of ours.
domain() {
    cpu=
    [ "$ACCELERATOR" != kvm ] || cpu="<cpu mode='host-passthrough'/>"
    cat <<EOF
<domain type='$ACCELERATOR'>
  <name>$LAB-$1</name>
  <memory unit='MiB'>$MEMORY</memory>
  <vcpu>1</vcpu>
  <os><type>hvm</type></os>
  <features><acpi/><apic/></features>$cpu
  <devices>
    <disk type='file' device='disk'>
      <driver name='qemu' type='qcow2'/><source file='$DIRECTORY/$1.qcow2'/><target dev='vda' bus='virtio'/>
    </disk>
    <disk type='file' device='disk'>
      <driver name='qemu' type='raw'/><source file='$DIRECTORY/$1.iso'/><target dev='vdb' bus='virtio'/>
    </disk>
    <interface type='network'>
      <mac address='$(mac "$1")'/><source network='$LAB'/><model type='virtio'/>
    </interface>
    <console type='pty'><target type='serial' port='0'/></console>
    <graphics type='vnc' autoport='yes' listen='127.0.0.1'/>
    <rng model='virtio'><backend model='random'>/dev/urandom</backend></rng>
  </devices>
</domain>
EOF
}

guest_up() {
    qemu-img create -q -f qcow2 -F qcow2 -b "$DIRECTORY/base.qcow2" "$DIRECTORY/$1.qcow2" "${DISK}M"
    mkdir "$DIRECTORY/$1"
    printf 'instance-id: %s\n' "$LAB-$1" >"$DIRECTORY/$1/meta-data"
    printf '#cloud-config\nhostname: %s\n' "$LAB-$1" >"$DIRECTORY/$1/user-data"
    genisoimage -quiet -o "$DIRECTORY/$1.iso" -V cidata -J -R "$DIRECTORY/$1" 2>/dev/null
    domain "$1" >"$DIRECTORY/$1.xml"
    virsh -q define "$DIRECTORY/$1.xml" >/dev/null
    virsh -q start "$LAB-$1" >/dev/null
}

guest_down() {
    virsh -q destroy "$LAB-$1" >/dev/null
    virsh -q undefine "$LAB-$1" >/dev/null
    rm -r "${DIRECTORY:?}/$1" "$DIRECTORY/$1".*
}

up() {
    mkdir -m 0711 "$DIRECTORY"
    cp --sparse=always "$IMAGE" "$DIRECTORY/base.qcow2"
    network "$1" >"$DIRECTORY/network.xml"
    virsh -q net-define "$DIRECTORY/network.xml" >/dev/null
    virsh -q net-start "$LAB" >/dev/null
    each guest_up "$1"
}

add() {
    virsh -q net-update "$LAB" add ip-dhcp-host "$(reservation "$1")" --live --config >/dev/null
    guest_up "$1"
}

remove() {
    guest_down "$1"
    # From the definition alone: in the network that runs, a row for a MAC that nobody has does no harm.
    virsh -q net-update "$LAB" delete ip-dhcp-host "$(reservation "$1")" --config >/dev/null
}

down() {
    each guest_down "$1"
    virsh -q net-destroy "$LAB" >/dev/null
    virsh -q net-undefine "$LAB" >/dev/null
    rm -r "$DIRECTORY"
}

"$1" "$2"
