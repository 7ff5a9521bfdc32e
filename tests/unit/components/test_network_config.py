"""What a guest's own system is told of its NICs, as each is kept in tests/cases/network_config."""

from pathlib import Path
from typing import Any, cast

import pytest
import yaml

from components.network_config import WORSE, FirstLink, Link, document

CASES = Path(__file__).parents[2] / "cases" / "network_config"
MAC = "52:54:00:12:34:56"
BACKEND = Link(name="backend", mac="52:54:00:00:00:01", addresses=["10.30.0.5/24"], mtu=9000)
LAN = Link(name="lan", mac="52:54:00:00:00:02", dhcp=True)
KEPT = {
    "two": document(FirstLink(mac=MAC), [BACKEND]),
    "lan": document(FirstLink(mac=MAC), [BACKEND, LAN, Link(name="wire", mac="52:54:00:00:00:03")]),
    "default-by-lease": document(
        FirstLink(mac=MAC, is_default=False), [Link(name="lan", mac=LAN.mac, dhcp=True, is_default=True), BACKEND]
    ),
    "default-by-address": document(
        FirstLink(mac=MAC, is_default=False, address6="fd00::5/64"),
        [
            Link(
                name="dmz",
                mac=BACKEND.mac,
                addresses=["10.31.0.5/24", "fd00:0:0:1::5/64"],
                gateway="10.31.0.1",
                is_default=True,
            )
        ],
    ),
}


def stanzas(name: str) -> dict[str, dict[str, Any]]:
    """What it says of each NIC."""
    return cast("dict[str, dict[str, Any]]", KEPT[name]["ethernets"])


@pytest.mark.parametrize("name", KEPT)
def test_document(name: str) -> None:
    """It is the one that is kept."""
    assert yaml.safe_dump(KEPT[name]) == (CASES / f"{name}.yaml").read_text("utf-8")


def test_all_that_is_kept_is_made() -> None:
    """Nothing is kept that no case makes."""
    assert {case.stem for case in CASES.iterdir()} == KEPT.keys()


@pytest.mark.parametrize("name", KEPT)
def test_one_default_route(name: str) -> None:
    """One NIC takes what it is given, or has a gateway; any other has no gateway, or a worse metric of its own."""
    metrics: list[int] = [
        stanza.get("dhcp4-overrides", {}).get("route-metric", 0)
        for stanza in stanzas(name).values()
        if stanza["dhcp4"] or "routes" in stanza
    ]
    assert metrics.count(0) == 1
    assert len(set(metrics)) == len(metrics)
    assert all(metric == 0 or metric >= WORSE - 1 for metric in metrics)


def test_nobody_waits_for_a_further_one() -> None:
    """The first must be there before packages are installed; any other may be gone."""
    assert {name: stanza.get("optional", False) for name, stanza in stanzas("lan").items()} == {
        "eth0": False,
        "backend": True,
        "lan": True,
        "wire": True,
    }
