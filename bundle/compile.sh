#!/bin/sh
# bundle/compile.sh OUT: all programs of a bundle as static binaries, from the Go modules that go/*/go.sum pins.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
out=$1
# shellcheck source=bundle/versions.env
. "$here/versions.env"
# A user's own flags and workspace would make other binaries; the proxy and its checksum database stay the machine's.
export GOFLAGS=-mod=readonly GOWORK=off GOAMD64=v1 CGO_ENABLED=0

compile() { # MODULE FILE PACKAGE [LDFLAGS [TAGS]]
	begun=$(date +%s)
	echo "compiling $2"
	go build -C "$here/go/$1" -trimpath -buildvcs=false -tags "${5:-}" -ldflags "-s -w ${4:-}" -o "$out/$2" "$3"
	echo "compiled $2 in $(($(date +%s) - begun)) s"
}

series=${KUBERNETES_VERSION%.*}
stamps=
for package in k8s.io/component-base/version k8s.io/client-go/pkg/version; do
	stamps="$stamps -X $package.gitVersion=v$KUBERNETES_VERSION -X $package.gitTreeState=clean -X $package.gitCommit="
	stamps="$stamps -X $package.gitMajor=${series%.*} -X $package.gitMinor=${series#*.}"
done
for program in kubeadm kubectl kubelet kube-apiserver kube-controller-manager kube-scheduler kube-proxy; do
	compile kubernetes $program k8s.io/kubernetes/cmd/$program "$stamps" selinux,notest,grpcnotrace
done
compile etcd etcd go.etcd.io/etcd/server/v3
compile etcd etcdctl go.etcd.io/etcd/etcdctl/v3
compile coredns coredns github.com/coredns/coredns
compile metrics-server metrics-server sigs.k8s.io/metrics-server/cmd/metrics-server \
	"-X k8s.io/client-go/pkg/version.gitVersion=v$METRICS_SERVER_VERSION"
compile pause pause . "-X main.version=$PAUSE_VERSION"
plugins=github.com/containernetworking/plugins
version=$plugins/pkg/utils/buildversion.BuildVersion
for plugin in main/bridge main/loopback ipam/host-local meta/portmap; do
	compile cni "cni/${plugin#*/}" $plugins/plugins/$plugin "-X $version=v$CNI_VERSION"
done
compile flannel-cni cni/flannel $plugins/plugins/meta/flannel "-X $version=v$FLANNEL_CNI_VERSION"
# Its udp backend is C.
CGO_ENABLED=1 compile flannel flanneld github.com/flannel-io/flannel \
	"-linkmode external -extldflags -static -X github.com/flannel-io/flannel/pkg/version.Version=v$FLANNEL_VERSION" netgo,osusergo
