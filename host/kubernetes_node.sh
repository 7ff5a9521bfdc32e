#!/bin/sh
# Steps of a cluster's life on a node of it, as root, from a directory with the files that kubernetes.sh has sent.
# What kubeadm says goes to a log of its own on the node; here come one line an outcome, and what went wrong.
# usage: kubernetes_node.sh init ENDPOINT ADDRESSES ADDRESS SERVICES | joined | join NODE ENDPOINT ADDRESSES ADDRESS SERVICES
#        | token NODE MEMBER | settle NODE TOKEN-ID LABELS TAINTS | drain NODE MEMBER | forget NODE | reset | ready NODES
# MEMBER is the address of that node's etcd, empty for a worker.
set -eu
umask 077
cd "$(dirname "$0")"
PATH=$PATH:/usr/sbin:/sbin:/opt/kubernetes/bin LC_ALL=C
export PATH LC_ALL
pki=/etc/kubernetes/pki
log=/var/log/kvmlab-kubernetes.log
errors=$PWD/errors
own=/etc/kubernetes/kvmlab # what we have made of this node, until a reset

die() {
    printf '%s\n' "$*" >&2
    exit 1
}
changed() { printf 'changed: %s\n' "$*"; }

# is_busy: whether the server was; a drain whose own time is over says timeout, too.
is_busy() {
    [ "$status" -ne 0 ] && ! grep -q 'global timeout reached' "$errors" &&
        grep -qi -e timeout -e refused -e unavailable -e connection -e etcdserver "$errors"
}

# admin ARGUMENT...: kubectl, and a server that is too busy for an answer is asked again.
admin() {
    for pause in 2 5 10 20 0; do
        status=0
        kubectl --kubeconfig /etc/kubernetes/admin.conf "$@" 2>"$errors" || status=$?
        cat "$errors" >&2
        is_busy || break
        sleep "$pause"
    done
    return "$status"
}

# logged COMMAND...: its last words are what went wrong.
logged() {
    printf '\n# %s %s\n' "$(date -u +%FT%TZ)" "$1 $2" >>"$log"
    "$@" >>"$log" 2>&1
}
said() { grep -v -e '^\s*$' -e '^command terminated' "$log" | tail -n "${1:-3}"; }

# A killed run's kubeadm may still be at work: it ends when it finds nobody to tell, and then its traces go.
alone() {
    exec 9>/run/kvmlab-kubernetes.lock
    flock -w 900 9 || die "another run is at work on $(hostname)"
}

# ways ENDPOINT ADDRESSES ADDRESS SERVICES: the API servers' name, for whoever is on this node; and a route to services, which
# end on it or on the cluster's network, and never go by the default route, if there is one.
ways() {
    link=$(ip -o -4 address show to "$3" | awk '{ print $2; exit }')
    [ -n "$link" ] || die "$(hostname) must have the address $3, got none of that; look at its NICs"
    mkdir -p /etc/systemd/system/kubelet.service.d
    route="/sbin/ip route replace $4 dev $link src $3"
    printf '[Service]\nExecStartPre=%s\n' "$route" >/etc/systemd/system/kubelet.service.d/20-services.conf
    systemctl daemon-reload
    $route
    lines=$(for address in $2; do printf '%s %s\n' "$address" "$1"; done)
    [ "$(grep -F " $1" /etc/hosts)" != "$lines" ] || return 0
    { grep -vF " $1" /etc/hosts; printf '%s\n' "$lines"; } >/etc/hosts.new
    chmod 644 /etc/hosts.new
    mv /etc/hosts.new /etc/hosts
}

needs() {
    # A boot that was starved of CPU has given up on the disk, which is there by now.
    ! systemctl is-enabled --quiet opt-kubernetes.mount 2>/dev/null || systemctl start opt-kubernetes.mount || true
    for command in kubeadm kubelet kubectl; do
        command -v "$command" >/dev/null || die "$command must be there, got none; see cloud-init status --long on this node"
    done
    systemctl is-active --quiet containerd || systemctl start containerd
}

put_files() {
    mkdir -p "$pki" /var/lib/kubelet/pki /etc/kubernetes/patches
    cp -R pki/. "$pki"
    cp -R serving/. /var/lib/kubelet/pki
    cp -R patches/. /etc/kubernetes/patches
}

# slack: containers have containerd's, which is why it starts anew before there are any.
slack() {
    [ -e slack.conf ] || return 0
    for unit in containerd kubelet; do
        mkdir -p "/etc/systemd/system/$unit.service.d"
        cp slack.conf "/etc/systemd/system/$unit.service.d/30-slack.conf"
    done
    systemctl daemon-reload
    systemctl restart containerd
}

# begun: whether there is anything that kubeadm refuses to find. A join has written some of it before it first asks a server, once.
begun() {
    for trace in /etc/kubernetes/kubelet.conf /etc/kubernetes/bootstrap-kubelet.conf /etc/kubernetes/manifests/*.yaml /var/lib/kubelet/config.yaml; do
        [ ! -e "$trace" ] || return 0
    done
    return 1
}

# clear: nothing of what a run that did not come to its end has left.
clear() {
    begun || return 0
    logged kubeadm reset --force || die "kubeadm reset failed: $(said)"
    rm -rf /etc/cni/net.d/* /etc/kubernetes/pki "$own" /var/lib/cni /run/flannel
    for link in cni0 flannel.1; do ! ip link show "$link" >/dev/null 2>&1 || ip link delete "$link"; done
    for table in ip ip6; do nft delete table "$table" kube-proxy 2>/dev/null || true; done
}

init() {
    alone
    needs
    ways "$1" "$2" "$3" "$4"
    if [ ! -e "$own/done" ]; then
        clear
        put_files
        slack
        logged kubeadm init --config init.yaml --skip-token-print ||
            die "kubeadm init failed, see $log there: $(said 5)"
        mkdir -p "$own"
        : >"$own/done"
        changed "control plane of $(hostname)"
    fi
    names
    manifests
}

# names: of the API server, beside its own: a certificate with others is made anew, and the server takes it while it runs.
# https://kubernetes.io/docs/reference/setup-tools/kubeadm/kubeadm-init-phase/#cmd-phase-certs
names() {
    [ -e init.yaml ] || return 0 # a worker
    [ -e names ] || : >names
    if [ -e "$own/names" ] && ! cmp -s names "$own/names"; then
        rm -f "$pki/apiserver.crt" "$pki/apiserver.key"
        logged kubeadm init phase certs apiserver --config init.yaml || die "the API server's certificate cannot be made, got: $(said)"
        logged kubeadm init phase upload-config kubeadm --config init.yaml || die "the cluster must know its API server's names, got: $(said)"
        changed "names of the API server of $(hostname)"
    fi
    cp names "$own/names"
}

# manifests: in their order, each when the one before is known.
manifests() {
    for file in manifests/*; do
        [ -e "$file" ] || continue
        logged admin apply --server-side --force-conflicts -f "$file" || die "${file##*/} must be what the cluster takes, got: $(said)"
    done
}

etcd() {
    admin exec -n kube-system "etcd-$(hostname)" -- etcdctl --endpoints https://127.0.0.1:2379 \
        --cacert "$pki/etcd/ca.crt" --cert "$pki/etcd/healthcheck-client.crt" --key "$pki/etcd/healthcheck-client.key" "$@"
}

# without NODE MEMBER: etcd goes on by more than half of its members, and one that has gone without a word counts as one of them. It
# refuses to lose one that it needs. By its address, since one that has not started yet has no name.
# https://etcd.io/docs/v3.6/op-guide/runtime-configuration/
without() {
    [ -n "$2" ] || return 0
    members=$(etcd member list 2>>"$log") || die "$1: etcd must tell its members, got: $(said 1)"
    id=$(printf '%s\n' "$members" | awk -F ', ' -v peer="https://$2:2380" '$4 == peer { print $1 }')
    [ -z "$id" ] || logged etcd member remove "$id" ||
        die "$1: etcd must have more than half of its members without it, got: $(said 1); see that the other control planes run"
}

token() {
    # A node of this name that is not there any more must not keep a new one out.
    without "$1" "$2"
    logged admin delete node "$1" --ignore-not-found --wait=false || die "$1: cannot be taken out of the cluster: $(said)"
    kubeadm --kubeconfig /etc/kubernetes/admin.conf token create --ttl 30m --description "join of $1"
}

# joined: whether it has, once what a killed run has begun is at its end.
joined() {
    alone
    [ ! -e "$own/done" ] || echo yes
}

join() {
    alone
    needs
    ways "$2" "$3" "$4" "$5"
    if [ -e "$own/done" ]; then
        names
        return
    fi
    for attempt in 1 2 3; do
        clear
        put_files
        slack
        # Not by an argument, which others on the node could read.
        awk 'FNR == NR { token = $0; next } { gsub(/@TOKEN@/, token) } 1' token join.yaml >joins.yaml
        if logged kubeadm join --config joins.yaml; then
            mkdir -p "$own"
            : >"$own/done"
            names
            changed "$1 has joined${again:-}"
            return
        fi
        again=", at try $((attempt + 1))"
        sleep $((attempt * 5))
    done
    die "kubeadm join failed, see $log there: $(said 5)"
}

# settle NODE TOKEN-ID LABELS TAINTS: what remains to be said of a node that has joined.
settle() {
    [ "$2" = - ] || logged admin delete secret -n kube-system "bootstrap-token-$2" --ignore-not-found || die "$1: its token must go, got: $(said 1)"
    logged admin wait --for=create "node/$1" --timeout=300s || die "$1: must be known to the cluster, got: $(said 1)"
    marks labels "$1" "$3" label
    marks taints "$1" "$4" taint
    admin wait --for=condition=Ready "node/$1" --timeout=600s >>"$log" 2>&1 ||
        die "$1: must be Ready, got: $(admin get node "$1" -o 'jsonpath={.status.conditions[?(@.type=="Ready")].message}')"
    changed "$1 is Ready"
}

# key_of KIND MARK: what one goes by when it is taken away.
key_of() {
    case $1 in
        labels) printf '%s\n' "${2%%=*}" ;;
        *) key=${2%:*} && printf '%s:%s\n' "${key%%=*}" "${2##*:}" ;;
    esac
}

# marks KIND NODE WANTED COMMAND: those of config, and none that config told before.
marks() {
    mkdir -p "$own/$1"
    file=$own/$1/$2
    [ -e "$file" ] || echo >"$file"
    [ "$(cat "$file")" != "$3" ] || return 0
    wanted=" $(for mark in $3; do key_of "$1" "$mark"; done | tr '\n' ' ')"
    gone=
    read -r old <"$file" || true
    for mark in $old; do
        key=$(key_of "$1" "$mark")
        case $wanted in *" $key "*) ;; *) gone="$gone $key-" ;; esac
    done
    # shellcheck disable=SC2086 # words
    logged admin "$4" node "$2" --overwrite $3 $gone || die "$2: its $1 must be taken by the cluster, got: $(said 1)"
    printf '%s\n' "$3" >"$file"
}

# readiness NODE: True, False or Unknown, and nothing of one that the cluster does not know.
readiness() {
    admin get node "$1" --ignore-not-found -o 'jsonpath={.status.conditions[?(@.type=="Ready")].status}' 2>>"$log" ||
        die "$1: the cluster must tell whether it is Ready, got: $(said 1)"
}

# drain NODE MEMBER: nothing is lost with it any more. One that is dead, or dies meanwhile, takes its pods along.
drain() {
    state=$(readiness "$1")
    if [ "$state" = True ]; then
        if logged admin drain "$1" --ignore-daemonsets --delete-emptydir-data --force --timeout=300s; then
            changed "$1 is drained"
        else
            why=$(said 1)
            state=$(readiness "$1")
            [ "$state" != True ] ||
                die "$1: its pods must find another place within 300 s, got: $why; see kubectl get pods -A -o wide, and run again"
        fi
    fi
    without "$1" "$2"
}

forget() {
    logged admin delete node "$1" --ignore-not-found --wait=false || die "$1: must leave the cluster, got: $(said 1)"
    rm -f "$own/labels/$1" "$own/taints/$1"
}

reset() {
    alone
    clear
}

# remove_probe: and its pods; one of a node that has died would be waited for, until that node goes.
remove_probe() {
    logged admin delete -f probe.yaml --ignore-not-found --cascade=foreground --wait=false
    logged admin delete pods -n kube-system -l app=kvmlab-probe --force --grace-period=0
    logged admin delete -f probe.yaml --ignore-not-found --cascade=foreground --timeout=300s
}

# ready NODES: each of them is, names are served, and on each a pod reaches a service by its name and a pod elsewhere.
ready() {
    alone # a killed run's probe goes when it ends
    for node in $1; do
        logged admin wait --for=condition=Ready "node/$node" --timeout=600s || die "$node: must be Ready, got: $(said 1)"
    done
    logged admin rollout status -n kube-system deployment/coredns --timeout=600s || die "CoreDNS: must serve, got: $(said 1)"
    [ -e probe.yaml ] || return 0
    # Nothing of it is to be there for whoever comes next.
    trap remove_probe EXIT
    [ -z "$(admin get daemonset -n kube-system kvmlab-probe --ignore-not-found -o name)" ] ||
        remove_probe || die "what a killed run has left of the probe must go, got: $(said 1)"
    logged admin apply -f probe.yaml || die "the probe must be taken by the cluster, got: $(said 1)"
    logged admin rollout status -n kube-system daemonset/kvmlab-probe --timeout=600s ||
        die "a pod on each node must reach a service by its name and a pod on another node, got:
$(admin get pods -n kube-system -l app=kvmlab-probe -o wide --no-headers)"
    changed "a pod on each node has reached a service by its name, and a pod on another node"
}

step=$1
shift
"$step" "$@"
