"""From a config whose fields are right to the lab that it means: groups expanded, defaults filled in."""

import re
from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha256
from ipaddress import IPv4Address, IPv4Interface, IPv4Network
from typing import cast

from components.domain_disks import DiskOptions
from components.domain_parts import Balloon, Cpu, Topology
from components.domain_shares import Share
from components.identity import mac_address
from stacks.config import models
from stacks.config.clusters import node_disks, node_image, node_layers, node_user_data, resolve_cluster
from stacks.config.lab import (
    Boot,
    Bridge,
    CatalogueImage,
    DataDisk,
    Digest,
    FileImage,
    FurtherPool,
    GuestSpec,
    Host,
    Image,
    Install,
    InstallSeed,
    Lab,
    Network,
    Nic,
    NicKind,
    NodeKey,
    Overcommit,
    Pool,
    Rule,
    Segment,
    Source,
    UrlImage,
)
from stacks.config.members import Member, members


def resolve(config: models.LabConfig, stack: str) -> Lab:
    """The lab that a checked config describes."""
    guests = (_guest(member, config, stack) for member in members(config))
    return Lab(
        stack=stack,
        kind=config.kind,
        hosts=tuple(_host(name, host) for name, host in hosts(config).items()),
        network=resolve_network(config.network, stack),
        pool=Pool(stack, config.pool.path or f"/var/lib/libvirt/images/{stack}"),
        guests=tuple(sorted(guests, key=lambda guest: natural(guest.name))),
        pools=tuple(_further_pool(key, pool, stack) for key, pool in sorted(config.pools.items())),
        networks=tuple(further_network(key, network, stack) for key, network in sorted(config.networks.items())),
        waivers=_waivers(config.waivers),
        kubernetes=resolve_cluster(config),
    )


def hosts(config: models.LabConfig) -> dict[str, models.HostConfig]:
    """The machines by their names; the one of `lab.host` has none."""
    if not config.hosts:
        return {
            "": config.host if isinstance(config.host, models.HostConfig) else models.HostConfig(address=config.host)
        }
    return {name: _named(name, host) for name, host in config.hosts.items()}


def _named(name: str, host: str | models.HostConfig) -> models.HostConfig:
    if not isinstance(host, models.HostConfig):
        return models.HostConfig(address=host)
    return host if "address" in host.model_fields_set else host.model_copy(update={"address": name})


def resolve_network(config: models.NetworkConfig, stack: str) -> Network:
    """The network with its defaults, all of which follow from the CIDR and the stack's name."""
    return _network(config, stack, config.cidr, f"{stack}.internal", config.bridge or _bridge(stack), "")


def further_network(key: str, config: models.FurtherNetworkConfig, stack: str) -> Network | Segment:
    """A network of `lab.networks`; no stack has a `_` in its name, so that no other lab has such a bridge."""
    name, bridge = f"{stack}-{key}", config.bridge or _bridge(f"{stack}_{key}")
    if config.cidr is None:
        return Segment(name, bridge, config.mtu, key)
    return _network(config, name, config.cidr, f"{key}.{stack}.internal", bridge, key)


def _network(
    config: models.NetworkConfig | models.FurtherNetworkConfig,
    name: str,
    cidr: IPv4Network,
    domain: str,
    bridge: str,
    key: str,
) -> Network:
    return Network(
        name=name,
        cidr=cidr,
        gateway=cidr[1],
        dhcp_start=config.dhcp.start if config.dhcp else cidr[cidr.num_addresses // 2],
        dhcp_end=config.dhcp.end if config.dhcp else cidr[-2],
        domain=config.domain or domain,
        bridge=bridge,
        mode=config.mode,
        mtu=config.mtu,
        ipv6=config.ipv6,
        key=key,
    )


def _host_bridge(config: models.HostBridgeConfig | None) -> Bridge | None:
    return Bridge(config.name, config.interface, config.vlan) if config else None


def _host(name: str, config: models.HostConfig) -> Host:
    return Host(
        address=config.address,
        accelerator=config.accelerator,
        at_once=config.at_once,
        timeout=config.timeout,
        key=config.host_key,
        bridge=_host_bridge(config.bridge),
        role=config.role,
        network_manager=config.network_manager,
        name=name,
        overcommit=Overcommit(config.overcommit.memory, config.overcommit.cpus, config.overcommit.disk),
    )


def natural(name: str) -> tuple[tuple[str, int], ...]:
    """A key that sorts worker-10 after worker-9."""
    return tuple((text, int(digits or -1)) for text, digits in re.findall(r"(\D*)(\d*)", name))


def _bridge(network: str) -> str:
    """A bridge's name of at most the 15 bytes that the kernel takes, the same for the same stack and network."""
    name = f"kl-{network}"
    if len(name) <= 15:
        return name
    return f"{name[:10].rstrip('-_')}-{sha256(network.encode()).hexdigest()[:4]}"


def nic_address(config: models.NicConfig, number: int | None) -> IPv4Address | None:
    """A NIC's fixed address: a group's members count up from the first one's."""
    first = config.address
    if first is None or number is None:
        return first
    # Past the end of all addresses only where the whole group is refused anyway.
    address = IPv4Address(min(int(first) + number - 1, 2**32 - 1))
    return IPv4Interface(f"{address}/{first.network.prefixlen}") if isinstance(first, IPv4Interface) else address


def nic_mac(config: models.NicConfig, stack: str, guest: str, nic: str, number: int | None) -> str:
    """A NIC's MAC: a group's members count up from the first one's."""
    if config.mac is None:
        return mac_address(stack, guest, nic)
    digits = f"{(int(config.mac.replace(':', ''), 16) + (number or 1) - 1) % 2**48:012x}"
    return ":".join(digits[place : place + 2] for place in range(0, 12, 2))


def _nic(member: Member, name: str, config: models.NicConfig, stack: str) -> Nic:
    kind: NicKind = "network" if config.network else "bridge" if config.bridge else "direct"
    return Nic(
        name=name,
        kind=kind,
        # The check has seen to it that there is one.
        source=config.network or config.bridge or config.direct or "",
        mac=nic_mac(config, stack, member.name, name, member.number),
        model=config.model,
        mtu=config.mtu,
        address=nic_address(config, member.number),
        gateway=config.gateway,
        is_default=config.default_route,
    )


def _guest(member: Member, lab: models.LabConfig, stack: str) -> GuestSpec:
    config, root = member.config, root_disk(member.config)
    kind, key = member.place
    node = cast("NodeKey", key) if kind == "kubernetes" else None
    image = None if config.install else (node and node_image(lab)) or _image(config.image or lab.image)
    disks = [_data_disk(name, disk) for name, disk in config.disks.items()]
    if node:
        disks += node_disks(lab)
    return GuestSpec(
        name=member.name,
        group=key if kind == "groups" else None,
        host=config.host or next(iter(lab.hosts), ""),
        number=member.number,
        image=image,
        cpus=config.cpus,
        memory=config.memory,
        max_cpus=config.max_cpus,
        max_memory=config.max_memory,
        firmware=config.firmware,
        machine=config.machine or ("q35" if config.firmware != "bios" or image is None else None),
        tpm=config.tpm,
        console=member.console,
        cpu=_cpu(config.cpu),
        balloon=_balloon(config.balloon),
        watchdog=config.watchdog and config.watchdog.action,
        description=config.description,
        shares=tuple(Share(tag, share.path) for tag, share in sorted(config.shares.items())),
        autostart=config.autostart,
        disk=root.size,
        disks=tuple(sorted(disks, key=lambda disk: disk.name)),
        address=member.address,
        layers=(*node_layers(lab), *config.layers) if node else config.layers,
        user_data=node_user_data(lab, config.user_data) if node else config.user_data,
        authorized_keys=tuple(dict.fromkeys((*lab.authorized_keys, *config.authorized_keys))),
        on_cloud_init_change=config.on_cloud_init_change,
        allow_restart=config.allow_restart,
        allow_data_loss=config.allow_data_loss,
        wait_for=config.wait_for or ("cloud-init" if image and config.power == "on" else "start"),
        ready_timeout=config.ready_timeout,
        nics=tuple(_nic(member, name, nic, stack) for name, nic in sorted(config.nics.items())),
        shutdown_timeout=config.shutdown_timeout,
        power=config.power,
        boot=_boot(config.boot),
        install=_install(config.install),
        disk_options=_options(root),
        pool=config.pool or "",
        waivers=_waivers(config.waivers),
        node=node,
    )


def _waivers(config: models.WaiversConfig) -> dict[Rule, str]:
    return cast("dict[Rule, str]", config.model_dump(by_alias=True, exclude_unset=True))


def _cpu(config: str | models.CpuConfig | None) -> Cpu | None:
    """None where it says nothing, as an empty mapping does."""
    asked = Cpu(config, None) if isinstance(config, str) else Cpu(None, None)
    if isinstance(config, models.CpuConfig):
        laid_out = config.topology and Topology(config.topology.sockets, config.topology.cores, config.topology.threads)
        asked = Cpu(config.model, laid_out)
    return asked if any(asked) else None


def _balloon(config: str | models.BalloonConfig) -> Balloon | None:
    """None where it is what libvirt gives anyway."""
    if isinstance(config, str):
        config = models.BalloonConfig(type="none" if config == "none" else "virtio")
    asked = Balloon(config.type == "virtio", config.free_page_reporting, config.autodeflate)
    return None if asked == Balloon(True, False, False) else asked


def root_disk(config: models.GuestConfig) -> models.RootDiskConfig:
    """A guest's root disk, of which config may say the size alone."""
    asked = config.disk
    if isinstance(asked, models.RootDiskConfig) and isinstance(config, models.NodesConfig):
        # A mapping that says how to go about a node's disk has a node's size.
        return asked.model_copy(update={} if "size" in asked.model_fields_set else {"size": models.NODE_DISK})
    return models.RootDiskConfig.model_construct(size=asked) if isinstance(asked, int) else asked


def _data_disk(name: str, config: models.DiskConfig) -> DataDisk:
    options = _options(config)
    if config.shared and not options.cache:
        # What another guest writes must not be read from this one's cache.
        options = options._replace(cache="none")
    return DataDisk(
        name=name,
        size=config.size or 0,
        protect=config.protect,
        options=options,
        path=config.path or "",
        shared=config.shared,
        read_only=config.read_only,
        pool=config.pool or "",
    )


def _further_pool(key: str, config: models.FurtherPoolConfig, stack: str) -> FurtherPool:
    group = config.volume_group or ""
    return FurtherPool(key, f"{stack}.{key}", config.path or f"/dev/{group}", group)


def _options(config: models.RootDiskConfig | models.DiskConfig) -> DiskOptions:
    return DiskOptions(config.cache, config.io, config.discard)


def _image(config: str | models.ImageFile | models.ImageUrl) -> Image | None:
    match config:
        case models.NO_IMAGE:
            return None
        case str():
            return CatalogueImage(config)
        case _:
            return replace(_source(config), disk=config.disk or "")


def _boot(config: models.BootConfig | None) -> Boot | None:
    if config is None:
        return None
    return Boot(_source(config.kernel), config.initrd and _source(config.initrd), config.cmdline)


def _install(config: models.InstallConfig | None) -> Install | None:
    if config is None:
        return None
    seed = config.seed
    return Install(_source(config.iso), InstallSeed(seed.label, seed.files) if seed else None)


def _source(config: models.ImageFile | models.ImageUrl | models.SourceFile | models.SourceUrl) -> Source:
    if isinstance(config, models.ImageFile | models.SourceFile):
        return FileImage(config.file, next(_digests(config), None))
    # The model has seen to it that there is one.
    return UrlImage(config.url, next(_digests(config)))


def _digests(source: models.Digested) -> Iterator[Digest]:
    if source.sha512:
        yield Digest("sha512", source.sha512)
    if source.sha256:
        yield Digest("sha256", source.sha256)
