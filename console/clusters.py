"""What becomes of a Kubernetes cluster: its nodes join, leave, or are set anew. Pure."""

from collections.abc import Iterator

from console.steps import REPLACES, Change

_WORDS = {
    "create": "joins",
    "delete": "is drained and leaves",
    "replace": "leaves and joins anew",
    "update": "is set anew",
}


def told(change: Change) -> str:
    """A phrase for its nodes that change; the first control plane is the cluster itself.

    Args:
        change: of a KubernetesCluster.
    """
    match change.operation:
        case "create":
            return f"created, version {change.inputs('newState').get('version')}, {_nodes(change, 'newState')}"
        case "delete":
            return f"destroyed, {_nodes(change, 'oldState')}"
        case "replace":
            return f"made anew, and all that runs on it is lost, {_nodes(change, 'newState')}"
        case _:
            return "; ".join(_steps(change)) or "updated"


def _nodes(change: Change, which: str) -> str:
    number = len(change.inputs(which).get("nodes", {}))
    return f"{number} node{'s' if number != 1 else ''}"


def _steps(change: Change) -> Iterator[str]:
    # What is replaced has several steps.
    operations: dict[str, str] = {}
    for step in change.commands:
        name = str(step.get("urn", "")).rpartition("::")[2].removeprefix(f"{change.name}-")
        operations[name] = "replace" if step["op"] in REPLACES else step["op"]
    for name, operation in operations.items():
        if name != "ready" and operation in _WORDS:
            yield f"{name} {_WORDS[operation]}"
