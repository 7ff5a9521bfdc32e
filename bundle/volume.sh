#!/bin/sh
# bundle/volume.sh TREE RECIPE IMAGE: a file system to be read only, of a tree; equal trees give equal images.
set -eu
tree=$1 recipe=$2 image=$3
uuid=$(echo "$recipe" | sed 's/^\(.\{8\}\)\(.\{4\}\).\(.\{3\}\).\(.\{3\}\)\(.\{12\}\).*/\1-\2-4\3-8\4-\5/')
find "$tree" -exec touch --no-dereference --date=@0 {} +
chmod -R u=rwX,go=rX "$tree"
size=$(($(find "$tree" -type f -printf '%s\n' | awk '{ kib += int($1 / 4096) * 4 + 4 } END { print kib }') * 103 / 100 + 4096))
rm -f "$image"
E2FSPROGS_FAKE_TIME=1 mke2fs -q -t ext4 -b 4096 -L kubernetes -U "$uuid" -O '^has_journal,^resize_inode' -m 0 -N 256 \
	-E "hash_seed=$uuid,root_owner=0:0" -d "$tree" "$image" "${size}k"
# mke2fs takes over when each file of the tree was read and changed.
(cd "$tree" && find . -printf '%P\n') | LC_ALL=C sort | while read -r path; do
	for field in atime ctime crtime; do
		printf 'set_inode_field "/%s" %s @1\nset_inode_field "/%s" %s_extra 0\n' "$path" $field "$path" $field
	done
done >"$image.times"
E2FSPROGS_FAKE_TIME=1 debugfs -w -f "$image.times" "$image" 2>"$image.log" >/dev/null
rm "$image.times" "$image.log"
