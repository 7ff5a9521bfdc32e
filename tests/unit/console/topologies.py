"""Previews of labs of many forms, as Pulumi prints them, for pictures of them."""

from collections.abc import Mapping
from typing import Any

from components.effects import UNWRITTEN

Inputs = Mapping[str, Any]
DISK = "/srv/shared.raw (raw, cache none, shared)"
STAGES = {"create": ("newState",), "delete": ("oldState",)}
"""Of a step by its operation; of all others both."""


def component(
    kind: str,
    operation: str,
    name: str,
    inputs: Inputs,
    old: Inputs | None = None,
    environment: Mapping[str, str] | None = None,
    stack: str = "six",
) -> list[Any]:
    """Steps of one and of its command; `old` is what it was, where that is another."""
    urn = f"urn:pulumi:{stack}::kvmlab::kvmlab:index:{kind}"
    told = environment or {}
    states = {
        which: (inputs if which == "newState" else {**inputs, **(old or {})}, told)
        for which in STAGES.get(operation, ("oldState", "newState"))
    }
    own = {which: {"inputs": {**shown}, "parent": ""} for which, (shown, _) in states.items()}
    command = {
        which: {"inputs": {"environment": {**read}}, "parent": f"{urn}::{name}"} for which, (_, read) in states.items()
    }
    return [
        {"urn": f"{urn}::{name}", "op": "update" if operation == "replace" else operation, **own},
        {"urn": f"{urn}$command:local:Command::{name}-made", "op": operation, **command},
    ]


def guest(operation: str, name: str, old: Inputs | None = None, host: str = "", stack: str = "six", **new: Any) -> Any:
    """A guest's steps."""
    inputs = {"address": "10.20.6.5", "cloud_config": "", "cpus": 1, "image": "base-one", "memory_mib": 1024, **new}
    told = {"NETWORK": stack, "DEFINITION": "", **({"SSH_DESTINATION": host} if host else {})}
    return component("Guest", operation, name, inputs, old, told, stack)


def network(
    operation: str, key: str = "", old: Inputs | None = None, host: str = "", stack: str = "six", **new: Any
) -> Any:
    """A network's steps; with no key the lab's own."""
    told = {"SSH_DESTINATION": host} if host else {}
    inputs = {"name": f"{stack}-{key}" if key else stack, "bridge": "kl", "cidr": "10.20.6.0/24", **new}
    suffix = f"-{host}" if host else ""
    return component("Network", operation, f"network{key and f'.{key}'}{suffix}", inputs, old, told, stack)


def machine(operation: str, host: str = "", stack: str = "six") -> Any:
    """A hypervisor's steps."""
    told = {"SSH_DESTINATION": host} if host else {}
    return component("KvmHost", operation, f"host-{host}" if host else "host", {}, None, told, stack)


def preview(*parts: list[Any]) -> Any:
    """All of it."""
    return {"steps": [step for part in parts for step in part]}


def workers(count: int, *others: list[Any]) -> Any:
    """So many alike guests, and the steps of others."""
    alike = [
        guest("create", f"worker-{number}", address=f"10.20.{number // 200}.{number % 200}", cpus=2)
        for number in range(1, count + 1)
    ]
    return preview(machine("create"), network("create", cidr="10.20.0.0/16"), *alike, *others)


LABS: dict[str, Any] = {
    "quickstart": preview(
        machine("create", stack="quickstart"),
        network("create", stack="quickstart", cidr="10.20.0.0/24"),
        guest("create", "web", stack="quickstart", address="10.20.0.81"),
    ),
    "six": preview(
        machine("same"),
        network("same"),
        *(
            guest("same", f"node-{number}", address=f"10.20.6.{80 + number}", cpus=2, memory_mib=2048)
            for number in range(1, 7)
        ),
    ),
    "networks": preview(
        machine("same"),
        network("same"),
        network("update", "storage", {"mtu": 9000}, cidr="10.30.0.0/24", mode="isolated", mtu=8000),
        network("create", "out", cidr="10.31.0.0/24", mode="routed", ipv6="fd00:1::/64"),
        component("Network", "delete", "network.wire", {"name": "six-wire", "bridge": "kl", "mode": "isolated"}),
        guest(
            "update",
            "web",
            {"nics": {"lan": "bridge br0 by DHCP", "raw": "interface eth1 by DHCP", "wire": "network wire"}},
            nics={
                "lan": "bridge br0 at 192.168.1.9/24, default route",
                "out": "network out at 10.31.0.2/24",
                "raw": "interface eth1 by DHCP, e1000",
                "storage": "network storage at 10.30.0.2/24, MTU 8000",
            },
        ),
        guest("same", "db", address="10.20.6.6", data_disks=["q"], unusual_disks={"q": DISK}),
        guest("same", "db2", address="10.20.6.7", data_disks=["q"], unusual_disks={"q": DISK}),
        guest("same", "lone", address="10.20.6.8", unusual_disks={"p": "/dev/sdb (raw, shared)"}, power="off"),
    ),
    "two-hosts": preview(
        machine("same"),
        machine("create", "root@nas"),
        network("same"),
        network("create", host="root@nas"),
        guest("same", "web"),
        guest("create", "backup", host="root@nas", address="10.20.6.9"),
    ),
    "changes": preview(
        machine("same"),
        network("same"),
        guest("create", "a-new", address="10.20.6.10", cpus=4, memory_mib=512),
        guest("delete", "b-old", address="10.20.6.11"),
        component("DataDisk", "delete", "b-old.data", {"domain": "six-b-old", "disk": "data", "disk_bytes": 2**30}),
        guest("replace", "c-lost", {"image": "base-zero"}, address="10.20.6.12"),
        component("DataDisk", "same", "c-lost.data", {"domain": "six-c-lost", "disk": "data", "disk_bytes": 2**30}),
        guest("replace", "d-blank", {"image": "base-zero"}, address="10.20.6.13"),
        guest("update", "e-restarted", {"memory_mib": 512, "cpus": 2}, address="10.20.6.14"),
        guest("update", "f-live", {"autostart": True}, address="10.20.6.15"),
        component("DataDisk", "create", "f-live.log", {"domain": "six-f-live", "disk": "log", "disk_bytes": 2**30}),
        guest("same", "g-as-it-is", address="10.20.6.16"),
    ),
    "sixty": workers(60, guest("update", "worker-7", {"cpus": 2}, address="10.20.0.7", cpus=3), guest("delete", "old")),
    "hypervisor": preview(
        machine("create"),
        component("HostBridge", "create", "bridge", {"bridge": "br0", "interface": "default-route", "vlan": 7}),
    ),
    "bare": preview(machine("create", "nas")),
    "odd-names": preview(
        network("same", stack='s"</svg><script>'),
        guest("create", '"]; click n1 "javascript:alert(1)"', stack='s"</svg><script>', address="<b>&amp;#quot;"),
        guest(
            "create",
            "1. `**ünï**` ﬂ°°38¶ß %%{init}%% \u202e\x00\ud800\n---",
            stack='s"</svg><script>',
            nics={"x": "bridge <img/src=x/onerror=alert(1)>"},
        ),
        guest("same", "end", stack='s"</svg><script>', cpus="[secret]", memory_mib="[secret]"),
    ),
    "nothing": {"steps": []},
}
"""By name."""
LABS["sixty"]["steps"] = [
    step for step in LABS["sixty"]["steps"] if not (step["op"] == "create" and "::worker-7" in step["urn"])
]
LABS["changes"]["diagnostics"] = [{"severity": "info", "message": f"info: guest d-blank: {UNWRITTEN}"}]
