"""From a guest of the config to what its component is to make."""

import pulumi

from components import cloud_init, identity
from components.domain import Graphics
from components.domain_boot import DirectBoot, Install
from components.domain_disks import USUAL, RootPlace
from components.domain_parts import Cpu, Topology
from components.enums import Firmware, OnCloudInitChange, Power, WaitFor
from components.guest import GuestArgs, shown
from components.host_facts import HostFacts
from stacks import disks, images, nics, preflight, screens, seeds
from stacks.common import Common, limits_of, seed_of
from stacks.config import GuestSpec, Lab
from stacks.ground import Ground
from stacks.offline.words import visible
from stacks.volumes import further_pool

CONTROL_PLANE_SHARES = 4096
"""Of the host's CPUs, against 1024 of any other guest with cgroups v1, 100 with v2, which takes no more than 10000.

Workers that all have much to do would starve a control plane of the same weight, and then no node is served.
"""


def guest_args(lab: Lab, guest: GuestSpec, facts: HostFacts, common: Common, on: Ground) -> GuestArgs:
    """What makes a guest; what few guests have is there where they have it.

    Args:
        lab: its part of the lab.
        guest: the guest.
        facts: its host.
        common: what is known of the whole lab.
        on: what it stands on.
    """
    seed_disk, install = seed_of(lab, guest, common), seeds.install_files(guest, common.secrets)
    password = screens.password(guest, common.secrets)
    args: GuestArgs = {
        "lab": lab.stack,
        "hostname": guest.name,
        "accelerator": preflight.accelerator(lab, facts),
        "cpus": guest.cpus,
        "memory_mib": guest.memory // preflight.MIB,
        "firmware": Firmware(guest.firmware),
        "autostart": guest.autostart,
        "disk_bytes": guest.disk,
        "data_disks": [disk.name for disk in guest.disks],
        "pool": on.stores[""].pool_name,
        "pool_path": lab.pool.path,
        "network": lab.network.name,
        "network_uuid": on.uuids[""],
        "mac": identity.mac_address(lab.stack, guest.name),
        "address": common.addresses[guest.name],
        "login": seeds.LOGIN,
        "host_key": common.host_keys[guest.name].public,
        "seed": pulumi.Output.secret(cloud_init.archive(seed_disk, common.lab_key.private, password, install)),
        "cloud_config": common.cloud_configs.get(guest.name)
        or cloud_init.shown(seeds.layers(guest), common.shown_key, guest.authorized_keys),
        "instance_id": seed_disk.instance_id,
        "on_cloud_init_change": OnCloudInitChange(guest.on_cloud_init_change),
        "wait_for": WaitFor(guest.wait_for),
        "ready_seconds": guest.ready_timeout,
        "shutdown_seconds": guest.shutdown_timeout,
        "is_broken": preflight.is_broken(lab, guest, facts),
        **limits_of(lab.host),
    }
    if guest.image:
        args["image"] = on.bases[images.link(guest.image)].link
    files = {file.kind: file.link for file in images.boot_files(guest)}
    if guest.boot:
        args["boot"] = DirectBoot(files["kernel"], files.get("initrd"), guest.boot.cmdline)
    if guest.install:
        args["install"] = Install(files["iso"], guest.install.seed and guest.install.seed.label)
    if files_shown := seeds.install_shown(guest, common.shown_key):
        args["install_files"] = files_shown
    if guest.power == "off":
        args["power"] = Power.OFF
    if guest.nics:
        args["nics"] = nics.nic_args(lab, guest, common.nic_addresses, on.uuids)
    if root := further_pool(lab, guest.pool):
        args["root"] = RootPlace(root.key, "" if root.group else root.name, root.path, root.group)
    if guest.disk_options != USUAL:
        args["disk_options"] = guest.disk_options
    if unusual := disks.unusual(lab, guest, facts):
        args["unusual_disks"] = unusual
    if guest.tpm:
        args["tpm"] = True
    if guest.max_cpus:
        args["max_cpus"] = guest.max_cpus
    if guest.max_memory:
        args["max_memory_mib"] = guest.max_memory // preflight.MIB
    if not guest.allow_restart:
        args["allow_restart"] = False
    if guest.machine:
        args["machine"] = guest.machine
    if guest.console.type != "none":
        screen = guest.console
        mark = common.marks.get(guest.name) if common.shown_key is None else screens.mark(common.shown_key, password)
        args["graphics"] = Graphics(screen.type, screen.port, screen.listen, mark)
    if cpu := _cpu(lab, guest, args["accelerator"]):
        args["cpu"] = cpu
    if guest.balloon:
        args["balloon"] = guest.balloon
    if guest.watchdog:
        args["watchdog"] = guest.watchdog
    if guest.description:
        args["description"] = guest.description
    if guest.shares:
        args["shares"] = guest.shares
    if lab.host.at_once is not None:
        args["at_once"] = lab.host.at_once
    planes = [node.guest for node in lab.kubernetes.nodes if node.role == "control-plane"] if lab.kubernetes else []
    if guest.name in planes:
        args["cpu_shares"] = CONTROL_PLANE_SHARES
    if guest.name in planes[:1]:
        args["is_first"] = True
    if common.shown_key is None:
        # The seed is made of what is not known: what is visible of it stands for it.
        args["seed"] = pulumi.Output.secret(visible(shown(args)))
    return args


def _cpu(lab: Lab, guest: GuestSpec, accelerator: str) -> Cpu | None:
    """What is asked for; an emulated node's CPUs are in one socket where nothing is said of it.

    By itself libvirt gives each a socket of its own. Then Linux takes no emulated TSC for its clock, and the HPET in
    its place takes several times as long to read, which programs written in Go do all the time: docs/decisions/0034.
    """
    cpus = guest.max_cpus or guest.cpus
    if lab.kubernetes is None or accelerator == "kvm" or cpus == 1 or (guest.cpu and guest.cpu.topology):
        return guest.cpu
    return Cpu(guest.cpu.model if guest.cpu else None, Topology(1, cpus, 1))
