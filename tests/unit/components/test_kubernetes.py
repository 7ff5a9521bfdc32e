"""What a cluster registers: who waits for whom, who gets which files, and what makes another cluster of it."""

import pulumi

from components import kubernetes_pki
from components.kubernetes import KubernetesCluster, KubernetesClusterArgs, shown
from tests.unit.components.arguments import SEED, cluster_args, node
from tests.unit.mocks import Registered, Secret, run

FIRST, WORKER, READY = "Command it-control-plane-1", "Command it-worker-1", "Command it-ready"


def made(args: KubernetesClusterArgs) -> dict[str, Registered]:
    """All that a cluster registers."""
    return run(lambda: KubernetesCluster("it", args)).resources


def stdin(resource: Registered) -> str:
    """What a command is sent, which is a secret."""
    sent = resource.inputs["stdin"]
    assert isinstance(sent, Secret)
    return str(sent.value)


def test_workers_wait_for_the_control_plane_and_the_end_for_all() -> None:
    """Each by its trigger as well, so that a new control plane is another cluster."""
    found = made(cluster_args())
    assert found[WORKER].inputs["triggers"][:2] == ["worker-1-id", "it-control-plane-1-id"]
    assert found[FIRST].inputs["triggers"][0] == "control-plane-1-id"
    assert {"it-control-plane-1", "it-worker-1"} <= found[READY].depends_on
    # It starts while guests boot, whose turn it need not wait for.
    assert found[FIRST].inputs["environment"]["IS_FIRST"] == "1"
    assert "IS_FIRST" not in found[WORKER].inputs["environment"]


def test_control_planes_join_one_after_another() -> None:
    """As etcd takes its members; a worker waits for the first alone, and nobody is another node for another's sake."""
    args = cluster_args()
    first, *workers = args["nodes"]
    more = [node(f"control-plane-{number}", f"10.20.7.{10 + number}", is_control_plane=True) for number in (2, 3)]
    found = made({**args, "nodes": [first, *more, *workers]})
    third = found["Command it-control-plane-3"]
    assert "it-control-plane-2" in third.depends_on
    assert third.inputs["triggers"][:2] == ["control-plane-3-id", "it-control-plane-1-id"]
    assert not {"it-control-plane-2", "it-control-plane-3"} & found[WORKER].depends_on


def test_only_control_planes_get_the_authorities() -> None:
    """A worker gets its own serving key, and the hash of whom to trust."""
    found = made(cluster_args())
    authority = kubernetes_pki.authority(SEED, "lab")
    assert "node/pki/ca.key" in stdin(found[FIRST])
    sent = stdin(found[WORKER])
    assert "node/pki" not in sent
    assert "node/serving/serving.key" in sent
    assert authority.key_hash in sent
    assert "node/pki" not in stdin(found[READY])


def test_a_worker_more_changes_nothing_of_the_others() -> None:
    """Only the last look has another list."""
    args = cluster_args()
    before = made(args)
    after = made({**args, "nodes": [*args["nodes"], node("worker-2", "10.20.7.4")]})
    for name in (FIRST, WORKER):
        assert before[name].inputs == after[name].inputs
    assert after[READY].inputs["environment"]["CLUSTER_NODES"] == "control-plane-1 worker-1 worker-2"


def test_what_a_cluster_cannot_be_changed_in() -> None:
    """Triggers of its first node, and by that of all."""
    args = cluster_args()
    before = made(args)[FIRST].inputs["triggers"]
    others: list[KubernetesClusterArgs] = [
        {**args, "pod_cidr": "10.245.0.0/16"},
        {**args, "service_cidr": "10.97.0.0/16"},
        {**args, "version": "1.35.5"},
        {**args, "proxy_mode": "iptables"},
    ]
    for other in others:
        assert made(other)[FIRST].inputs["triggers"] != before
    same: list[KubernetesClusterArgs] = [{**args, "manifests": {}}, {**args, "cert_sans": ["k8s.home.arpa"]}]
    for other in same:
        assert made(other)[FIRST].inputs["triggers"] == before
        assert stdin(made(other)[FIRST]) != stdin(made(args)[FIRST])


def test_without_a_seed_what_is_visible_stands_for_what_is_sent() -> None:
    """A preview that knows no secret still sees a change."""
    args = cluster_args()
    del args["seed"]
    assert stdin(made(args)[WORKER]) == stdin(made(args)[FIRST])
    assert stdin(made({**args, "manifests": {}})[WORKER]) != stdin(made(args)[WORKER])


def test_what_is_shown_has_no_secret() -> None:
    """Manifests by a digest, nodes by what config says of them."""
    told = shown(cluster_args())
    assert told["manifests"] == {"10-flannel.yaml": "sha256:" + str(told["manifests"]).split("sha256:")[1][:12]}
    assert told["nodes"] == {
        "control-plane-1": {
            "address": "10.20.7.2",
            "role": "control-plane",
            "labels": {"disk": "big"},
            "taints": ["dedicated=db:NoSchedule"],
        },
        "worker-1": {
            "address": "10.20.7.3",
            "role": "worker",
            "labels": {"disk": "big"},
            "taints": ["dedicated=db:NoSchedule"],
        },
    }


def test_the_api_is_known_before_there_is_one() -> None:
    """And so is who its admin is."""
    outputs = made(cluster_args())["KubernetesCluster it"].outputs
    assert outputs is not None
    assert outputs["api"] == "https://10.20.7.2:6443"
    assert outputs["kubeconfig"] == Secret(kubernetes_pki.kubeconfig(SEED, "lab", "https://10.20.7.2:6443"))
    assert not isinstance(outputs["api"], pulumi.Output)
