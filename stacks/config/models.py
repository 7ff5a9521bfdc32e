"""What a user may write under `kvmlab:lab`: the single source of the schema, the reference and each field's check."""

from collections.abc import Sequence
from ipaddress import IPv4Network
from typing import TYPE_CHECKING, Annotated, Any, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    model_validator,
)
from pydantic.alias_generators import to_camel

from stacks.config.fields import (
    AbsoluteFile,
    Address,
    AtOnce,
    CatalogueName,
    Cidr,
    Count,
    Cpus,
    Directory,
    Disk,
    DisplayPort,
    Domain,
    Duration,
    HostKey,
    HostName,
    Interface,
    LayerName,
    Machine,
    Member,
    Memory,
    Port,
    PublicKey,
    Sha256,
    Sha512,
    Switch,
    Timeout,
    Url,
    Vlan,
)
from stacks.config.lab import (
    LOCAL,
    Accelerator,
    ConsoleType,
    Firmware,
    Kind,
    MachineType,
    NetworkManager,
    OnCloudInitChange,
    Role,
    WaitFor,
)
from stacks.config.raw import Raw
from stacks.config.scalars import MIB, ScalarError

if TYPE_CHECKING:
    from pydantic.config import JsonDict, JsonValue

NAMES: "JsonDict" = {"pattern": "^[a-z]([a-z0-9-]*[a-z0-9])?$"}

# What a change of a key does, in the words of the reference: first which of live, restart, replace and refused it is.
REDEFINE = "restart, once and cleanly, with the same disks"
REPLACE = "replace: a new root disk, the same data disks"
NO_GUEST = "live, no guest notices"
NETWORK = "restart of all guests, with the same disks, for a new network"
EVERYTHING = "replace: everything is made anew"
GROWS = "live when it grows; refused when it shrinks"
BRIDGE = "the bridge is taken away, and the new one made; the host keeps its addresses"
BY_CLOUD_INIT = "as `onCloudInitChange` says"


def _doc(change: str, shown: str | None = None, **more: "JsonValue") -> "JsonDict":
    """For the reference: what a change of the field does, and its default in words where it is no plain value."""
    return {"x-change": change, "x-default": shown, **more}


def _word_or_mapping(value: Raw) -> str:
    return "\0mapping" if isinstance(value, dict) else "\0name"


def _image_form(value: Raw) -> str:
    """Which form the user meant, so that only that form's problems are reported."""
    match value:
        case {"url": _}:
            return "\0url"
        case {"file": _}:
            return "\0file"
        case dict():
            return "\0mapping"
        case _:
            return "\0name"


class Model(BaseModel):
    """camelCase outside, snake_case inside; frozen, and nothing unknown is let through."""

    # Only the model of the whole lab is ever built, and its parts within it.
    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=to_camel, defer_build=True)


class HostBridgeConfig(Model):
    """A bridge over an interface of the host's own; its addresses become the bridge's."""

    name: Interface = Field(
        default="br0", description="The bridge, at most 15 characters.", json_schema_extra=_doc(BRIDGE)
    )
    interface: Port = Field(
        default="default-route",
        description="The interface: its name, its MAC address, or `default-route`, the one that has it.",
        json_schema_extra=_doc(BRIDGE),
    )
    vlan: Vlan | None = Field(
        default=None,
        description="The tag of a network on it, 1 to 4094: the bridge carries that one for guests, and the interface "
        "keeps its addresses.",
        json_schema_extra=_doc(BRIDGE, "none, the untagged network and its addresses"),
    )


class HostConfig(Model):
    """The machine that carries the lab."""

    address: Machine = Field(
        default=LOCAL,
        description="The machine: `local` is this one; else what `ssh` takes, as a name of your ssh config.",
        json_schema_extra=_doc(EVERYTHING, "this machine; in `hosts`, the name there"),
    )
    host_key: HostKey | None = Field(
        default=None,
        description="The public SSH host key of a machine that is not this one.",
        json_schema_extra=_doc(NO_GUEST, "as your `known_hosts` has it"),
    )
    accelerator: Accelerator = Field(
        default="auto",
        description="What runs the guests: `kvm`, `tcg` (slow emulation), or `auto`, KVM where the host offers it.",
        json_schema_extra=_doc(REDEFINE),
    )
    at_once: AtOnce | None = Field(
        default=None,
        description="How many guests boot or shut down at the same time; the others wait for their turn.",
        json_schema_extra=_doc(NO_GUEST, "one a CPU of the host, two with KVM"),
    )
    timeout: Timeout = Field(
        default=120,
        description="How long libvirt may take for an answer before the run ends with an error.",
        json_schema_extra=_doc(NO_GUEST, "`2m`"),
    )
    role: Role = Field(
        default="server",
        description="What is installed: `server`, what carries guests; `workstation`, what manages guests elsewhere "
        "(virsh, virt-manager, virt-viewer, ssh), in a lab of kind `host`; or `both`.",
        json_schema_extra=_doc("live; what was installed before stays"),
    )
    bridge: HostBridgeConfig | None = Field(
        default=None,
        description="A bridge to the host's own network; in a lab of kind `host`.",
        json_schema_extra=_doc("made or taken away, and the host keeps its addresses", "none"),
    )
    network_manager: NetworkManager = Field(
        default="keep",
        description="What becomes of NetworkManager, in a lab of kind `host`: `keep`; `unmanaged`: it leaves labs' "
        "devices alone, and the bridge, which another must manage then; or `mask`: it is stopped and never started.",
        json_schema_extra=_doc("live; undone with the lab"),
    )


HostChoice = Annotated[
    Annotated[Machine, Tag("\0name")] | Annotated[HostConfig, Tag("\0mapping")], Discriminator(_word_or_mapping)
]


class DhcpConfig(Model):
    """The addresses that libvirt leases to machines that are not in the config; guests of the lab never get one."""

    start: Address = Field(description="The first address.", json_schema_extra=_doc(NETWORK))
    end: Address = Field(description="The last address.", json_schema_extra=_doc(NETWORK))


class NetworkConfig(Model):
    """The lab's own NAT network; the first address is the host's."""

    cidr: Cidr = Field(
        default=IPv4Network("10.20.0.0/24"),
        description="The network with its prefix, /16 to /28, in private address space.",
        json_schema_extra=_doc(NETWORK),
    )
    dhcp: DhcpConfig | None = Field(
        default=None, description="The DHCP range.", json_schema_extra=_doc(NETWORK, "the upper half of the network")
    )
    domain: Domain | None = Field(
        default=None, description="The DNS domain of the guests.", json_schema_extra=_doc(NETWORK, "`<stack>.internal`")
    )
    bridge: Interface | None = Field(
        default=None,
        description="The bridge on the host, at most 15 characters.",
        json_schema_extra=_doc(NETWORK, "`kl-<stack>`, cut with a hash when that is too long"),
    )


class PoolConfig(Model):
    """The directory on the host where images and disks live."""

    path: Directory | None = Field(
        default=None,
        description="An absolute directory; made if absent.",
        json_schema_extra=_doc(EVERYTHING, "`/var/lib/libvirt/images/<stack>`"),
    )


class ImageSource(Model):
    """What a file must hold to be used; one digest, in the form that its publisher gives, of the file as it is."""

    sha512: Sha512 | None = Field(
        default=None, description="The SHA-512 in hexadecimal.", json_schema_extra=_doc(REPLACE, "none")
    )
    sha256: Sha256 | None = Field(
        default=None, description="The SHA-256 in hexadecimal.", json_schema_extra=_doc(REPLACE, "none")
    )
    disk: Member | None = Field(
        default=None,
        description="In an archive, the file that is the disk, by its name as `tar -t` or `unzip -Z1` lists it; must "
        "be given where there are several.",
        json_schema_extra=_doc(REPLACE, "the only one"),
    )

    @model_validator(mode="after")
    def _one_digest(self) -> Self:
        if self.sha512 and self.sha256:
            raise ScalarError("must have one digest, got both sha512 and sha256; keep sha512")
        return self


class ImageFile(ImageSource):
    """An image that is on the host already: qcow2, VMDK, VDI, VHD, VHDX or raw, also compressed, in a tar or a zip."""

    file: AbsoluteFile = Field(description="Absolute path of the file on the host.", json_schema_extra=_doc(REPLACE))


class ImageUrl(ImageSource):
    """The same from the web, never unpacked before its digest has been checked; one of the two must be given."""

    url: Url = Field(description="Where the file is, http or https.", json_schema_extra=_doc(REPLACE))

    @model_validator(mode="after")
    def _has_digest(self) -> Self:
        if not (self.sha512 or self.sha256):
            raise ScalarError(
                "must have a digest beside its url, got none; add sha512 or sha256 as its publisher gives it"
            )
        return self


ImageConfig = Annotated[
    Annotated[CatalogueName, Tag("\0name")] | Annotated[ImageFile, Tag("\0file")] | Annotated[ImageUrl, Tag("\0url")],
    Discriminator(_image_form),
]


class ConsoleConfig(Model):
    """A guest's screen, which a viewer shows; it listens on the host's loopback alone."""

    type: ConsoleType = Field(
        default="vnc",
        description="`vnc`; `spice`, with a clipboard, where the host's QEMU has it; or `none`.",
        json_schema_extra=_doc(REDEFINE),
    )
    port: DisplayPort | None = Field(
        default=None,
        description="The TCP port, 5900 to 65535, of that guest alone; a group's members count up from it. Take one "
        "from 6000 on: below, libvirt gives ports to guests without.",
        json_schema_extra=_doc(REDEFINE, "chosen at each start"),
    )


ConsoleChoice = Annotated[
    Annotated[ConsoleType, Tag("\0name")] | Annotated[ConsoleConfig, Tag("\0mapping")],
    Discriminator(_word_or_mapping),
]


class DiskConfig(Model):
    """A further disk, blank at first, which stays when its guest is replaced."""

    size: Disk = Field(description="Its size.", json_schema_extra=_doc(GROWS))
    protect: Switch = Field(
        default=True,
        description="Whether it is refused to delete it: with the guest, with the lab, or as it is taken out here.",
        json_schema_extra=_doc(NO_GUEST),
    )


class GuestConfig(Model):
    """A virtual machine."""

    host: HostName | None = Field(
        default=None,
        description="The machine that carries it, by its name in `hosts`; must be given where there are several.",
        json_schema_extra=_doc("replace, on the other machine", "the only one"),
    )
    image: ImageConfig | None = Field(
        default=None,
        description="What the disk starts from: a name of `images/catalogue.yaml`, or a mapping with `file` or `url`.",
        json_schema_extra=_doc(REPLACE, "the lab's `image`"),
    )
    cpus: Cpus = Field(default=1, description="Virtual CPUs, 1 to 255.", json_schema_extra=_doc(REDEFINE))
    memory: Memory = Field(
        default=1024 * MIB,
        description="RAM in whole MiB, at least `128MiB`.",
        json_schema_extra=_doc(REDEFINE, "`1GiB`"),
    )
    disk: Disk = Field(
        default=8 * 1024 * MIB,
        description="Size of the root disk, no smaller than the image's.",
        json_schema_extra=_doc(GROWS, "`8GiB`"),
    )
    disks: dict[str, DiskConfig] = Field(
        default={},
        description="Further disks by name: at most 16, of at most 20 characters each. In the guest one is "
        "`/dev/disk/by-id/virtio-<name>`; it is never formatted.",
        json_schema_extra=_doc("live; what is taken out is deleted, or refused", "none", propertyNames=NAMES),
    )
    firmware: Firmware = Field(
        default="bios",
        description="What starts the system: `bios`; `uefi`; or `uefi-secure`, which starts only what is signed, with "
        "the usual keys enrolled. With UEFI the image must have an EFI system partition.",
        json_schema_extra=_doc(REDEFINE),
    )
    machine: MachineType | None = Field(
        default=None,
        description="The board: `q35`, of PCI Express, or `pc`, which is older and has no `uefi-secure`.",
        json_schema_extra=_doc(REDEFINE, "`q35` with UEFI, else libvirt's choice"),
    )
    tpm: Switch = Field(
        default=False,
        description="Whether it has a TPM 2.0, which the host emulates and keeps while the guest exists.",
        json_schema_extra=_doc(REDEFINE),
    )
    console: ConsoleChoice = Field(
        default="vnc",
        description="The screen: `vnc`, `spice` or `none`, or a mapping with its port. A serial console it has always.",
        json_schema_extra=_doc(REDEFINE),
    )
    autostart: Switch = Field(
        default=False,
        description="Whether it starts when the host does; `true` or `false`.",
        json_schema_extra=_doc(NO_GUEST),
    )
    address: Address | None = Field(
        default=None,
        description="Fixed address, outside the DHCP range.",
        json_schema_extra=_doc(REDEFINE, "the next free one, then kept"),
    )
    layers: tuple[LayerName, ...] = Field(
        default=(),
        description="cloud-init layers by the names of the files in `cloud-init/`, merged in this order.",
        json_schema_extra=_doc(BY_CLOUD_INIT, "none"),
    )
    user_data: dict[str, Any] = Field(
        default={},
        description="cloud-config of the guest's own, merged over its layers.",
        json_schema_extra=_doc(BY_CLOUD_INIT, "none"),
    )
    authorized_keys: tuple[PublicKey, ...] = Field(
        default=(),
        description="OpenSSH public keys that may log in, added to the lab's.",
        json_schema_extra=_doc(BY_CLOUD_INIT, "none"),
    )
    on_cloud_init_change: OnCloudInitChange = Field(
        default="rerun",
        description="What a change of layers, userData or keys does: `rerun` cloud-init at a clean restart with the "
        "same disk, `replace` the guest with a new disk, or `ignore` it: only guests made later see it.",
        json_schema_extra=_doc("live; but to `replace`: replace, and to or from `ignore`: restart"),
    )
    wait_for: WaitFor = Field(
        default="cloud-init",
        description="When the guest counts as made: `cloud-init`, when SSH answers and cloud-init is done, or `start`, "
        "when it is powered on, for images that have no cloud-init.",
        json_schema_extra=_doc(NO_GUEST),
    )
    ready_timeout: Timeout = Field(
        default=1800,
        description="How long it may take until then. Under emulation, with packages to install, it takes minutes.",
        json_schema_extra=_doc(NO_GUEST, "`30m`"),
    )
    shutdown_timeout: Duration = Field(
        default=120,
        description="How long it may take to power off before it is cut off; `0s` cuts it off at once.",
        json_schema_extra=_doc(NO_GUEST, "`2m`"),
    )


class GroupConfig(GuestConfig):
    """Like guests, `<group>-1` to `<group>-<count>`; takes every key of a guest."""

    count: Count = Field(
        description="How many members, 0 to 200.",
        json_schema_extra=_doc("the members with the highest numbers are added or destroyed"),
    )
    address: Address | None = Field(
        default=None,
        description="Fixed address of the first member; the others count up from it.",
        json_schema_extra=_doc(REDEFINE, "the next free ones, then kept"),
    )


class LabConfig(Model):
    """What one stack makes."""

    kind: Kind = Field(
        description="What the lab is: `guests`, plain virtual machines, or `host`, a hypervisor with nothing on it.",
        json_schema_extra=_doc(EVERYTHING),
    )
    host: HostChoice = Field(
        default=LOCAL,
        description="The machine that carries it: `local`, another one by SSH, or a mapping.",
        json_schema_extra=_doc(EVERYTHING),
    )
    hosts: dict[str, HostChoice] = Field(
        default={},
        description="Several machines by name, in place of `host`, each as that describes one; guests have a network "
        "and a pool of their own on each.",
        json_schema_extra=_doc("what is on that machine is made or destroyed", "none", propertyNames=NAMES),
    )
    network: NetworkConfig = Field(
        default=NetworkConfig.model_construct(),
        description="The lab's network.",
        json_schema_extra=_doc(NETWORK, "see below"),
    )
    pool: PoolConfig = Field(
        default=PoolConfig.model_construct(),
        description="Where disks live.",
        json_schema_extra=_doc(EVERYTHING, "see below"),
    )
    image: ImageConfig = Field(
        default="debian-13", description="The image of guests that name none.", json_schema_extra=_doc(REPLACE)
    )
    authorized_keys: tuple[PublicKey, ...] = Field(
        default=(),
        description="OpenSSH public keys that may log in to every guest.",
        json_schema_extra=_doc(BY_CLOUD_INIT, "none"),
    )
    guests: dict[str, GuestConfig] = Field(
        default={},
        description="Guests by name: lower-case letters, digits and hyphens, beginning with a letter.",
        json_schema_extra=_doc(
            "that guest is added or destroyed, a new name is a new one", "none", propertyNames=NAMES
        ),
    )
    groups: dict[str, GroupConfig] = Field(
        default={},
        description="Groups of like guests by name, formed like a guest's.",
        json_schema_extra=_doc("its members are added or destroyed", "none", propertyNames=NAMES),
    )


def model_at(where: Sequence[str | int]) -> type[Model]:
    """The model that stands at a place of the lab, as pydantic names it."""
    match where:
        case ["host", *_, "bridge"] | ["hosts", _, *_, "bridge"]:
            return HostBridgeConfig
        case ["host", *_] | ["hosts", _, *_]:
            return HostConfig
        case ["network"]:
            return NetworkConfig
        case ["network", "dhcp"]:
            return DhcpConfig
        case ["pool"]:
            return PoolConfig
        case [*_, "\0file"]:
            return ImageFile
        case [*_, "\0url"]:
            return ImageUrl
        case ["guests" | "groups", _, "disks", _]:
            return DiskConfig
        case ["guests" | "groups", _, "console", *_]:
            return ConsoleConfig
        case ["guests", _]:
            return GuestConfig
        case ["groups", _]:
            return GroupConfig
        case _:
            return LabConfig
