#!/bin/sh
# The same cluster by hand: one guest after another boots beside the control plane's start, then nodes join, two at once for each
# of the machine's CPUs; last, the probe. No checks, and no retries but of a join. The floor of `make up` for a lab of kind kubernetes.
# usage: bare_cluster.sh make|remove|join NODE
# environment: DIRECTORY (base.qcow2, network.xml, ssh_config, NODE.xml, NODE.iso, and each node's files in nodes/NODE are there) NETWORK
set -eu
export LIBVIRT_DEFAULT_URI=qemu:///system
first=control-plane-1
services=10.96.0.0/16
workers=$(cd "$DIRECTORY/nodes" && printf '%s\n' worker-*)
api=$(awk '$1 == "HostName" { print $2; exit }' "$DIRECTORY/ssh_config")
endpoint=kubernetes-api.$(sed -n "s/.*<domain name='\([^']*\)'.*/\1/p" "$DIRECTORY/network.xml")

on() {
    to=$1
    shift
    ssh -F "$DIRECTORY/ssh_config" -o BatchMode=yes -o ConnectTimeout=5 -o LogLevel=ERROR "$to" "$@"
}

boot() {
    qemu-img create -q -f qcow2 -b "$DIRECTORY/base.qcow2" -F qcow2 "$DIRECTORY/$1.qcow2" 8G
    virsh -q define "$DIRECTORY/$1.xml"
    virsh -q start "by-hand-$1"
    until on "$1" cloud-init status --wait >/dev/null 2>&1; do sleep 1; done
}

# prepare NODE: its files, the API's name, and the way to services.
prepare() {
    tar -c -C "$DIRECTORY/nodes/$1" . | on "$1" "sudo sh -ec '
        mkdir -p /run/k /etc/kubernetes/pki /etc/kubernetes/patches /var/lib/kubelet/pki /etc/systemd/system/kubelet.service.d
        cd /run/k
        tar -xo
        [ ! -d pki ] || cp -R pki/. /etc/kubernetes/pki
        cp -R serving/. /var/lib/kubelet/pki
        cp -R patches/. /etc/kubernetes/patches
        for unit in containerd kubelet; do
            mkdir -p /etc/systemd/system/\$unit.service.d
            [ ! -e slack.conf ] || cp slack.conf /etc/systemd/system/\$unit.service.d/30-slack.conf
        done
        echo $api $endpoint >>/etc/hosts
        link=\$(ip -o route get $api | sed \"s/.* dev \([^ ]*\) .*/\1/\")
        [ $1 != $first ] || link=\$(ip -o -4 address show to $api | awk \"{ print \\\$2 }\")
        route=\"/sbin/ip route replace $services dev \$link\"
        printf \"[Service]\nExecStartPre=%s\n\" \"\$route\" >/etc/systemd/system/kubelet.service.d/20-services.conf
        systemctl daemon-reload
        \$route
        systemctl start containerd
        [ ! -e slack.conf ] || systemctl restart containerd
    '"
}

# shellcheck disable=SC2016 # expanded in the guest
path='PATH=$PATH:/usr/sbin:/sbin:/opt/kubernetes/bin; export KUBECONFIG=/etc/kubernetes/admin.conf; cd /run/k'

init() {
    prepare "$first"
    on "$first" "sudo sh -ec '$path; kubeadm init --config init.yaml --skip-token-print
        for file in manifests/*; do kubectl apply --server-side -f \$file; done'"
}

join() {
    token=$(on "$first" "sudo sh -ec '$path; kubeadm token create --ttl 30m'")
    # A server that is busy with others may not answer the first question, which kubeadm does not repeat.
    for _ in 1 2 3; do
        prepare "$1"
        ! on "$1" "sudo sh -ec '$path; sed -i s/@TOKEN@/$token/ join.yaml; kubeadm join --config join.yaml'" || return 0
        on "$1" "sudo sh -ec '$path; kubeadm reset --force'"
    done
    return 1
}

make() {
    virsh -q net-define "$DIRECTORY/network.xml"
    virsh -q net-start "$NETWORK"
    (for worker in $workers; do boot "$worker"; done) &
    boots=$!
    boot "$first"
    init
    wait "$boots"
    printf '%s\n' "$workers" | xargs -n 1 -P $((2 * $(nproc))) "$0" join
    tar -c -C "$DIRECTORY/nodes/ready" probe.yaml | on "$first" "sudo tar -xo -C /run/k"
    on "$first" "sudo sh -ec '$path
        kubectl wait --for=condition=Ready node --all --timeout=600s
        kubectl rollout status -n kube-system deployment/coredns --timeout=600s
        kubectl apply -f probe.yaml
        kubectl rollout status -n kube-system daemonset/kvmlab-probe --timeout=600s
        kubectl delete -f probe.yaml --cascade=foreground'"
}

remove() {
    for node in "$first" $workers; do
        virsh -q destroy "by-hand-$node" >/dev/null 2>&1 || true
        virsh -q undefine "by-hand-$node" >/dev/null 2>&1 || true
        rm -f "$DIRECTORY/$node.qcow2"
    done
    virsh -q net-destroy "$NETWORK" >/dev/null 2>&1 || true
    virsh -q net-undefine "$NETWORK" >/dev/null 2>&1 || true
}

"$@"
