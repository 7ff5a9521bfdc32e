"""A Kubernetes lab in this checkout, and what kubectl on this machine sees of it."""

import json
import re
import subprocess
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from tests.e2e.lab import ROOT, Lab, run

NODE = {"memory": "1536MiB", "disk": "8GiB", "shutdownTimeout": "20s"}
"""As little as kubeadm takes; emulated guests share two CPUs."""
CONTROL_PLANE = {**NODE, "cpus": 2, "memory": "2560MiB"}
"""The same of one that runs the API."""


class Cluster(Lab):
    """One stack of kind `kubernetes`, made of the bundle unless it asks for another source."""

    def __init__(self, stack: str, cidr: str, mode: str = "nat") -> None:
        """Name the stack; nothing is made yet.

        Args:
            stack: the lab's.
            cidr: its network's.
            mode: what guests reach.
        """
        super().__init__(stack)
        self.network = {"cidr": cidr, "mode": mode}
        self.networks: Mapping[str, object] = {}
        self.patience = 5400
        self.kubeconfig = ROOT / ".kvmlab" / "kubeconfig" / stack

    def ask(self, workers: int, worker: Mapping[str, object] | None = None, **kubernetes: object) -> None:
        """Write the stack's config.

        Args:
            workers: how many.
            worker: keys of theirs.
            kubernetes: keys of that section.
        """
        section: dict[str, object] = {
            "source": "bundle",
            "controlPlane": CONTROL_PLANE,
            "worker": {**NODE, "count": workers, "cpus": 1, **(worker or {})},
        }
        networks = {"network": self.network, "networks": self.networks}
        self.write({"kind": "kubernetes", **networks, "kubernetes": {**section, **kubernetes}})

    def kubectl(self, *arguments: str, timeout: int = 180) -> str:
        """Run kubectl here, as whoever has the kubeconfig that `make kubeconfig` wrote; what it printed."""
        done = run(*self._as_admin(), *arguments, timeout=timeout)
        assert done.returncode == 0, done.stdout
        return done.stdout.strip()

    def address(self, node: str) -> str:
        """Of a node, as the stack tells it."""
        return json.loads(self.pulumi("stack", "output", "nodes", "--json").stdout)[node]["address"]

    def act_during(self, target: str, pattern: str, act: Callable[[], object]) -> str:
        """Run a make target, and do something once when its output matches; the run must end well all the same."""
        command = ["make", target, f"STACK={self.stack}"]
        process = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        seen, acted = "", False
        for line in process.stdout or ():
            seen += line
            if not acted and re.search(pattern, line):
                act()
                acted = True
        assert process.wait(timeout=60) == 0, seen
        assert acted, f"no line matched {pattern!r} in\n{seen}"
        return seen

    def objects(self, *what: str) -> list[dict[str, Any]]:
        """What `kubectl get` finds."""
        return json.loads(self.kubectl("get", *what, "-o", "json"))["items"]

    def nodes(self) -> dict[str, str]:
        """Whether each node is Ready: `True`, `False`, or `Unknown`."""
        conditions = {node["metadata"]["name"]: node["status"]["conditions"] for node in self.objects("nodes")}
        return {
            name: next(one["status"] for one in found if one["type"] == "Ready") for name, found in conditions.items()
        }

    def measured(self) -> list[str]:
        """A line for each node of which metrics-server knows how busy it is."""
        done = run(*self._as_admin(), "top", "nodes", "--no-headers", timeout=180)
        return done.stdout.splitlines() if done.returncode == 0 else []

    def is_ready(self, workers: int, control_planes: int = 1) -> None:
        """So many nodes are there, all Ready, and nothing of the probe is left."""
        roles = (("worker", workers), ("control-plane", control_planes))
        names = {f"{role}-{number}" for role, count in roles for number in range(1, count + 1)}
        assert self.nodes() == dict.fromkeys(names, "True")
        assert self.kubectl("get", "all", "-A", "-l", "app=kvmlab-probe", "-o", "name") == ""
        # Tokens are gone with the joins that they were made for; what is left is not for joining.
        secrets = self.objects("secrets", "-n", "kube-system", "--field-selector=type=bootstrap.kubernetes.io/token")
        assert all("join of" not in str(secret["data"].get("description")) for secret in secrets)

    def _as_admin(self) -> tuple[str, ...]:
        """The bundle's kubectl, so that it is of the cluster's version, and whom it is for."""
        program = ROOT / ".kvmlab" / "kubectl"
        if not program.exists():
            (bundle,) = Path("/var/lib/kvmlab/kubernetes").glob("*/volume.img")
            subprocess.run(["debugfs", "-R", f"dump bin/kubectl {program}", bundle], check=True, capture_output=True)
            program.chmod(0o755)
        return (str(program), "--kubeconfig", str(self.kubeconfig))


def eventually(seconds: int, what: str, check: Callable[[], bool]) -> None:
    """Until it holds; what it was that did not is told."""
    deadline = time.monotonic() + seconds
    while not check():
        assert time.monotonic() < deadline, what
        time.sleep(2)
