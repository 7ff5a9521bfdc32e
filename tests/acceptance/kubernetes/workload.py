"""An application on a cluster, and somebody who uses it all the time."""

import re
import threading
import time
import urllib.request
from collections.abc import Generator
from contextlib import contextmanager

from stacks.kubernetes import PROBE_IMAGES
from tests.e2e.cluster import Cluster
from tests.e2e.lab import ROOT

PORT = 30080
TUTORIAL = ROOT / "docs" / "tutorial" / "kubernetes.md"


def application() -> str:
    """The tutorial's, of what a bundle has."""
    (text,) = (
        block
        for block in re.findall(r"```yaml\n(.*?)```", TUTORIAL.read_text("utf-8"), re.DOTALL)
        if "kind: Deployment" in block
    )
    assert text.count(PROBE_IMAGES["online"]) == 1
    return text.replace(PROBE_IMAGES["online"], PROBE_IMAGES["bundle"])


def deploy(cluster: Cluster, replicas: int = 2) -> None:
    """Pods, each on a node of its own, behind a port of every node."""
    file = cluster.kubeconfig.with_suffix(".web.yaml")
    file.write_text(application().replace("replicas: 2", f"replicas: {replicas}"), encoding="utf-8")
    cluster.kubectl("apply", "-f", str(file))
    cluster.kubectl("rollout", "status", "deployment/web", "--timeout=300s", timeout=320)


class User:
    """Asks once a second."""

    def __init__(self, address: str) -> None:
        """Nothing is asked yet.

        Args:
            address: a node's.
        """
        self.url = f"http://{address}:{PORT}/"
        self.answers: list[str] = []
        self.failures: list[str] = []

    def ask(self) -> None:
        """Once; emulated nodes may take their time."""
        try:
            with urllib.request.urlopen(self.url, timeout=20) as answer:  # noqa: S310 (http)
                self.answers.append(answer.read().decode().strip())
        except OSError as error:
            self.failures.append(f"{time.strftime('%X')} {error}")

    def wait(self, seconds: int) -> None:
        """Until there is an answer; what failed before does not count."""
        deadline = time.monotonic() + seconds
        while not self.answers:
            assert time.monotonic() < deadline, self.failures[-3:]
            self.ask()
        self.failures.clear()


@contextmanager
def used(address: str) -> Generator[User]:
    """An application that somebody uses meanwhile, from this machine, by a node's address."""
    user, stop = User(address), threading.Event()
    user.wait(300)

    def asks() -> None:
        while not stop.wait(1):
            user.ask()

    thread = threading.Thread(target=asks)
    thread.start()
    try:
        yield user
    finally:
        stop.set()
        thread.join()
