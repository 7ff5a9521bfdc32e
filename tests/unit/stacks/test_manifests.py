"""Manifests are read before anything is changed: what is no object of Kubernetes is told with its file and number."""

import re
from pathlib import Path

import pytest
import yaml

from components.errors import Problem
from stacks import kubernetes, lint, manifests
from stacks.config import Lab
from tests.unit.stacks.labs import lab

GOOD = "apiVersion: v1\nkind: Namespace\nmetadata: {name: a}\n"


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where manifests are looked for."""
    monkeypatch.setattr(manifests, "ROOT", tmp_path)
    return tmp_path


def asked(*names: str) -> Lab:
    """A lab with manifests."""
    return lab({"kind": "kubernetes", "kubernetes": {"manifests": [*names]}})


@pytest.mark.parametrize(
    "text",
    [
        GOOD,
        f"---\n# a comment\n---\n{GOOD}---\n{GOOD}---\n",
        f"{GOOD}spec: {{enum: [=, '*', 2001-02-30]}}\n",
        '{"apiVersion": "v1", "kind": "List", "items": []}',
    ],
)
def test_taken(checkout: Path, text: str) -> None:
    """What kubectl applies, with words that mean something else to Python."""
    (checkout / "app.yaml").write_text(text, "utf-8")
    assert manifests.problems(asked("app.yaml")) == []


RULE = "must hold objects with apiVersion and kind, got document"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("kind: Namespace", f"{RULE} 1 of app.yaml without apiVersion; add it there"),
        (f"{GOOD}---\nmetadata: {{}}", f"{RULE} 2 of app.yaml without apiVersion and kind; add it there"),
        (f"{GOOD}---\n- a\n", f"{RULE} 2 of app.yaml without apiVersion and kind; add it there"),
        ("apiVersion: v1\nkind: ''\n", f"{RULE} 1 of app.yaml without kind; add it there"),
        (f"{GOOD}a: [\n", "must be YAML in UTF-8, got a mistake in line 5 of app.yaml; mend it there"),
        ("# nothing\n", "must hold an object of Kubernetes, got none in app.yaml; write one, or take it out"),
    ],
)
def test_refused(checkout: Path, text: str, told: str) -> None:
    """By the place of the file in the config."""
    (checkout / "app.yaml").write_text(text, "utf-8")
    (checkout / "good.yaml").write_text(GOOD, "utf-8")
    assert manifests.problems(asked("good.yaml", "app.yaml")) == [Problem("lab.kubernetes.manifests[1]", told)]


def test_no_text(checkout: Path) -> None:
    """Bytes of something else."""
    (checkout / "app.yaml").write_bytes(b"\xff\xfe\xfa")
    [problem] = manifests.problems(asked("app.yaml"))
    assert problem.message == "must be YAML in UTF-8, got a mistake of app.yaml; mend it there"


@pytest.mark.usefixtures("checkout")
def test_none() -> None:
    """A file that is not there is told by a run, as is a directory."""
    found = kubernetes.problems(asked("stacks", "gone.yaml"))
    rule = "must be a file of the checkout, got '{}', which is none; its path begins at the top"
    assert found == [
        Problem("lab.kubernetes.manifests[0]", rule.format("stacks")),
        Problem("lab.kubernetes.manifests[1]", rule.format("gone.yaml")),
    ]


def test_lint(tmp_path: Path) -> None:
    """And without a host."""
    file = tmp_path / "Pulumi.home.yaml"
    file.write_text("config: {'kvmlab:lab': {kind: kubernetes, kubernetes: {manifests: [gone.yaml]}}}\n", "utf-8")
    [line] = lint.look(file)
    assert "lab.kubernetes.manifests[0]: must be a file of the checkout, got 'gone.yaml'" in line.text


@pytest.mark.parametrize("slow", [False, True])
def test_all_of_ours_is_filled_in(slow: bool) -> None:
    """Objects by one name a file, without a place that nothing was put into; slow nodes are given more time."""
    section = {"metricsServer": True, "localPath": True}
    spec = lab({"kind": "kubernetes", "kubernetes": section}).kubernetes
    assert spec
    found = kubernetes.applied(spec, "lab.internal", slow=slow)
    assert list(found) == ["10-flannel.yaml", "20-metrics-server.yaml", "30-local-path.yaml"]
    for text in [*found.values(), kubernetes.probe(spec)]:
        assert not re.search("@[A-Z_]+@", text)
        assert all(document["kind"] for document in yaml.safe_load_all(text))
    assert ("--metric-resolution=60s" in found["20-metrics-server.yaml"]) == slow


def test_the_probe_asks_no_node_that_leaves() -> None:
    """It is still there meanwhile, and may be dead: a run that takes it out would wait for it."""
    spec = lab({"kind": "kubernetes", "kubernetes": {"worker": {"count": 2}}}).kubernetes
    assert spec
    (pods,) = (one for one in yaml.safe_load_all(kubernetes.probe(spec)) if one["kind"] == "DaemonSet")
    affinity = pods["spec"]["template"]["spec"]["affinity"]["nodeAffinity"]
    (term,) = affinity["requiredDuringSchedulingIgnoredDuringExecution"]["nodeSelectorTerms"]
    names = ["control-plane-1", "worker-1", "worker-2"]
    assert term == {"matchExpressions": [{"key": "kubernetes.io/hostname", "operator": "In", "values": names}]}
