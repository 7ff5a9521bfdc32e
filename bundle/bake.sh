#!/bin/sh
# bundle/bake.sh TREE ARCHIVE [NAME...]: container images into a node's tree, by the tree's own containerd, so that no node unpacks any:
# those of an archive, and others by name from their registries, where every part is checked against its digest.
# Its mounts end with the script: it has a mount namespace of its own.
set -eu
[ "${KVMLAB_BAKE:-}" = inside ] || KVMLAB_BAKE=inside exec unshare --mount --propagation private "$0" "$@"
tree=$1 archive=$2
shift 2

mkdir -p "$tree/dev"
mount -t proc proc "$tree/proc"
mount -t sysfs -o ro sys "$tree/sys"
mount --rbind /dev "$tree/dev"
mount -t tmpfs run "$tree/run"
mount -t tmpfs tmp "$tree/tmp"
mkdir "$tree/run/bake"
touch "$tree/run/bake/images.tar"
mount --bind "$archive" "$tree/run/bake/images.tar"
# With its defaults, but for what serves pods.
cat >"$tree/run/bake/config.toml" <<TOML
version = 2
disabled_plugins = ["io.containerd.grpc.v1.cri", "io.containerd.internal.v1.opt"]
TOML

chroot "$tree" containerd --config /run/bake/config.toml --address /run/bake/socket --state /run/bake/state >"$tree/run/bake/log" 2>&1 &
containerd=$!
inside() { chroot "$tree" ctr --address /run/bake/socket --namespace k8s.io "$@"; }
tries=0
until inside version >/dev/null 2>&1; do
	tries=$((tries + 1))
	if [ $tries -gt 100 ] || ! kill -0 $containerd; then
		cat "$tree/run/bake/log" >&2
		exit 1
	fi
	sleep 0.1
done
inside images import /run/bake/images.tar
# Registries are found as on this machine.
mkdir -p "$tree/run/systemd/resolve" "$tree/run/bake/hosts"
cp /etc/resolv.conf "$tree/run/systemd/resolve/stub-resolv.conf"
for image in "$@"; do
	if [ -n "${KVMLAB_BUNDLE_MIRROR:-}" ]; then
		registry=$tree/run/bake/hosts/${image%%/*}
		mkdir -p "$registry"
		printf '[host."%s"]\ncapabilities = ["pull", "resolve"]\noverride_path = true\n' "$KVMLAB_BUNDLE_MIRROR/${image%%/*}/v2" >"$registry/hosts.toml"
	fi
	echo "pulling $image"
	inside images pull --platform linux/amd64 --hosts-dir /run/bake/hosts "$image" </dev/null >"$tree/run/bake/pulled" 2>&1 || {
		cat "$tree/run/bake/pulled" >&2
		exit 1
	}
done
for image in $(inside images list -q); do
	# As the CRI labels what it pulled itself; it never removes what is pinned.
	pinned=
	case $image in */pause:*) pinned=io.cri-containerd.pinned=pinned ;; esac
	# shellcheck disable=SC2086 # a word or none
	inside images label "$image" io.cri-containerd.image=managed $pinned
done
kill $containerd
wait $containerd || :
