# shellcheck shell=sh
# What a file is by its content, never by its name: a disk image, or a wrapper that may hold one.

# kind_of: of what comes on stdin, by its first 512 bytes. Images as qemu-img calls them: qcow2, vmdk, vdi, vpc (VHD), vhdx, and
# raw where there is a boot sector, without which no guest starts. Wrappers: gzip, xz, zstd, bzip2, tar, zip. "elsewhere" is an
# image whose data are in other files, which QEMU would open to tell of it. Nothing is anything else.
# https://gitlab.com/qemu-project/qemu/-/blob/master/docs/interop/qcow2.rst (bit 2 of byte 79: external data file)
# https://github.com/libyal/libvmdk/blob/main/documentation/VMWare%20Virtual%20Disk%20Format%20(VMDK).asciidoc (byte 12: capacity)
kind_of() {
    od -An -v -tx1 -w512 -N 512 | awk '{
        gsub(/ /, "")
        kind = ""
        if (/^514649fb/) kind = /^514649fb00000003/ && substr($0, 160, 1) ~ /[4-7c-f]/ ? "elsewhere" : "qcow2"
        else if (/^4b444d56/) kind = substr($0, 25, 16) ~ /^0+$/ ? "elsewhere" : "vmdk"
        else if (/^23204469736b2044657363726970746f7246696c65/) kind = "elsewhere" # "# Disk DescriptorFile"
        else if (/^7668647866696c65/) kind = "vhdx"
        else if (/^636f6e6563746978/) kind = "vpc"
        else if (/^1f8b/) kind = "gzip"
        else if (/^fd377a585a00/) kind = "xz"
        else if (/^28b52ffd/) kind = "zstd"
        else if (/^425a68/) kind = "bzip2"
        else if (/^504b0304/ || /^504b0506/) kind = "zip"
        else if (substr($0, 129, 8) == "7f10dabe") kind = "vdi"
        else if (substr($0, 515, 10) == "7573746172") kind = "tar"
        else if (substr($0, 1021, 4) == "55aa") kind = "raw"
        print kind
    }'
}

# format_of FILE: the same of a whole file. A VHD of fixed size tells itself at its end alone.
format_of() {
    kind=$(kind_of <"$1")
    [ "$kind" != raw ] || [ "$(tail -c 512 "$1" | head -c 8 | tr -d '\0')" != conectix ] || kind=vpc
    printf '%s\n' "$kind"
}

# iso_format_of FILE: iso, the name of a wrapper that may hold one, or nothing. ISO 9660 has its mark behind sixteen sectors that
# are a boot loader's, so that by its first one it may be a raw disk, too. https://wiki.osdev.org/ISO_9660#Volume_Descriptors
iso_format_of() {
    if [ "$(od -An -v -tx1 -j 32769 -N 5 "$1" 2>/dev/null | tr -d ' ')" = 4344303031 ]; then
        echo iso
    else
        format_of "$1" | grep -xE 'gzip|xz|zstd|bzip2|tar|zip' || true
    fi
}

# disk_info FILE FORMAT: what qemu-img says of it, in JSON. By this name the file is told from others that it may name.
disk_info() { timeout 60 qemu-img info -f "$2" --output=json /proc/self/fd/9 9<"$1"; }

# stands_alone INFO: an image that names another file would show a guest any file of the host.
stands_alone() {
    ! printf '%s\n' "$1" | grep -vF '"filename": "/proc/self/fd/9"' | grep -qE '"(filename|backing-filename|data-file)": '
}
