"""What the copy of a state tells of a lab, in the place of what a host or the seed would tell. Pure."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from ipaddress import IPv4Address
from typing import Any, NamedTuple
from xml.etree import ElementTree

from components.guest import PENDING_SAID
from components.host_facts import DiskSource, Holder, HostFacts, Store
from components.identity import owner
from components.packages import SERVER
from stacks.config import Lab
from stacks.config.lab import LOCAL

Json = Mapping[str, Any]
_OURS = "kvmlab:index:"
_ON_NETWORK = re.compile(r"network (\S+) at ([0-9.]+)")


class Part(NamedTuple):
    """A component of ours and a command of it."""

    kind: str
    name: str
    inputs: Json
    environment: Json
    said: str
    is_protected: bool

    @property
    def host(self) -> str:
        """The address of the machine that it is on."""
        return self.environment.get("SSH_DESTINATION", LOCAL)


def parts(resources: Sequence[Json]) -> list[Part]:
    """What a state has of ours; a bridge is there twice, as it has two commands."""
    components = {each["urn"]: each for each in resources if each["type"].startswith(_OURS)}
    return list(_parts(components, resources))


def _parts(components: Mapping[str, Json], resources: Sequence[Json]) -> Iterator[Part]:
    for command in resources:
        component = components.get(command.get("parent", ""))
        if component is None or command["type"] != "command:local:Command":
            continue
        yield Part(
            component["type"].removeprefix(_OURS),
            component["urn"].rpartition("::")[2],
            component.get("inputs", {}),
            command.get("inputs", {}).get("environment", {}),
            str(command.get("outputs", {}).get("stdout", "")),
            bool(command.get("protect")),
        )


def of_kind(known: Sequence[Part], kind: str, host: str | None = None) -> list[Part]:
    """Those of a kind, in all of the lab or on a host."""
    return [part for part in known if part.kind == kind and host in (None, part.host)]


def seen_instance(part: Part, known: Sequence[Part]) -> tuple[object, ...]:
    """All that anyone can see of what makes a guest's instance-id."""
    networks = {each.name: each.inputs for each in of_kind(known, "Network", part.host)}
    suffix = "" if part.host == LOCAL else f"-{part.host.replace(':', '.')}"
    network = networks.get(f"network{suffix}", {})
    is_default = not any(nic.endswith(", default route") for nic in part.inputs.get("nics", {}).values())
    config, domain = part.inputs.get("cloud_config"), network.get("domain")
    return config, domain, part.inputs.get("mac"), is_default or network.get("ipv6", "")


def with_state(lab: Lab, facts: HostFacts, known: Sequence[Part]) -> HostFacts:
    """A host's facts, with those of the lab on it as the last run has left it.

    Args:
        lab: its part there.
        facts: the host's.
        known: what state tells.
    """
    host = lab.host.address
    guests = of_kind(known, "Guest", host)
    disks = _disks(known, host)
    pools = {part.inputs["name"]: part.inputs["path"] for part in of_kind(known, "Pool", host)}
    networks = {part.inputs["name"]: part.environment["NETWORK_UUID"] for part in of_kind(known, "Network", host)}
    held = {part.name: IPv4Address(part.inputs["address"]) for part in guests}
    return replace(
        facts,
        domains={**facts.domains, **{part.environment["DOMAIN"]: owner(lab.stack) for part in guests}},
        births={part.environment["DOMAIN"]: _birth(part) for part in guests},
        cluster={
            key: value
            for part in of_kind(known, "KubernetesCluster", host)
            if (birth := part.environment.get("CLUSTER_BIRTH"))
            for key, _, value in (
                word.partition("=") for word in [*birth.split(), f"address={part.environment['NODE_ADDRESS']}"]
            )
        },
        # Whether they have been is not known; that they have not must not be taken for granted.
        written=frozenset(f"{part.environment['DOMAIN']}.qcow2" for part in guests),
        pending=frozenset(part.environment["DOMAIN"] for part in guests if PENDING_SAID in part.said),
        protected=frozenset(part.environment["VOLUME"].removesuffix(".qcow2") for part in disks if part.is_protected),
        pools={**facts.pools, **pools},
        pool_lab=facts.pool_lab or (lab.stack if lab.pool.path in pools.values() else ""),
        pool_disks={**facts.pool_disks, **_sizes([*guests, *disks], lab.pool.path)},
        stores={pool.key: _store(facts.stores[pool.key], _sizes([*guests, *disks], pool.path)) for pool in lab.pools}
        if facts.stores
        else {},
        network_uuids={**facts.network_uuids, **networks},
        reservations={**facts.reservations, **_reservations(lab, guests), **({lab.network.name: held} if held else {})},
        kept_bridges=facts.kept_bridges | {part.inputs["bridge"] for part in of_kind(known, "HostBridge", host)},
        sources={**facts.sources, **{path: source for part in guests for path, source in _sources(part)}},
    )


def assumed(lab: Lab, known: Sequence[Part]) -> HostFacts:
    """A host of which nothing is recorded: what the last run has found there, else what most are."""
    host = lab.host.address
    accelerators = {part.inputs.get("accelerator") for part in of_kind(known, "Guest", host)}
    has_kvm = "qemu" not in accelerators
    setup = next(iter(of_kind(known, "KvmHost", host)), None)
    has = {*setup.environment.get("PACKAGES", "").split()} if setup else set[str]()
    managers = {manager: len(has & {*names}) for manager, names in SERVER.items()}
    return HostFacts(
        cpu_flag="vmx" if has_kvm else "",
        kvm_device=has_kvm,
        root=True,
        package_manager=max(managers, key=lambda manager: managers[manager]),
        libvirt="ok",
        pool_writable=True,
    )


def _birth(part: Part) -> tuple[str, str]:
    environment = part.environment
    replaces = environment.get("GUEST_CLOUD_INIT") == "replace"
    return environment["LINK"], environment["INSTANCE_ID"] if replaces else "-"


def _disks(known: Sequence[Part], host: str) -> list[Part]:
    return of_kind(known, "DataDisk", host)


def _sizes(disks: Sequence[Part], path: str) -> dict[str, int]:
    """Root disks and data disks in a directory, by file."""
    found: dict[str, int] = {}
    for part in disks:
        environment = part.environment
        place = environment.get("GUEST_ROOT_PATH") or environment["POOL_PATH"]
        file = environment.get("VOLUME") or environment["DOMAIN"]
        if not (environment.get("GUEST_ROOT_GROUP") or environment.get("GUEST_GROUP")):
            file = f"{file.removesuffix('.qcow2')}.qcow2"
        if place == path:
            found[file] = int(environment["DISK_BYTES"])
    return found


def _store(store: Store, sizes: Mapping[str, int]) -> Store:
    return store._replace(disks={file: (size, store.disks.get(file, (0, 0))[1]) for file, size in sizes.items()})


def _reservations(lab: Lab, guests: Sequence[Part]) -> dict[str, dict[str, IPv4Address]]:
    """What further networks hold for NICs."""
    names = {network.key: network.name for network in lab.networks}
    found: dict[str, dict[str, IPv4Address]] = {}
    for part in guests:
        for nic in part.inputs.get("nics", {}).values():
            told = _ON_NETWORK.match(nic)
            if told and told[1] in names:
                found.setdefault(names[told[1]], {})[part.name] = IPv4Address(told[2])
    return found


def _sources(part: Part) -> Iterator[tuple[str, DiskSource]]:
    """Disks of a guest as its definition has them: of those that were on the host before, nobody else tells."""
    for disk in ElementTree.fromstring(part.environment["DEFINITION"]).iter("disk"):  # noqa: S314 (our own)
        driver, source = disk.find("driver"), disk.find("source")
        if driver is None or source is None:
            continue
        path, content = source.get("dev") or source.get("file", ""), driver.get("type", "raw")
        holder = Holder(part.environment["DOMAIN"], content, disk.find("shareable") is not None)
        kind = "block" if source.get("dev") else "file"
        yield path, DiskSource(kind, path, content, holders=(holder,))
