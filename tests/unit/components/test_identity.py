"""Who a guest is follows from names and config, and an edit elsewhere does not change it."""

from collections.abc import Iterable, Mapping
from ipaddress import IPv4Address, IPv4Network, IPv6Network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.identity import address6, allocate, mac_address, network_uuid, owner, owns_network

CIDR = IPv4Network("10.20.0.0/26")
GATEWAY, DYNAMIC = (CIDR[1], CIDR[1]), (CIDR[32], CIDR[62])
RESERVED = [GATEWAY, DYNAMIC]
FREE = [CIDR[number] for number in range(2, 32)]
NAMES = st.text("abcdefghijklmnopqrstuvwxyz0123456789-", min_size=1, max_size=20)


def place(guests: Iterable[str], held: Mapping[str, IPv4Address] | None = None) -> dict[str, IPv4Address]:
    """Addresses of guests for which config gives none."""
    return allocate(dict.fromkeys(guests), CIDR, RESERVED, held or {})


def group(name: str, count: int) -> list[str]:
    """The members of a group."""
    return [f"{name}-{number}" for number in range(1, count + 1)]


@given(NAMES, NAMES, st.integers(0, 31))
def test_mac_address(lab: str, guest: str, nic: int) -> None:
    """A MAC is locally administered unicast, in QEMU's range, and the same every time."""
    mac = mac_address(lab, guest, nic)
    octets = [int(octet, 16) for octet in mac.split(":")]
    assert len(octets) == 6
    assert octets[0] & 0b01 == 0
    assert octets[0] & 0b10 == 0b10
    assert mac.startswith("52:54:")
    assert mac == mac_address(lab, guest, nic)


def test_mac_addresses_differ() -> None:
    """Labs, guests and NICs have their own, and no two ways to split a name make the same."""
    asked = [("a", "bc", 0), ("ab", "c", 0), ("a", "bc", 1), ("a", "b", 0), ("a", "b", 10)]
    assert len({mac_address(*each) for each in asked}) == len(asked)


@given(NAMES, NAMES, st.text(), st.text())
def test_network_uuid(lab: str, other: str, one: str, two: str) -> None:
    """A network's UUID tells its lab whatever it is defined as, and tells definitions apart."""
    assert owns_network(lab, network_uuid(lab, one))
    assert owns_network(other, network_uuid(lab, one)) == (lab == other)
    assert (network_uuid(lab, one) == network_uuid(lab, two)) == (one == two)


def test_owner() -> None:
    """One lab's description is not another's."""
    assert owner("six") == "guest of kvmlab lab six"


@given(st.data())
def test_edits_move_nobody(data: st.DataObject) -> None:
    """Removing, adding, renaming, reordering and scaling leave every other guest where it is."""
    singles = st.lists(st.sampled_from(["a", "b", "c", "aa", "db", "worker"]), unique=True)
    counts = st.fixed_dictionaries({"worker": st.sampled_from([0, 9, 11, 12]), "cp": st.integers(0, 3)})
    held: dict[str, IPv4Address] = {}
    for _ in range(data.draw(st.integers(2, 5))):
        members = [name for key, count in data.draw(counts).items() for name in group(key, count)]
        guests = data.draw(st.permutations([*data.draw(singles), *members]))
        placed = place(guests, held)
        assert placed.keys() == set(guests)
        assert [placed[name] for name in guests if name in held] == [held[name] for name in guests if name in held]
        assert len(set(placed.values())) == len(guests)
        assert set(placed.values()) <= set(FREE)
        held = placed


@given(NAMES, st.integers(1, len(FREE)))
def test_members_are_neighbours(name: str, count: int) -> None:
    """The next member of a group has the next free address, worker-10 behind worker-9."""
    placed = place(group(name, count))
    first = FREE.index(placed[f"{name}-1"])
    assert list(placed.values()) == [FREE[(first + offset) % len(FREE)] for offset in range(count)]


@given(st.permutations([*group("worker", 12), "a", "b"]))
def test_a_new_member_follows(names: list[str]) -> None:
    """Scaled up later, a group goes on behind its last member, in whatever order the config has its guests."""
    before = place(group("worker", 9))
    after = place(group("worker", 12), before)
    assert [FREE.index(after[name]) for name in group("worker", 12)] == [
        (FREE.index(before["worker-1"]) + offset) % len(FREE) for offset in range(12)
    ]
    assert place(names, after).items() >= after.items()


def test_fixed_addresses_win() -> None:
    """What config gives is given, even where another guest held it; that one is placed anew."""
    before = place(["a", "b"])
    after = allocate({"a": None, "b": None, "c": before["a"]}, CIDR, RESERVED, before)
    assert after["c"] == before["a"]
    assert after["b"] == before["b"]
    assert after["a"] not in (before["a"], before["b"])


@pytest.mark.parametrize("lost", [IPv4Address("10.99.0.5"), CIDR[1], CIDR[40]])
def test_held_addresses_that_no_longer_fit(lost: IPv4Address) -> None:
    """After a change of network or of its dynamic range, an address outside it is not kept."""
    assert place(["a"], {"a": lost}) == place(["a"])


def test_full() -> None:
    """The last free address is given; one guest more is too many, and is named."""
    names = group("worker", len(FREE))
    assert sorted(place(names).values()) == FREE
    with pytest.raises(OverflowError, match=r"^one-more$"):
        place([*names, "one-more"], place(names))


@given(st.permutations(group("worker", 12)))
def test_a_place_follows_from_the_name(names: list[str]) -> None:
    """Where nothing is in the way, a member's address follows from its name alone, on a host that holds nothing yet."""
    roomy = IPv4Network("10.0.0.0/8")
    together = allocate(dict.fromkeys(names), roomy, [], {})
    assert all(allocate({name: None}, roomy, [], {}) == {name: together[name]} for name in names)


def test_address6() -> None:
    """As a NIC makes it by itself: RFC 4291, appendix A, has this MAC."""
    assert address6(IPv6Network("fd00::/64"), "34:56:78:9a:bc:de") == "fd00::3656:78ff:fe9a:bcde"
