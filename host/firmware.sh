# shellcheck shell=sh
# UEFI firmware: what the host has of it, and whether an image can be started by it.

# firmware_of DIRECTORY...: `uefi` and `uefi-secure`, a line each, as the descriptors there tell.
# https://gitlab.com/qemu-project/qemu/-/blob/master/docs/interop/firmware.json
firmware_of() {
    for directory in "$@"; do
        for file in "$directory"/*.json; do
            [ -r "$file" ] || continue
            tr -d ' \n' <"$file" | awk '!/"x86_64"/ || !/"uefi"/ { next }
                /"secure-boot"/ && /"enrolled-keys"/ { print "uefi-secure" }
                !/"secure-boot"/ && !/"enrolled-keys"/ && !/"mode":"stateless"/ { print "uefi" }'
        done
    done | sort -u
}

# has_esp IMAGE FORMAT: whether its partition table has an EFI system partition, without which UEFI finds nothing to start.
# In GPT by its type, in MBR by its number: https://uefi.org/specs/UEFI/2.10/05_GUID_Partition_Table_Format.html
has_esp() {
    table=$(mktemp) || return 1
    # 34 sectors are the MBR, GPT's head, and room for 128 partitions.
    qemu-img dd -U -f "$2" -O raw bs=512 count=34 "if=$1" "of=$table" >/dev/null 2>&1 || true
    od -An -v -tx1 "$table" | tr -d ' \n' | awk '
        { gpt = index(substr($0, 1025), "28732ac11ff8d211ba4b00a0c93ec93b") }
        { for (entry = 0; entry < 4; entry++) if (substr($0, 2 * (446 + 16 * entry + 4) + 1, 2) == "ef") mbr = 1 }
        END { exit !(gpt || mbr) }' && answer=0 || answer=1
    rm -f "$table"
    return "$answer"
}
