"""A guest is not replaced that has something on its disk, unless its config says that it may be."""

from typing import Any

import pytest

from components.identity import owner
from components.kubernetes import BIRTH
from stacks import data_loss, images, nics, preflight
from stacks.config import CatalogueImage
from tests.unit.components.arguments import cluster_args
from tests.unit.stacks.labs import host, lab

LINK = images.link(CatalogueImage("debian-13"))
SINCE = "been written to, got false"
ADVICE = "save what you need and set it, or take the change back"


def facts(births: dict[str, list[str]], **more: object) -> dict[str, Any]:
    """A host with guests that have been written to."""
    return {
        "births": births,
        "written": [f"{domain}.qcow2" for domain in births],
        "domains": dict.fromkeys(births, owner("quickstart")),
        **more,
    }


def problems(guests: dict[str, Any], known: dict[str, Any], instances: dict[str, str] | None = None) -> list[str]:
    """What is wrong with such a lab on such a host."""
    asked = lab({"kind": "guests", **guests})
    placed = [(part, host(known)) for part in asked.parts()]
    return [f"{problem.path}: {problem.message}" for problem in data_loss.problems(placed, instances or {})]


def test_another_image() -> None:
    """It names the guests that it would replace, once for a group."""
    group: dict[str, Any] = {"groups": {"node": {"count": 3}}, "guests": {"web": {}, "new": {}}}
    births = {f"quickstart-node-{number}": ["base-old-1", "-"] for number in (1, 2)}
    told = problems(group, facts({**births, "quickstart-web": ["base-old-1", "-"]}))
    why = f"{SINCE} (image base-old-1 -> {LINK}); {ADVICE}"
    assert told == [
        f"lab.groups.node.allowDataLoss: must be true to replace node-1, node-2, whose root disks have {why}",
        f"lab.guests.web.allowDataLoss: must be true to replace web, whose root disk has {why}",
    ]
    allowed = {"groups": {"node": {"count": 3, "allowDataLoss": True}}, "guests": {"web": {"allowDataLoss": True}}}
    assert problems(allowed, facts(births)) == []


@pytest.mark.parametrize(
    ("birth", "policy", "reason"),
    [
        ("iid-1", "replace", "its cloud-init, with onCloudInitChange: replace"),
        ("-", "replace", "its cloud-init, with onCloudInitChange: replace"),
        ("iid-1", "rerun", "onCloudInitChange from replace to another"),
        ("iid-2", "replace", None),
        ("-", "ignore", None),
    ],
)
def test_cloud_init(birth: str, policy: str, reason: str | None) -> None:
    """Where that replaces a guest."""
    guests = {"guests": {"web": {"onCloudInitChange": policy}}}
    known = facts({"quickstart-web": [LINK, birth]})
    told = problems(guests, known, {"web": "iid-2"} if policy == "replace" else {})
    assert told == (
        [f"lab.guests.web.allowDataLoss: must be true to replace web, whose root disk has {SINCE} ({reason}); {ADVICE}"]
        if reason
        else []
    )


def test_a_disk_as_it_was_made() -> None:
    """Nothing is lost with it, nor with one of a guest that is another lab's."""
    births = {"quickstart-web": ["base-old-1", "-"]}
    assert problems({"guests": {"web": {}}}, {**facts(births), "written": []}) == []


def test_another_pool() -> None:
    """All that is in the old one goes."""
    known = facts({}, domains={"quickstart-web": owner("quickstart")}, pools={"quickstart": "/srv/old"})
    (told,) = problems({"guests": {"web": {}}, "pool": {"path": "/srv/new"}}, known)
    assert "(the pool goes from /srv/old to /srv/new)" in told


def test_another_host() -> None:
    """What is on the one is not on the other."""
    asked = lab({"kind": "guests", "hosts": {"nas": {}, "box": {}}, "guests": {"web": {"host": "box"}}})
    known = [host(facts({"quickstart-web": [LINK, "-"]})), host({})]
    (told,) = data_loss.problems(list(zip(asked.parts(), known, strict=True)), {})
    assert "(it goes from host nas to box)" in told.message


def test_nothing_has_been_written() -> None:
    """Of those that are replaced, told are the ones that lose nothing; one that goes elsewhere may."""
    asked = lab({"kind": "guests", "guests": {"web": {}, "full": {"allowDataLoss": True}, "new": {}}})
    births = {f"quickstart-{name}": ["base-old-1", "-"] for name in ("web", "full")}
    known = facts(births, written=["quickstart-full.qcow2"])
    placed = [(part, host(known)) for part in asked.parts()]
    assert data_loss.unwritten(placed, {}) == ["web"]
    moved = [(part, host({**known, "pools": {"quickstart": "/mnt/old"}})) for part in asked.parts()]
    assert data_loss.unwritten(moved, {}) == []
    same = [(part, host(facts({"quickstart-web": [LINK, "-"]}, written=[]))) for part in asked.parts()]
    assert data_loss.unwritten(same, {}) == []


def clusters(section: dict[str, Any], made: dict[str, str], **further: Any) -> list[str]:
    """What is wrong with such a cluster where another one may be."""
    asked = lab({"kind": "kubernetes", "kubernetes": section, **further})
    placed = [(part, host({"cluster": made})) for part in asked.parts()]
    own, others = preflight.addresses(asked, placed), nics.addresses(asked, placed)
    return [f"{problem.path}: {problem.message}" for problem in data_loss.of_cluster(placed, own, others)]


def test_another_cluster() -> None:
    """Each key that would make one, unless its first node may lose what it has, or there is none yet."""
    made = {key: str(cluster_args()[key]) for key in BIRTH} | {"domain": "quickstart.internal"}
    assert made.keys() == set(BIRTH)
    assert clusters({}, made) == []
    assert clusters({"certSans": ["k8s.home.arpa"], "metricsServer": True}, made) == []
    other = {"podCidr": "10.245.0.0/16", "proxyMode": "iptables"}
    advice = "take it back, or save what you need and set lab.kubernetes.controlPlane.allowDataLoss"
    lost = "or all that is in the cluster is lost, got"
    assert clusters(other, made) == [
        f"lab.kubernetes.podCidr: must stay '10.244.0.0/16', {lost} '10.245.0.0/16'; {advice}",
        f"lab.kubernetes.proxyMode: must stay 'nftables', {lost} 'iptables'; {advice}",
    ]
    assert clusters(other, {}) == []
    assert clusters({**other, "controlPlane": {"allowDataLoss": True}}, made) == []


def test_another_address_of_a_cluster() -> None:
    """Of its first control plane: by its own key, or since nodes talk to each other on another network."""
    made = {"version": "1.35.4", "address": "10.20.0.2"}
    assert clusters({}, made) == []
    (own,) = clusters({"controlPlane": {"address": "10.20.0.9"}}, made)
    assert own == (
        "lab.kubernetes.controlPlane: must stay at '10.20.0.2', or all that is in the cluster is lost, "
        "got '10.20.0.9'; take back what moved it (its address, a network's cidr, or lab.kubernetes.network), "
        "or save what you need and set lab.kubernetes.controlPlane.allowDataLoss"
    )
    assert clusters({"controlPlane": {"address": "10.20.0.9", "allowDataLoss": True}}, made) == []
    nodes = {"nics": {"fast": {"network": "fast"}}}
    section = {"network": "fast", "controlPlane": nodes, "worker": nodes}
    (other,) = clusters(section, made, networks={"fast": {"cidr": "10.21.0.0/24", "mode": "isolated"}})
    assert "must stay at '10.20.0.2'" in other
    assert "got '10.21.0.2'" in other
    (renumbered,) = clusters({}, made, network={"cidr": "10.22.0.0/24"})
    assert "got '10.22.0.2'" in renumbered
