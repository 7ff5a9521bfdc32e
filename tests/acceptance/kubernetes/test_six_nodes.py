"""The flagship: six nodes from nothing, several times in a row, and what happens to them in their life. One story.

`make acceptance-kubernetes` runs it; on two CPUs without KVM each round takes 15 to 17 minutes, the rest half an hour.
"""

import os
import re
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.kubernetes.workload import deploy, used
from tests.acceptance.tell import tell
from tests.e2e.cluster import Cluster, eventually
from tests.e2e.lab import host, run

pytestmark = [pytest.mark.usefixtures("libvirt"), pytest.mark.timeout(7200)]

STACK = "acc-six"
WORKERS = 5
ROUNDS = int(os.environ.get("KVMLAB_CLUSTERS", "3"))


@pytest.fixture(scope="module")
def found() -> dict[str, list[str]]:
    """The host before the lab."""
    Cluster(STACK, "10.20.61.0/24").sweep()
    return host()


@pytest.fixture(scope="module")
def cluster(found: dict[str, list[str]]) -> Iterator[Cluster]:
    """A lab that is not there yet."""
    assert STACK not in found["pools"]
    lab = Cluster(STACK, "10.20.61.0/24")
    yield lab
    lab.remove()


def memory() -> tuple[int, int]:
    """Of the guests' processes together, in MiB; and how many they are."""
    sizes = [
        int(re.findall(r"VmRSS:\s+(\d+)", Path(f"/proc/{pid}/status").read_text("utf-8"))[0])
        for pid in run("pgrep", "-f", f"^[^ ]*qemu-system.*guest={STACK}-").stdout.split()
    ]
    return sum(sizes) // 1024, len(sizes)


@pytest.mark.parametrize("number", range(1, ROUNDS + 1))
def test_six_nodes_from_nothing(cluster: Cluster, number: int) -> None:
    """No manual act: one `make up`, and all of them are Ready, names are served, and pods reach each other."""
    if cluster.file.exists():
        cluster.make("destroy")
    cluster.ask(WORKERS)
    began = time.monotonic()
    said = cluster.make("up")
    took = time.monotonic() - began
    cluster.make("kubeconfig")
    cluster.is_ready(WORKERS)
    used_mib, processes = memory()
    assert processes == WORKERS + 1
    again = set(re.findall(r"worker-\d has joined, at try \d", said))
    tell(f"round {number}: six nodes in {took:.0f} s, {used_mib} MiB of memory, {len(again)} joins tried again")


def test_a_second_up_changes_nothing(cluster: Cluster) -> None:
    """Nor does a look at the hosts."""
    assert cluster.changes() == {}


def test_a_worker_more_is_all_that_is_touched(cluster: Cluster) -> None:
    """Case C36: every token has gone since; one that is for certificates is neither used nor taken away."""
    first = cluster.address("control-plane-1")
    create = "sudo kubeadm --kubeconfig /etc/kubernetes/admin.conf token create --ttl 2h --usages authentication"
    other = cluster.ssh("control-plane-1", create).split(".")[0]
    deploy(cluster)
    cluster.ask(WORKERS + 1)
    changes = cluster.changes()
    assert {name.rpartition("::")[2] for name in changes if "worker-6" not in name} <= {
        "kubernetes",
        "kubernetes-ready",
        "network-network",
        "network",
        "access-ssh",
        "access",
        "lab-acc-six",
    }, changes
    with used(first) as user:
        cluster.make("up")
    assert not user.failures
    cluster.is_ready(WORKERS + 1)
    assert other in cluster.ssh("control-plane-1", "sudo kubeadm --kubeconfig /etc/kubernetes/admin.conf token list")


def test_workers_go_when_their_pods_have_gone(cluster: Cluster) -> None:
    """Two at once: the application is served all the time."""
    first = cluster.address("control-plane-1")
    cluster.ask(WORKERS - 1)
    with used(first) as user:
        said = cluster.make("up")
    assert not user.failures
    assert set(re.findall(r"worker-\d has left the cluster", said)) == {
        "worker-5 has left the cluster",
        "worker-6 has left the cluster",
    }
    cluster.is_ready(WORKERS - 1)
    assert run("virsh", "-q", "domstate", f"{STACK}-worker-6").returncode != 0


def test_a_node_is_made_anew(cluster: Cluster) -> None:
    """It leaves, its guest is another one, and it joins by the same name."""
    first = cluster.address("control-plane-1")
    before = cluster.objects("nodes")
    (urn,) = re.findall(r"\S+::worker-2-guest\b", cluster.pulumi("stack", "--show-urns").stdout)
    with used(first) as user:
        done = cluster.pulumi("up", "--yes", "--skip-preview", "--non-interactive", "--replace", urn)
    assert done.returncode == 0, done.stdout
    assert not user.failures
    cluster.is_ready(WORKERS - 1)
    uids = [
        {node["metadata"]["name"]: node["metadata"]["uid"] for node in nodes}
        for nodes in (before, cluster.objects("nodes"))
    ]
    assert [name for name in uids[1] if uids[0][name] != uids[1][name]] == ["worker-2"]


def test_a_run_is_killed_while_a_node_joins(cluster: Cluster) -> None:
    """The next one ends what it has begun."""
    cluster.ask(WORKERS)
    cluster.kill_during("up", r"worker-5: joins the cluster")
    cluster.pulumi("cancel", "--yes")
    cluster.make("up")
    cluster.is_ready(WORKERS)
    assert cluster.changes() == {}


def test_libvirtd_restarts_while_a_node_starts(cluster: Cluster) -> None:
    """Guests run on, and so does the run."""
    cluster.ask(WORKERS - 1)
    cluster.make("up")
    cluster.ask(WORKERS)

    def restart() -> None:
        subprocess.run(["pkill", "-x", "libvirtd"], check=True)
        # Without systemd nobody else does.
        eventually(60, "libvirtd does not come back", lambda: run("host/setup.sh", "start").returncode == 0)

    cluster.act_during("up", r"worker-5: (booting|no SSH yet)", restart)
    cluster.is_ready(WORKERS)


def test_a_worker_is_powered_off_hard(cluster: Cluster) -> None:
    """It comes back by itself once it is started, and pods reach it again."""
    domain = f"{STACK}-worker-1"
    assert run("virsh", "destroy", domain).returncode == 0
    eventually(300, "not seen to be gone", lambda: cluster.nodes()["worker-1"] != "True")
    assert run("virsh", "start", domain).returncode == 0
    eventually(600, "not Ready again", lambda: cluster.nodes()["worker-1"] == "True")
    assert cluster.changes() == {}


def test_metrics_server_comes_to_all_of_them(cluster: Cluster) -> None:
    """A lab that runs takes the option, by its first control plane, and nothing else is touched."""
    cluster.ask(WORKERS, metricsServer=True)
    changes = {name.rpartition("::")[2] for name in cluster.changes()}
    assert "kubernetes-control-plane-1" in changes
    assert not {name for name in changes if "worker" in name or name.startswith("control-plane")}
    cluster.make("up")
    names = set(cluster.nodes())
    eventually(900, "not all are measured", lambda: {line.split()[0] for line in cluster.measured()} == names)
    assert len(names) == WORKERS + 1


def test_a_worker_that_is_lost_leaves(cluster: Cluster) -> None:
    """As soon as one sees that it does not come back, whether the cluster has noticed or not."""
    assert run("virsh", "destroy", f"{STACK}-worker-5").returncode == 0
    cluster.ask(WORKERS - 1, metricsServer=True)
    said = cluster.make("up")
    assert "worker-5: was not reset, since it does not answer" in said
    assert "worker-5 has left the cluster" in said
    cluster.is_ready(WORKERS - 1)
    assert cluster.changes() == {}


def test_destroy_leaves_the_host_as_found(cluster: Cluster, found: dict[str, list[str]]) -> None:
    """Nothing drains: nothing has a place to go to."""
    said = cluster.make("destroy")
    assert "is drained" not in said
    assert host() == found
