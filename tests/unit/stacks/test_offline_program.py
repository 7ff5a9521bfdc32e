"""What the program takes for known where it asks no host: what state tells, and nothing beyond what anyone can see."""

import json
from collections.abc import Iterator
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

import pulumi
import pytest

from components.host_facts import HostFacts
from stacks import preflight
from stacks.config import GuestSpec, Lab
from stacks.offline import base, copies, known, offline, program
from stacks.offline.base import CHANGED, Base
from stacks.offline.labs import lab_of
from stacks.offline.program import Offline
from stacks.offline.words import OfflineError
from tests.unit.stacks.labs import lab

ROOT = Path(__file__).parents[3]
STATE = json.loads((ROOT / "tests" / "cases" / "checkpoints" / "v0.1.0" / "six.json").read_text("utf-8"))
NODES: dict[str, Any] = {"count": 6, "cpus": 2, "memory": "2GiB", "disk": "10GiB"}
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f me@home"
NEW = "iid-[known at up]"


def six(network: dict[str, Any] | None = None, **changes: Any) -> Lab:
    """The example, edited."""
    raw = {
        "kind": "guests",
        "network": {"cidr": "10.20.6.0/24", **(network or {})},
        "groups": {"node": NODES | changes},
    }
    return lab(raw, "six")


def away(before: Base | None = None) -> Offline:
    """The copy of its state."""
    copy = copies.checkpoint(STATE["deployment"], "six", "kvmlab")
    return Offline("a state", known.parts(json.loads(copy)["checkpoint"]["latest"]["resources"]), before)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    """The program is to be offline, beside a copy in that directory."""
    monkeypatch.setenv("KVMLAB_OFFLINE", str(tmp_path))
    monkeypatch.delenv("PULUMI_OPTION_REFRESH", raising=False)
    program.read.cache_clear()
    yield tmp_path
    program.read.cache_clear()


def refused(*, dry_run: bool, monkeypatch: pytest.MonkeyPatch) -> str:
    """Why it cannot be so."""
    monkeypatch.setattr(pulumi.runtime, "is_dry_run", lambda: dry_run)
    with pytest.raises(OfflineError) as error:
        offline()
    return str(error.value)


def test_a_run_is_not_offline(monkeypatch: pytest.MonkeyPatch) -> None:
    """Unless it is told so."""
    monkeypatch.delenv("KVMLAB_OFFLINE", raising=False)
    assert offline() is None


@pytest.mark.usefixtures("asked")
def test_an_update_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """In a line, and before anything else is looked at."""
    said = refused(dry_run=False, monkeypatch=monkeypatch)
    assert said == "KVMLAB_OFFLINE: is for previews alone, got an update; unset it, and run where hosts are reached"


def test_without_a_copy(asked: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The variable by itself is of no use."""
    said = refused(dry_run=True, monkeypatch=monkeypatch)
    assert said == f"KVMLAB_OFFLINE: is set by `make preview OFFLINE=1`, got {str(asked)!r}; unset it"


def test_a_copy_that_could_not_be_made(asked: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The reason is told as the program's own."""
    (asked / "state.json").touch()
    (asked / "refused").write_text("STATE=x: must be there", "utf-8")
    assert refused(dry_run=True, monkeypatch=monkeypatch) == "STATE=x: must be there"


@pytest.mark.usefixtures("asked")
def test_with_refresh(monkeypatch: pytest.MonkeyPatch) -> None:
    """That one asks hosts."""
    monkeypatch.setenv("PULUMI_OPTION_REFRESH", "true")
    said = refused(dry_run=True, monkeypatch=monkeypatch)
    assert said == "OFFLINE: must not come with REFRESH, which asks hosts, got both; leave one out"


def test_identities() -> None:
    """Those of guests that are there are theirs; nobody makes up another's."""
    goes_by, asked_for = away(), six(count=7)
    kept, new = asked_for.guests[0], asked_for.guests[6]
    environment = goes_by.guests["node-1"].environment
    assert goes_by.host_key(kept).public == environment["HOST_KEY"]
    assert goes_by.instance(asked_for, kept) == environment["INSTANCE_ID"]
    assert goes_by.host_key(new).public == "[known at up]"
    assert goes_by.instance(asked_for, new) == NEW
    assert "KEY-----" not in repr([goes_by.host_key(kept), goes_by.host_key(new)])


@pytest.mark.parametrize(
    ("edit", "is_new"),
    [
        ({"memory": "4GiB"}, False),
        ({"disks": {"data": {"size": "1GiB"}}}, False),
        ({"network": {"ipv6": "fd12:3456:789a:1::/64"}}, False),
        ({"network": {"domain": "lab.internal"}}, True),
        ({"authorizedKeys": [KEY]}, True),
        ({"layers": ["docker"]}, True),
        ({"userData": {"packages": ["tmux"]}}, True),
        ({"nics": {"lan": {"bridge": "br0", "defaultRoute": True}}}, True),
    ],
    ids=str,
)
def test_what_makes_another_instance(edit: dict[str, Any], *, is_new: bool) -> None:
    """All that anyone can see of a seed, and nothing that does not go into it."""
    asked_for = six(**edit)
    assert (away().instance(asked_for, asked_for.guests[0]) == NEW) is is_new


def test_a_host_of_which_nothing_is_known() -> None:
    """What the last run has found stands; without one, what most are."""
    kvm = known.assumed(six(), [])
    assert (kvm.has_kvm, kvm.package_manager, kvm.libvirt) == (True, "apt", "ok")
    emulated = known.assumed(six(), away().parts)
    assert (emulated.has_kvm, emulated.package_manager) == (False, "apt")


def test_what_a_lab_has_on_its_host() -> None:
    """Addresses are held, disks have their sizes, and no guest is broken."""
    asked_for = six()
    facts = known.with_state(asked_for, HostFacts(libvirt="ok", root=True), away().parts)
    assert facts.reservations["six"]["node-6"] == IPv4Address("10.20.6.7")
    assert facts.pool_disks["six-node-1.qcow2"] == 10 * 1024**3
    assert not any(preflight.is_broken(asked_for, guest, facts) for guest in asked_for.guests)
    shrunk = six(disk="5GiB")
    assert {problem.path for problem in preflight.without_host(shrunk, facts)} == {"lab.groups.node.disk"}
    assert preflight.without_host(asked_for, facts) == []


def test_what_a_cluster_was_made_with() -> None:
    """By the command of its first node; those of others tell nothing of it."""
    birth = {"CLUSTER_BIRTH": "version=1.35.4 pod_cidr=10.244.0.0/16"}
    node = {"NODE_ADDRESS": "10.20.6.2"}
    nodes = [known.Part("KubernetesCluster", "kubernetes", {}, of, "", is_protected=False) for of in (node | birth, {})]
    facts = known.with_state(six(), HostFacts(), nodes)
    assert facts.cluster == {"version": "1.35.4", "pod_cidr": "10.244.0.0/16", "address": "10.20.6.2"}


def deployed(tmp_path: Path, was: str = "[sed, -i,", **changes: Any) -> Base:
    """The repository of the state's day, but for some changes; a command in the base layer may have been another."""
    (tmp_path / "stacks").mkdir()
    (tmp_path / "cloud-init").mkdir()
    for layer in (ROOT / "cloud-init").glob("*.yaml"):
        text = layer.read_text("utf-8").replace("[sed, -i,", was)
        (tmp_path / "cloud-init" / layer.name).write_text(text, "utf-8")
    raw = {"kind": "guests", "network": {"cidr": "10.20.6.0/24"}, "groups": {"node": NODES | changes}}
    (tmp_path / "stacks" / "Pulumi.six.yaml").write_text(json.dumps({"config": {"kvmlab:lab": raw}}), "utf-8")
    return Base({guest.name: guest for guest in lab_of(tmp_path, "six").guests}, tmp_path / "cloud-init")


def node(asked_for: Lab) -> GuestSpec:
    """One of its guests."""
    return asked_for.guests[0]


def test_hidden_texts_by_a_repository(tmp_path: Path) -> None:
    """Where it is known what was deployed, what is hidden is compared."""
    goes_by = away(deployed(tmp_path))
    assert goes_by.is_compared(node(six()))
    assert goes_by.instance(six(), node(six())) != NEW


def test_another_hidden_text(tmp_path: Path) -> None:
    """It makes another instance, and is told without a word of it."""
    goes_by = away(deployed(tmp_path, was="[sed, -n,"))
    assert goes_by.instance(six(), node(six())) == NEW
    text = goes_by.cloud_config(node(six()))
    assert CHANGED in text
    assert "sed" not in text


def test_a_repository_of_another_day(tmp_path: Path) -> None:
    """It compares nothing that was not deployed."""
    goes_by = away(deployed(tmp_path, userData={"packages": ["tmux"]}))
    assert not goes_by.is_compared(node(six()))
    assert goes_by.instance(six(), node(six())) != NEW


def test_a_repository_of_another_program(tmp_path: Path) -> None:
    """A config that is no lab any more is no help, and no error."""
    deployed(tmp_path, userData={"packages": ["tmux"]})
    (tmp_path / "stacks" / "Pulumi.six.yaml").write_text("config: {kvmlab:lab: {kind: other}}", "utf-8")
    assert base.read(tmp_path, "six") is None
    assert base.read(tmp_path / "none", "six") is None
