#!/bin/sh
# A node of a Kubernetes cluster, from a guest that is ready; steps of host/kubernetes_node.sh, over SSH to the guests.
# On stdin come the lab's SSH key and the files for a node below node/, packed: secrets, never in argv.
# usage: kubernetes.sh init|join|leave|ready
# environment: NODE ADDRESS HOST_KEY (of the node) NODE_ADDRESS (in the cluster) API_ADDRESS API_HOST_KEY (of the first control
#              plane) LOGIN ACCELERATOR NODE_SECONDS (until it must be done) ENDPOINT (the API servers' name) ENDPOINT_ADDRESSES
#              CLUSTER (its lab) SERVICE_CIDR, and optionally NODE_LABELS NODE_TAINTS (as kubectl has them)
#              CLUSTER_BIRTH (of the first control plane: what its cluster cannot be changed in, as words) POOL_PATH (where that is kept)
#              CLUSTER_NODES (names, for ready) AT_ONCE IS_FIRST (1) KVMLAB_DESTROYS (not empty: the whole lab goes, and no pod need find
#              another place)
set -eu
. host/lib.sh
. host/turns.sh
: "${NODE_LABELS:=}" "${NODE_TAINTS:=}" "${CLUSTER_NODES:=}" "${CLUSTER_BIRTH:=}" "${POOL_PATH:=}"

started=$(date +%s)
left() { echo $((started + NODE_SECONDS - $(date +%s))); }

# step ADDRESS WORD...: of kubernetes_node.sh; 255 where that node does not answer. Only the node that the files are of gets them.
step() {
    to=$1
    shift
    files=$work/node
    [ "$to" = "$ADDRESS" ] || files=$work/script
    words=
    for word in "$@"; do words="$words '$word'"; done
    # shellcheck disable=SC2016 # expanded in the guest
    there='umask 077; to=$(mktemp -d /run/kvmlab.XXXXXX) && tar -xof - -C "$to" && sh "$to/kubernetes_node.sh"'"$words"'; status=$?; rm -rf "$to"; exit $status'
    tar -cf - -C "$PWD/host" kubernetes_node.sh -C "$files" . |
        timeout --foreground "$(($(left) > 0 ? $(left) : 1))" ssh -F none -i "$work/key" -o IdentitiesOnly=yes -o BatchMode=yes \
            -o ConnectTimeout=10 -o StrictHostKeyChecking=yes -o UserKnownHostsFile="$work/known_hosts" -o GlobalKnownHostsFile=none \
            -o ServerAliveInterval=15 -o ServerAliveCountMax=12 -o LogLevel=ERROR "$LOGIN@$to" "sudo -n sh -c $(quoted "$there")"
}

# quoted TEXT: for a shell.
quoted() { printf "'%s'" "$(printf '%s' "$1" | sed "s/'/'\\\\''/g")"; }

# said STEP: what went wrong.
said() { tr -d '\r' <"$work/errors" | sed "s/^$NODE: //" | grep . || echo "$1 failed without a word"; }

# must ADDRESS WORD...: a login that is lost is tried again; each step converges.
must() {
    for _ in 1 2 3 4 5; do
        status=0
        step "$@" 2>"$work/errors" || status=$?
        [ "$status" -eq 255 ] || break
        [ "$(left)" -gt 0 ] || break
        sleep 3
    done
    case $status in
        0) ;;
        124) die "$NODE: $2 must be done within $NODE_SECONDS s, got no end; look at /var/log/kvmlab-kubernetes.log there, or raise readyTimeout" ;;
        *) die "$NODE: $(said "$2")" ;;
    esac
}

settle() { must "$API_ADDRESS" settle "$NODE" "$1" "$NODE_LABELS" "$NODE_TAINTS"; }

# Joins and the first start keep the host busy, as the guests' boots do, so they take turns with those. That a node is Ready is
# waited for without one: its pods start meanwhile, which takes as long and leaves the host idle.
init() {
    take_turn "$NODE"
    tell 'its control plane starts'
    must "$ADDRESS" init "$ENDPOINT" "$ENDPOINT_ADDRESSES" "$NODE_ADDRESS" "$SERVICE_CIDR"
    end_turn
    # shellcheck disable=SC2086 # words
    printf '%s\n' $CLUSTER_BIRTH "address=$NODE_ADDRESS" >"$POOL_PATH/$CLUSTER.cluster"
    settle -
}

join() {
    # A node that joins waits for its API server for a good part of the time: two at once left two CPUs idle by two fifths. Guests
    # that are yet to boot have the longer way to go.
    AT_ONCE=$((2 * $(at_once)))
    take_turn "$NODE" last
    tell 'joins the cluster'
    is_joined=$(must "$ADDRESS" joined) || exit
    token=-
    if [ -z "$is_joined" ]; then
        token=$(must "$API_ADDRESS" token "$NODE" "$(member)") || exit
        printf '%s\n' "$token" >"$work/node/token"
    fi
    must "$ADDRESS" join "$NODE" "$ENDPOINT" "$ENDPOINT_ADDRESSES" "$NODE_ADDRESS" "$SERVICE_CIDR"
    end_turn
    settle "${token%%.*}"
}

ready() {
    tell 'every node is waited for'
    must "$ADDRESS" ready "$CLUSTER_NODES"
}

# member: the address of this node's etcd; nothing of a worker.
member() { case " $ENDPOINT_ADDRESSES " in *" $NODE_ADDRESS "*) echo "$NODE_ADDRESS" ;; esac; }

# leave: pods find another place before the node goes, and etcd is asked whether it can do without a control plane.
leave() {
    [ -z "$CLUSTER_BIRTH" ] || rm -f "$POOL_PATH/$CLUSTER.cluster"
    [ -z "${KVMLAB_DESTROYS:-}" ] || { ok "$NODE goes with its cluster" && return; }
    tell 'leaves the cluster'
    [ "$ADDRESS" = "$API_ADDRESS" ] || must "$API_ADDRESS" drain "$NODE" "$(member)"
    status=0
    step "$ADDRESS" reset 2>"$work/errors" || status=$?
    case $status in
        0) ;;
        255) note "$NODE: was not reset, since it does not answer" ;;
        *) note "$NODE: was not reset, got: $(said reset)" ;;
    esac
    [ "$ADDRESS" = "$API_ADDRESS" ] || must "$API_ADDRESS" forget "$NODE"
    changed "$NODE has left the cluster"
}

# tell WHAT: a line every 10 s until the script ends, which it does as soon as nobody waits for it. A node goes on by itself.
tell() {
    (
        while sleep 10 >/dev/null 2>&1 3>&- 8>&- 9>&-; do
            report "$NODE: $1 ($(($(date +%s) - started)) s)"
        done
    ) &
    teller=$!
}

umask 077
teller=
alone "$CLUSTER-$NODE-kubernetes"
work=$(mktemp -d)
# KILL: a teller that is not a moment old loses any other signal, as in lib.sh, and whoever reads this would wait for its end.
trap '[ -z "$teller" ] || kill -KILL "$teller" 2>/dev/null || true; rm -rf "$work"' EXIT
mkdir "$work/node" "$work/script"
for directory in pki/etcd serving patches manifests; do mkdir -p "$work/node/$directory"; done
unpack "$work"
# A worker has nothing of etcd's.
rmdir "$work/node/pki/etcd" 2>/dev/null || true
printf '%s %s\n' "$ADDRESS" "$HOST_KEY" "$API_ADDRESS" "$API_HOST_KEY" >"$work/known_hosts"
"$1"
