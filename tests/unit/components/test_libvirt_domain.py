"""A domain is handed to the provider whole, and replaced wherever the provider would only pretend to change it."""

from collections.abc import Mapping
from typing import Any

import pulumi
import pytest

from components import libvirt_domain
from components.libvirt_domain import DomainSpec, domain
from tests.unit.mocks import Registered, run

SPEC = DomainSpec(
    name="six-node-1",
    description="guest of kvmlab lab six",
    accelerator="qemu",
    cpus=2,
    memory_mib=2048,
    volumes=["/pool/six-node-1.qcow2", "/pool/six-node-1-seed.iso"],
    network="six",
    mac="52:54:00:ab:cd:ef",
)
DEFINED = {
    "name": "six-node-1",
    "description": "guest of kvmlab lab six",
    "type": "qemu",
    "vcpu": 2,
    "memory": 2048,
    "disks": [{"volumeId": "/pool/six-node-1.qcow2"}, {"volumeId": "/pool/six-node-1-seed.iso"}],
    # Upper case is what the provider reads back; lower case would be a change on every refresh.
    "networkInterfaces": [{"networkName": "six", "mac": "52:54:00:AB:CD:EF"}],
    "consoles": [{"type": "pty", "targetPort": "0", "targetType": "serial"}],
    "graphics": {"type": "vnc", "listenType": "address", "listenAddress": "127.0.0.1"},
    "qemuAgent": False,
}


def register(spec: DomainSpec) -> Registered:
    """Register a domain."""
    return run(lambda: domain("node-1", spec, pulumi.ResourceOptions(), ["image", "uuid"]))["Domain node-1"]


@pytest.mark.parametrize(("accelerator", "more"), [("qemu", {}), ("kvm", {"cpu": {"mode": "host-passthrough"}})])
def test_inputs(accelerator: str, more: Mapping[str, Any]) -> None:
    """The provider gets exactly this: a guest under KVM has the host's CPU, an emulated one libvirt's default."""
    assert register(SPEC._replace(accelerator=accelerator)).inputs == {**DEFINED, "type": accelerator, **more}


def test_options() -> None:
    """What makes it another domain replaces it, the old one first, since its name is unique on the host."""
    request = register(SPEC).request
    assert request.deleteBeforeReplace
    assert list(request.replaceOnChanges) == ["networkInterfaces", "disks", "cpu"]
    assert [value.string_value for value in request.replacement_trigger.list_value.values] == ["image", "uuid"]
    assert list(request.hooks.before_create) == ["clear-unfinished-domain"]


def test_unfinished_domains_are_cleared(monkeypatch: pytest.MonkeyPatch) -> None:
    """Before a domain is made, the script is told which one and whose it must be; no other one is touched."""
    calls: list[tuple[str, Mapping[str, str]]] = []

    def run_now(call: str, environment: Mapping[str, str]) -> None:
        calls.append((call, environment))

    hooks: list[pulumi.ResourceHook] = []
    monkeypatch.setattr(libvirt_domain, "run_now", run_now)
    run(lambda: hooks.append(vars(libvirt_domain)["_clear_unfinished"]()))
    (hook,) = hooks
    hook.callback(pulumi.ResourceHookArgs("urn", "", "node-1", "libvirt:index/domain:Domain", new_inputs=DEFINED))
    assert calls == [("domain.sh clear", {"DOMAIN": "six-node-1", "OWNER": "guest of kvmlab lab six"})]
