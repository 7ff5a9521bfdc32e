#!/bin/sh
# images/disk.sh TREE RAW: a disk that boots by BIOS (syslinux) and by UEFI (systemd-boot) from a root tree, without mounts or loop devices.
set -eu
tree=$1 raw=$2
boot_mib=127 size_mib=3072
boot_at=$((1024 * 1024)) root_at=$(((1 + boot_mib) * 1024 * 1024))
root_uuid=$(cat /proc/sys/kernel/random/uuid)
part=$raw@@$boot_at

rm -f "$raw"
truncate -s "${size_mib}M" "$raw"
sfdisk -q "$raw" <<PARTITIONS
label: gpt
size=${boot_mib}MiB, type=C12A7328-F81F-11D2-BA4B-00A0C93EC93B, attrs=LegacyBIOSBootable, name=boot
type=4F68BCE3-E8CD-4DB1-96E7-FBCAF984B709, uuid=$root_uuid, name=root
PARTITIONS

# Under load an emulated timer comes late to the kernel's own check of it, which ends the boot: "IO-APIC + timer doesn't work!".
# With KVM the kernel leaves that check out by itself. https://docs.kernel.org/admin-guide/kernel-parameters.html
# Nothing is said of the TSC: under load its rate is measured wrong, up to eleven times too low, and the kernel sees that by itself.
# A kernel that panics starts anew after 10 s, as kubelet has it too; it would else stand still until somebody looks. Seldom, an
# emulated one with several CPUs does as it boots: docs/decisions/0036.
options="root=PARTUUID=$root_uuid ro quiet no_timer_check panic=10 console=tty0 console=ttyS0,115200"
cat >"$raw.syslinux" <<SYSLINUX
DEFAULT linux
LABEL linux
 KERNEL /vmlinuz
 INITRD /initrd.img
 APPEND $options
SYSLINUX
cat >"$raw.entry" <<ENTRY
title Debian
linux /vmlinuz
initrd /initrd.img
options $options
ENTRY
mformat -i "$part" -T $((boot_mib * 2048)) -h 255 -s 63 -H 2048 -F -v BOOT ::
mmd -i "$part" ::/EFI ::/EFI/BOOT ::/loader ::/loader/entries
mcopy -i "$part" "$tree"/boot/vmlinuz-* ::/vmlinuz
mcopy -i "$part" "$tree"/boot/initrd.img-* ::/initrd.img
mcopy -i "$part" /usr/lib/systemd/boot/efi/systemd-bootx64.efi ::/EFI/BOOT/BOOTX64.EFI
mcopy -i "$part" "$raw.syslinux" ::/syslinux.cfg
mcopy -i "$part" "$raw.entry" ::/loader/entries/debian.conf
syslinux --install --offset "$boot_at" "$raw"
dd if=/usr/lib/syslinux/mbr/gptmbr.bin of="$raw" conv=notrunc bs=440 count=1 status=none
# The last MiB stays for the second copy of the partition table.
mke2fs -q -t ext4 -L root -d "$tree" -E "offset=$root_at" "$raw" $(((size_mib - boot_mib - 2) * 1024))
