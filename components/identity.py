"""Who a guest is: MAC, address, owner. All follow from names and config, so all are known at preview. Keys: keys.py."""

import hashlib
from collections.abc import Callable, Iterable, Mapping
from ipaddress import IPv4Address, IPv4Network, IPv6Network
from uuid import UUID


def mac_address(lab: str, guest: str, nic: int | str = 0) -> str:
    """A locally administered unicast MAC, in QEMU's 52:54 range, from lab, guest, and the NIC's name or number."""
    return ":".join(f"{byte:02x}" for byte in b"\x52\x54" + _hash(lab, guest, str(nic))[:4])


def address6(prefix: IPv6Network, mac: str) -> str:
    """The address that a NIC gives itself where a prefix is announced: RFC 4291, appendix A."""
    digits = mac.replace(":", "")
    identifier = int(f"{digits[:6]}fffe{digits[6:]}", 16) ^ 1 << 57
    return str(prefix[identifier])


def network_uuid(lab: str, definition: str) -> str:
    """A network's UUID: its first half tells whose it is, its second half what it is defined as."""
    return str(UUID(bytes=_hash("lab", lab)[:8] + _hash("network", definition)[:8]))


def network_prefix(lab: str) -> str:
    """How the UUIDs of a lab's networks begin."""
    return network_uuid(lab, "")[:19]


def pool_uuid(lab: str, pool: str) -> str:
    """A further pool's UUID, by which it is told from others of its name; it begins as those of the networks do."""
    return str(UUID(bytes=_hash("lab", lab)[:8] + _hash("pool", pool)[:8]))


def owns_network(lab: str, uuid: str) -> bool:
    """Whether network_uuid made this UUID for the lab."""
    return uuid.startswith(network_prefix(lab))


def domain_uuid(lab: str, guest: str) -> str:
    """A domain's UUID, the same for a guest that is made anew."""
    return str(UUID(bytes=_hash("domain", lab, guest)[:16]))


def owner(lab: str) -> str:
    """A domain's description: whose guest it is."""
    return f"guest of kvmlab lab {lab}"


def allocate(
    guests: Mapping[str, IPv4Address | None],
    cidr: IPv4Network,
    reserved: Iterable[tuple[IPv4Address, IPv4Address]],
    held: Mapping[str, IPv4Address],
) -> dict[str, IPv4Address]:
    """Give every guest without an address one of its own.

    A guest keeps the address that it holds on the host. A new one gets the first free address at or behind a place
    that its name gives, members of a group one behind the other, so that editing other guests moves nobody.

    Args:
        guests: the address that config gives, or None, by guest name.
        cidr: the lab's network.
        reserved: ranges that no guest is put into, first and last address: the gateway, the dynamic range.
        held: the reservations that the host has now, by guest name.

    Raises:
        OverflowError: the network has fewer free addresses than guests.
    """
    ranges = [(int(first), int(last)) for first, last in reserved]
    taken = {int(address) for address in guests.values() if address is not None}

    def is_free(address: int) -> bool:
        return address not in taken and not any(first <= address <= last for first, last in ranges)

    result: dict[str, IPv4Address] = {}
    for name, fixed in guests.items():
        address = fixed or held.get(name)
        if fixed or (address and address in cidr and is_free(int(address))):
            result[name] = IPv4Address(int(address or 0))
            taken.add(int(address or 0))
    for name in guests:
        if name not in result:
            result[name] = IPv4Address(_first_free(name, cidr, is_free))
            taken.add(int(result[name]))
    return result


def _first_free(name: str, cidr: IPv4Network, is_free: Callable[[int], bool]) -> int:
    """The first free address at or behind the name's place, round the network once."""
    group, _, number = name.rpartition("-")
    member = bool(group) and number.isdecimal()
    place = int.from_bytes(_hash("address", group if member else name)[:8], "big") + (int(number) if member else 0)
    usable = cidr.num_addresses - 2
    for step in range(usable):
        address = int(cidr.network_address) + 1 + (place + step) % usable
        if is_free(address):
            return address
    raise OverflowError(name)


def _hash(*parts: str) -> bytes:
    return hashlib.sha256("\0".join(parts).encode()).digest()
