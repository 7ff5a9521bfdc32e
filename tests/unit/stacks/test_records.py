"""A state that is not that of the lab on its hosts."""

from typing import Any

import grpc
import pytest
from google.protobuf.struct_pb2 import Struct
from pulumi.runtime.proto import provider_pb2

from components.host_facts import HostFacts
from components.identity import owner
from stacks import records
from stacks.config import Lab
from tests.unit.stacks.labs import host, lab

ASKED = lab({"kind": "guests", "guests": {"web": {}, "db": {}}})
MADE: dict[str, Any] = {"domains": {f"quickstart-{guest}": owner("quickstart") for guest in ("web", "db")}}
CLAIM = "urn:pulumi:{0}::kvmlab::kvmlab:index:Claim$command:local:Command::lab{1}-claim"


def lost(facts: HostFacts, *claims: str, asked: Lab = ASKED) -> list[str]:
    """What is wrong with a state that has these claims."""
    return [f"{path}: {message}" for path, message in records.lost(asked, [(asked, facts)], claims)]


def test_an_emptied_state() -> None:
    """Guests that are there are never made anew over what looks like nothing."""
    assert lost(host(MADE)) == [
        (
            "state: must know the lab that the host has, got nothing in it and there the finished guests db, web; "
            "put a backup back: make restore STACK=quickstart; or without one take them over: "
            "make up STACK=quickstart ADOPT=yes"
        )
    ]


def test_a_host_whose_libvirt_is_down() -> None:
    """What lies in the pool tells of its guests."""
    births = {"quickstart-web": ("base-a", "-")}
    [told] = lost(host({"births": births, "pool_lab": "quickstart"}))
    assert "the finished guests web;" in told
    assert lost(host({"births": births, "pool_lab": "other"})) == []


def test_other_hosts() -> None:
    """Each is named."""
    asked = lab({"kind": "guests", "hosts": {"nas": {}, "box": {}}, "guests": {"web": {"host": "nas"}}})
    placed = list(zip(asked.parts(), (host(MADE), host({})), strict=True))
    [problem] = records.lost(asked, placed, [])
    assert problem.path == "state on nas"


def test_what_is_no_loss(monkeypatch: pytest.MonkeyPatch) -> None:
    """A new lab, a known one, a first run that was killed, others' domains, and one who says that it is wanted."""
    assert lost(host({})) == []
    assert lost(host(MADE), "quickstart") == []
    assert lost(host({**MADE, "unfinished": ["quickstart-web", "quickstart-db"]})) == []
    assert lost(host({"domains": {"quickstart-web": "somebody's"}})) == []
    monkeypatch.setenv("KVMLAB_ADOPT", "yes")
    assert lost(host(MADE)) == []


def test_a_renamed_stack() -> None:
    """What it means is told, and both ways out."""
    [(path, message)] = records.renamed(ASKED, ["old", "old"])
    assert f"{path}: {message}" == (
        "stack: must have the name that its lab was made under, since domains, disks, addresses and keys bear it, got "
        "'quickstart' in place of 'old'; to keep its guests: pulumi stack rename old --stack quickstart; to give them "
        "up: make destroy STACK=quickstart"
    )
    assert records.renamed(ASKED, ["quickstart"]) == []


class Monitor:
    """Answers as the engine does."""

    def __init__(self, outputs: dict[str, Any] | None) -> None:
        """Hold resources, or be an engine that cannot tell."""
        self.outputs = outputs
        self.asked: Any = None

    def Invoke(self, request: Any) -> Any:  # noqa: N802 (gRPC's name)
        """As the engine's own provider."""
        self.asked = request
        if self.outputs is None:
            raise grpc.RpcError
        answer = Struct()
        answer.update({"name": "x", "outputs": self.outputs})
        told: dict[str, Any] = {"return": answer}  # a word of Python's
        return provider_pb2.InvokeResponse(**told)


def test_what_the_state_holds() -> None:
    """The claims of all hosts are found, and nothing is taken for one."""
    claim = {"type": "command:local:Command", "outputs": {"environment": {"LAB": "old"}}}
    monitor = Monitor({CLAIM.format("new", ""): claim, CLAIM.format("new", "-nas"): claim, "urn:web-guest": claim})
    assert records._claims(monitor, "organization/kvmlab/new") == ["old", "old"]  # pyright: ignore[reportPrivateUsage]
    assert monitor.asked.tok == "pulumi:pulumi:readStackResourceOutputs"
    assert dict(monitor.asked.args) == {"stackName": "organization/kvmlab/new"}


def test_an_engine_that_cannot_tell() -> None:
    """It is no reason to refuse anything."""
    assert records._claims(Monitor(None), "a/b/c") is None  # pyright: ignore[reportPrivateUsage]
    assert records._claims(Monitor({}), "a/b/c") == []  # pyright: ignore[reportPrivateUsage]
