#!/bin/sh
# bundle/fetch.sh OUT: what compile.sh makes, as far as it is not in the projects' images: their own releases, with their checksums.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
out=$1
# shellcheck source=bundle/versions.env
. "$here/versions.env"
mkdir -p "$out/cni"

# A mirror has each server's paths under the server's name; the tests serve from one.
address() { case ${KVMLAB_BUNDLE_MIRROR:-} in '') echo "https://$1" ;; *) echo "$KVMLAB_BUNDLE_MIRROR/$1" ;; esac; }

get() { # SERVER/PATH FILE
	curl --fail --silent --show-error --location --proto '=https,http' --proto-redir '=https' --connect-timeout 10 \
		--speed-limit 1000 --speed-time 60 --output "$2" "$(address "$1")"
}

fetch() { # SERVER/PATH FILE: with the checksum that is published beside it
	echo "fetching $1"
	get "$1" "$2"
	get "$1.sha256" "$2.sha256"
	expected=$(cut -d ' ' -f 1 "$2.sha256") actual=$(sha256sum "$2" | cut -d ' ' -f 1)
	[ "$actual" = "$expected" ] || { echo "$1: its sha256 must be $expected, got $actual; it is not used" >&2; exit 1; }
	rm "$2.sha256"
}

for program in kubeadm kubectl kubelet; do
	fetch "dl.k8s.io/release/v$KUBERNETES_VERSION/bin/linux/amd64/$program" "$out/$program"
	chmod 755 "$out/$program"
done
plugins=cni-plugins-linux-amd64-v$CNI_VERSION.tgz
fetch "github.com/containernetworking/plugins/releases/download/v$CNI_VERSION/$plugins" "$out/$plugins"
tar -C "$out/cni" -xzf "$out/$plugins" ./bridge ./host-local ./loopback ./portmap
rm "$out/$plugins"
