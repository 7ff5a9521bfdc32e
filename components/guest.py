"""A guest: a virtual machine with its disks, its address, and the wait until it is of use."""

from collections.abc import Mapping, Sequence
from typing import NotRequired
from uuid import uuid4

import pulumi

from components.domain import LOOPBACK, DomainSpec, Graphics, data_volume, definition
from components.domain_boot import DirectBoot, Install
from components.domain_disks import USUAL, DataVolume, DiskOptions, RootPlace
from components.domain_disks import shown as shown_disk
from components.domain_parts import Balloon, Cpu
from components.domain_shares import Share
from components.enums import Firmware, OnCloudInitChange, Power, WaitFor
from components.identity import domain_uuid, owner
from components.nics import NicArgs, environment, nic_spec, shown_nics
from components.options import first_child, without_order
from components.shell import Limits, limits, script

PENDING_SAID = "is as asked for when it restarts"
"""What guest.sh says of one that runs on as it was."""


def shown(args: "GuestArgs") -> dict[str, pulumi.Input[object]]:
    """What a preview shows of a guest itself, by the keys of effects.GUEST; the rest stands with its command."""
    told: dict[str, pulumi.Input[object]] = {
        key: args[key] for key in ("accelerator", "address", "cloud_config", "cpus", "disk_bytes", "mac", "memory_mib")
    }
    told["image"] = args.get("image", "none")
    # What few guests have is there where they have it.
    graphics = args.get("graphics")
    if graphics != Graphics("vnc", None):
        told["console"] = _screen(graphics) if graphics else "none"
    if graphics and graphics.mark:
        told["console_password"] = f"[hidden {graphics.mark}]"
    for key in (
        "autostart",
        "data_disks",
        "cpu_shares",
        "description",
        "install_files",
        "machine",
        "max_cpus",
        "max_memory_mib",
        "power",
        "tpm",
        "watchdog",
    ):
        if value := args.get(key):
            told[key] = value
    if nics := args.get("nics"):
        told["nics"] = shown_nics(nics)
    for key in ("balloon", "cpu"):
        if part := args.get(key):
            told[key] = part.shown
    if boot := args.get("boot"):
        told["boot"] = str(boot)
    if shares := args.get("shares"):
        told["shares"] = [f"{share.tag} of {share.path}" for share in shares]
    if install := args.get("install"):
        told["install"] = f"{install.iso} with a seed" if install.seed else install.iso
    if args["firmware"] != Firmware.BIOS:
        told["firmware"] = args["firmware"]
    if root := args.get("root"):
        told["pool"] = root.key
    if (options := args.get("disk_options", USUAL)) != USUAL:
        told["disk_options"] = options.words
    if unusual := args.get("unusual_disks"):
        told["unusual_disks"] = {
            name: shown_disk(volume, _usual_place(args, name)) for name, volume in sorted(unusual.items())
        }
    return told


def _screen(graphics: Graphics) -> str:
    port = f" at port {graphics.port}" if graphics.port else ""
    listen = f" of {graphics.listen}" if graphics.listen != LOOPBACK else ""
    return f"{graphics.type}{port}{listen}{', with a password' if graphics.mark else ''}"


class GuestArgs(Limits):
    """What makes a guest."""

    lab: str
    """Plain: the lab's name, first part of the domain's. Change: replace."""
    hostname: str
    """Plain: the guest's name in DNS and in itself. Change: replace."""
    accelerator: str
    """Plain: libvirt's domain type, `kvm` or `qemu`. Change: restart."""
    cpus: int
    """Plain: virtual CPUs. Change: more, up to max_cpus, live; else restart, the disk stays."""
    memory_mib: int
    """Plain: memory in MiB. Change: up to max_memory_mib live; else restart, the disk stays."""
    max_cpus: NotRequired[int]
    """Plain: up to as many CPUs are added while it runs; default: as many as it has. Change: restart."""
    max_memory_mib: NotRequired[int]
    """Plain: up to as much memory in MiB is given it while it runs; default: as much as it has. Change: restart."""
    firmware: Firmware
    """Plain: what starts the guest; with UEFI the image must have an EFI system partition. Change: restart."""
    machine: NotRequired[str]
    """Plain: libvirt's machine type, `pc` or `q35`; default: libvirt's. Change: restart."""
    tpm: NotRequired[bool]
    """Plain: a TPM 2.0, which swtpm emulates on the host. Default false. Change: restart."""
    graphics: NotRequired[Graphics]
    """Plain: its screen; default: none, the serial console alone. Change: restart, but of the password alone live."""
    boot: NotRequired[DirectBoot]
    """Plain: a kernel to start, by links of Images in the pool; default: it starts from its disks. Change: restart."""
    install: NotRequired[Install]
    """Plain: an installer's CD, by the link of an Image in the pool, which starts while the root disk starts nothing,
    and the label of a disk with what it is told; default: none. Change: restart."""
    install_files: NotRequired[str]
    """Plain: what is on that disk, what may be a secret hidden, for people who read a preview; the seed counts."""
    power: NotRequired[Power]
    """Plain: whether it runs; `off` is made and never started. Default `on`. Change: it shuts down, or starts."""
    cpu: NotRequired[Cpu]
    """Plain: what its CPU is; default: the host's with KVM, else libvirt's choice. Change: restart."""
    cpu_shares: NotRequired[int]
    """Plain: its weight where guests want more of the host's CPUs than there is, 2 to 10000 to fit cgroups v1 and v2;
    default: the kernel's, 1024 with v1, 100 with v2. Change: restart.
    https://libvirt.org/formatdomain.html#cpu-tuning"""
    balloon: NotRequired[Balloon]
    """Plain: what takes memory back from it; default: libvirt's, of virtio. Change: restart."""
    watchdog: NotRequired[str]
    """Plain: what is done when its system hangs, in libvirt's word; default: nothing watches. Change: restart."""
    shares: NotRequired[Sequence[Share]]
    """Plain: directories of the host's that it may mount; they are there, and stay. Default none. Change: restart."""
    description: NotRequired[str]
    """Plain: what its user says that it is, its title in libvirt. Default: nothing. Change: live."""
    autostart: bool
    """Plain: whether it starts with the host. Change: live."""
    disk_bytes: int
    """Plain: size of the root disk in bytes, at least the image's. Change: grown live; shrinking is refused."""
    disk_options: NotRequired[DiskOptions]
    """Plain: how QEMU goes about the root disk; default: as it likes. Change: restart."""
    root: NotRequired[RootPlace]
    """Plain: where the root disk is, if not in the pool. Change: replace."""
    data_disks: Sequence[str]
    """Plain: names of its data disks. Change: live; a disk that goes should be unmounted before."""
    nics: NotRequired[Sequence[NicArgs]]
    """Plain: NICs beside the first. Default: none. Change: live; the guest's own system is told of one that comes."""
    unusual_disks: NotRequired[Mapping[str, DataVolume]]
    """Plain: those of them that are not a plain volume of a DataDisk's. Change: restart, but for another path, which is
    another disk: live."""
    image: NotRequired[pulumi.Input[str]]
    """Link of the base image in the pool, an Image's output; default: none, a blank root disk. Change: replace, before
    the image goes."""
    pool: pulumi.Input[str]
    """Name of the pool, a Pool's output. Change: replace, before the pool goes."""
    pool_path: str
    """Plain: directory of the pool. Change: replace."""
    network: str
    """Plain: name of the network. Change: restart."""
    network_uuid: str
    """Plain: another one is another network. Change: restart."""
    mac: str
    """Plain: MAC of the first NIC. Change: restart."""
    address: str
    """Plain: the IPv4 address that the network reserves for the MAC. Change: restart."""
    login: str
    """Plain: the user that readiness logs in as. Change: waited for again."""
    host_key: str
    """Plain: public half of the guest's SSH host key. Change: waited for again."""
    seed: pulumi.Input[str]
    """Secret: archive of user-data, meta-data, network-config, the lab's private `key`, and the screen's `password`.
    Change: by on_cloud_init_change."""
    cloud_config: str
    """Plain: the layers as merged, what may be a secret hidden, for people who read a preview; the seed counts."""
    instance_id: str
    """Plain: cloud-init's instance-id in the seed; a new one makes cloud-init run again."""
    on_cloud_init_change: OnCloudInitChange
    """Plain: what a new instance_id does: `replace` the guest, `rerun` cloud-init at a restart, or `ignore` it."""
    allow_restart: NotRequired[bool]
    """Plain: whether a change may restart it; else one that needs it is pending until somebody does. Default true.
    Change: live."""
    wait_for: WaitFor
    """Plain: when the guest counts as made. Change: waited for again."""
    ready_seconds: int
    """Plain: how long it may take until then."""
    shutdown_seconds: int
    """Plain: how long it may take to power off before it is cut off; 0 cuts it off at once."""
    at_once: NotRequired[int]
    """Plain: how many guests start or shut down at the same time; default: one a CPU of the host, with KVM two."""
    is_first: NotRequired[bool]
    """Plain: whether much waits for it, so that it starts beside those. Default false. Change: live."""
    is_broken: NotRequired[bool]
    """Plain: the host shows that the guest is not whole, so it is made so, whatever state says. Default false.
    Change: live."""


class Guest(pulumi.ComponentResource):
    """A domain `<lab>-<hostname>` with a root disk over a shared image, a seed disk, and a reserved address.

    It exists when SSH answers with the host key that it was given and cloud-init is done. It is shut down cleanly
    before it is restarted, replaced or destroyed.

    One command makes all of it, since a script that converges has nothing to remember, and each resource more costs
    every preview: docs/decisions/0008.

    Replaces on: lab, hostname, image, pool, pool_path, and instance_id where on_cloud_init_change is `replace`.
    """

    address: pulumi.Output[str]
    """The guest's IPv4 address, known at preview."""
    domain_id: pulumi.Output[str]
    """The domain's UUID, known at preview."""

    def __init__(self, name: str, args: GuestArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("kvmlab:index:Guest", name, shown(args), without_order(opts))
        policy = args["on_cloud_init_change"]
        is_broken = args.get("is_broken", False)
        instance_id = _instance_id(args)
        birth = [args["lab"], args["hostname"], args.get("image", ""), args["pool"], args["pool_path"]]
        if root := args.get("root"):
            birth.append(root.path)
        if policy == OnCloudInitChange.REPLACE:
            birth.append(instance_id)
        ignored = [] if is_broken else ["environment.RUN"]
        if policy == OnCloudInitChange.IGNORE and not _keeps_seed(args):
            ignored.append("stdin")
        spec = domain_spec(args, instance_id)
        # There once the guest is.
        self.ready = script(
            f"{name}-guest",
            "guest.sh apply",
            {
                "DOMAIN": spec.name,
                "GUEST": args["hostname"],
                "OWNER": spec.description,
                "DEFINITION": definition(spec),
                "ACCELERATOR": args["accelerator"],
                "POOL": args["pool"],
                "POOL_PATH": args["pool_path"],
                "LINK": args.get("image", ""),
                "DISK_BYTES": str(args["disk_bytes"]),
                "NETWORK": args["network"],
                "MAC": args["mac"],
                "ADDRESS": args["address"],
                "LOGIN": args["login"],
                "HOST_KEY": args["host_key"],
                "INSTANCE_ID": instance_id,
                "WAIT_FOR": args["wait_for"],
                "READY_SECONDS": str(args["ready_seconds"]),
                "SHUTDOWN_SECONDS": str(args["shutdown_seconds"]),
                **({"AT_ONCE": str(args["at_once"])} if "at_once" in args else {}),
                **({"IS_FIRST": "1"} if args.get("is_first") else {}),
                **_unusual(args),
                **limits(args),
                "RUN": uuid4().hex if is_broken else "",
            },
            first_child(self, opts, pulumi.ResourceOptions(delete_before_replace=True, ignore_changes=ignored)),
            delete="guest.sh delete",
            stdin=args["seed"],
            triggers=birth,
            ssh=args.get("ssh"),
        )
        self.domain_id = pulumi.Output.from_input(spec.uuid)
        self.address = pulumi.Output.from_input(args["address"])
        self.register_outputs({"address": self.address, "domain_id": self.domain_id})

    def is_pending(self, *, restarted: bool) -> pulumi.Output[bool]:
        """Whether a change waits for the guest to be restarted by somebody, as far as the last run tells.

        Args:
            restarted: whether that has happened since.
        """
        return self.ready.stdout.apply(lambda said: PENDING_SAID in said and not restarted)


def _keeps_seed(args: GuestArgs) -> bool:
    """Whether the seed comes by stdin beside a password that must come, and is left as it was."""
    graphics = args.get("graphics")
    has_password = graphics is not None and graphics.mark is not None
    return has_password and args["on_cloud_init_change"] == OnCloudInitChange.IGNORE


def _unusual(args: GuestArgs) -> dict[str, str]:
    """What most guests have not: for those the command stays what it was before there was such a thing."""
    asked: dict[str, str] = {}
    if root := args.get("root"):
        asked["GUEST_ROOT_PATH"] = root.path
        if root.group:
            asked |= {"GUEST_ROOT_GROUP": root.group, "GUEST_LAB": args["lab"]}
        else:
            asked["GUEST_ROOT_POOL"] = root.pool
    if args["data_disks"]:
        asked["DATA_DISKS"] = " ".join(args["data_disks"])
    if nics := args.get("nics"):
        asked["GUEST_NICS"] = environment(nics)
    if args["firmware"] != Firmware.BIOS:
        asked["GUEST_FIRMWARE"] = args["firmware"]
    if install := args.get("install"):
        asked["GUEST_INSTALL"] = "yes"
        if install.seed:
            asked["GUEST_INSTALL_SEED"] = install.seed
    if args.get("power") == Power.OFF:
        asked["GUEST_POWER"] = Power.OFF
    if _keeps_seed(args):
        asked["GUEST_SEED"] = "kept"
    if title := args.get("description"):
        asked["GUEST_TITLE"] = title
    if args["autostart"]:
        asked["GUEST_AUTOSTART"] = "yes"
    if args["on_cloud_init_change"] == OnCloudInitChange.REPLACE:
        asked["GUEST_CLOUD_INIT"] = "replace"
    if not args.get("allow_restart", True):
        asked["GUEST_RESTART"] = "no"
    if "max_cpus" in args or "max_memory_mib" in args:
        asked["GUEST_SIZE"] = f"{args['cpus']}-{args['memory_mib']}"
    return asked


def domain_definition(args: GuestArgs) -> str:
    """The guest's domain as libvirt reads it."""
    return definition(domain_spec(args, _instance_id(args)))


def _instance_id(args: GuestArgs) -> str:
    """The seed of a guest that ignores changes is of some earlier day, so no id is expected of it."""
    return "" if args["on_cloud_init_change"] == OnCloudInitChange.IGNORE else args["instance_id"]


def _install(args: GuestArgs) -> Install | None:
    """With paths in place of names."""
    install = args.get("install")
    if install is None:
        return None
    seed = f"{args['pool_path']}/{args['lab']}-{args['hostname']}-install.iso" if install.seed else None
    return Install(f"{args['pool_path']}/{install.iso}", seed)


def _usual_place(args: GuestArgs, disk: str) -> str:
    """Of a data disk, beside the root disk."""
    domain = f"{args['lab']}-{args['hostname']}"
    return f"{args['pool_path']}/{data_volume(domain, disk)}"


def domain_spec(args: GuestArgs, instance_id: str) -> DomainSpec:
    """The guest's domain.

    Args:
        args: the guest.
        instance_id: of its seed, or empty where its seed does not matter.
    """
    name, boot = f"{args['lab']}-{args['hostname']}", args.get("boot")
    unusual, root = args.get("unusual_disks", {}), args.get("root")
    return DomainSpec(
        name=name,
        uuid=domain_uuid(args["lab"], args["hostname"]),
        description=owner(args["lab"]),
        accelerator=args["accelerator"],
        cpus=args["cpus"],
        memory_mib=args["memory_mib"],
        max_cpus=args.get("max_cpus"),
        max_memory_mib=args.get("max_memory_mib"),
        firmware=args["firmware"],
        machine=args.get("machine"),
        tpm=args.get("tpm", False),
        graphics=args.get("graphics"),
        boot=boot.within(args["pool_path"]) if boot else None,
        install=_install(args),
        disks=[
            root.disk(name) if root else ("qcow2", f"{args['pool_path']}/{name}.qcow2"),
            ("raw", f"{args['pool_path']}/{name}-seed.iso"),
        ],
        data=[unusual.get(disk) or DataVolume(disk, _usual_place(args, disk)) for disk in args["data_disks"]],
        root=args.get("disk_options", USUAL),
        root_is_block=bool(root and root.group),
        network=args["network"],
        mac=args["mac"],
        # On another network its NIC hangs in the air. A lease is renewed once an hour; a restart has the new address.
        instance=[args["network_uuid"], args["address"], instance_id],
        nics=[nic_spec(nic) for nic in args.get("nics", ())],
        cpu=args.get("cpu"),
        cpu_shares=args.get("cpu_shares"),
        balloon=args.get("balloon"),
        watchdog=args.get("watchdog"),
        title=args.get("description", ""),
        shares=args.get("shares", ()),
    )
