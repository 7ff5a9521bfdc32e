"""An application on a cluster, and somebody who uses it all the time."""

import threading
import time
import urllib.request
from collections.abc import Generator
from contextlib import contextmanager

from tests.e2e.cluster import Cluster

PORT = 30080
MANIFEST = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: @REPLICAS@
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      terminationGracePeriodSeconds: 10
      affinity:
        podAntiAffinity:
          requiredDuringSchedulingIgnoredDuringExecution:
            - {topologyKey: kubernetes.io/hostname, labelSelector: {matchLabels: {app: web}}}
      containers:
        - name: web
          image: kvmlab/probe:1
          imagePullPolicy: IfNotPresent
          command:
            - sh
            - -c
            - |
              mkdir /tmp/w && hostname >/tmp/w/index.html && httpd -p 8080 -h /tmp/w
              trap 'sleep 8; exit' TERM
              while :; do sleep 1; done
          readinessProbe: {tcpSocket: {port: 8080}, timeoutSeconds: 20}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: web}
spec: {minAvailable: 1, selector: {matchLabels: {app: web}}}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {type: NodePort, selector: {app: web}, ports: [{port: 80, targetPort: 8080, nodePort: 30080}]}
"""


def deploy(cluster: Cluster, replicas: int = 2) -> None:
    """Pods, each on a node of its own, behind a port of every node."""
    file = cluster.kubeconfig.with_suffix(".web.yaml")
    file.write_text(MANIFEST.replace("@REPLICAS@", str(replicas)), encoding="utf-8")
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
        """Until there is an answer."""
        deadline = time.monotonic() + seconds
        while not self.answers:
            assert time.monotonic() < deadline, self.failures[-3:]
            self.ask()


@contextmanager
def used(address: str) -> Generator[User]:
    """An application that somebody uses meanwhile, from this machine, by a node's address."""
    user, stop = User(address), threading.Event()
    user.wait(120)

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
