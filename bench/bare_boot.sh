#!/bin/sh
# The same guest by hand: overlay, seed, define, start, and the first SSH login. The floor of `make up`.
# usage: bare_boot.sh boot|remove   environment: DIRECTORY (base.qcow2, domain.xml, seed/, ssh_config are there) DOMAIN
set -eu
export LIBVIRT_DEFAULT_URI=qemu:///system

boot() {
    qemu-img create -q -f qcow2 -b "$DIRECTORY/base.qcow2" -F qcow2 "$DIRECTORY/root.qcow2" 8G
    xorriso -as mkisofs -quiet -o "$DIRECTORY/seed.iso" -V cidata -J -R "$DIRECTORY/seed" 2>/dev/null
    virsh -q define "$DIRECTORY/domain.xml" >/dev/null
    virsh -q start "$DOMAIN" >/dev/null
    until ssh -F "$DIRECTORY/ssh_config" -o BatchMode=yes -o ConnectTimeout=2 web true 2>/dev/null; do sleep 0.5; done
}

remove() {
    virsh -q destroy "$DOMAIN" >/dev/null 2>&1 || true
    virsh -q undefine "$DOMAIN" >/dev/null 2>&1 || true
    rm -f "$DIRECTORY/root.qcow2" "$DIRECTORY/seed.iso"
}

"$1"
