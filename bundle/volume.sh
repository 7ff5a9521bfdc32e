#!/bin/sh
# bundle/volume.sh TREE RECIPE IMAGE: a file system to be read only, of a tree; equal trees give equal images.
set -eu
tree=$1 recipe=$2 image=$3
uuid=$(echo "$recipe" | sed 's/^\(.\{8\}\)\(.\{4\}\).\(.\{3\}\).\(.\{3\}\)\(.\{12\}\).*/\1-\2-4\3-8\4-\5/')
find "$tree" -exec touch --no-dereference --date=@0 {} +
chmod -R u=rwX,go=rX "$tree"
size=$(($(du -sk "$tree" | cut -f1) * 103 / 100 + 4096))
rm -f "$image"
E2FSPROGS_FAKE_TIME=1 mke2fs -q -t ext4 -L kubernetes -U "$uuid" -O '^has_journal,^resize_inode' -m 0 -N 256 \
	-E "hash_seed=$uuid,root_owner=0:0" -d "$tree" "$image" "${size}k"
