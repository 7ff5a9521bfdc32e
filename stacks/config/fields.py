"""The types of single values in a lab's config: how each is read, and what an editor is told of it."""

from ipaddress import IPv4Address, IPv4Network, IPv6Network
from typing import TYPE_CHECKING, Annotated

from pydantic import AfterValidator, PlainValidator, WithJsonSchema

from stacks.config import kubernetes_scalars, scalars
from stacks.config.lab import MOST_PERCENT
from stacks.config.scalars import MIB

if TYPE_CHECKING:
    from pydantic.config import JsonValue

DAY = 24 * 3600
SIZE_PATTERN = r"^\d+(\.\d+)? ?([MGT]i?B)$"
FILE_NAME = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"
DIGITS = "^[0-9a-fA-F]{%d}$"


def _text(word: str, **more: "JsonValue") -> WithJsonSchema:
    """Text as an editor sees it; `word` says in the reference what it is."""
    return WithJsonSchema({"type": "string", "x-word": word, **more})


def _number(low: int, high: int) -> WithJsonSchema:
    return WithJsonSchema({"type": "integer", "x-word": "whole number", "minimum": low, "maximum": high})


# The least memory and disk catch a slip of the unit; what an image needs is checked where the image is known.
Memory = Annotated[int, PlainValidator(scalars.size(128 * MIB, MIB)), _text("size", pattern=SIZE_PATTERN)]
# In sectors of 512 bytes: qcow2 rounds up to them, and a disk must be what the config says.
Disk = Annotated[int, PlainValidator(scalars.size(256 * MIB, 512)), _text("size", pattern=SIZE_PATTERN)]
# Above 255 QEMU wants an IOMMU with extended interrupt mode: https://libvirt.org/formatdomain.html#iommu-devices
Cpus = Annotated[int, PlainValidator(scalars.whole(1, 255)), _number(1, 255)]
CpuModel = Annotated[str, PlainValidator(scalars.cpu_model), _text("CPU model", pattern="^[A-Za-z0-9]")]
Count = Annotated[int, PlainValidator(scalars.whole(0, 200)), _number(0, 200)]
AtOnce = Annotated[int, PlainValidator(scalars.whole(1, 200)), _number(1, 200)]
# QEMU counts VNC's from 5900: https://libvirt.org/formatdomain.html#graphical-framebuffers
DisplayPort = Annotated[int, PlainValidator(scalars.whole(5900, 65535)), _number(5900, 65535)]
Percent = Annotated[int, PlainValidator(scalars.percent(1, MOST_PERCENT)), _text("percentage", pattern=r"^\d+%$")]
Line = Annotated[str, PlainValidator(scalars.line(100)), _text("line of text", maxLength=100)]
Reason = Annotated[str, PlainValidator(scalars.reason), _text("reason", minLength=1, maxLength=200)]
SecretName = Annotated[
    str,
    PlainValidator(scalars.secret_name),
    _text("name of a secret", pattern=r"^\$\{secrets\.[^}]+\}$"),
]
Switch = Annotated[bool, PlainValidator(scalars.switch), WithJsonSchema({"type": "boolean", "x-word": "true or false"})]
Duration = Annotated[int, PlainValidator(scalars.duration(DAY)), _text("time", pattern=r"^\d+[smh]$")]
Timeout = Annotated[Duration, AfterValidator(scalars.some_time)]
Address = Annotated[IPv4Address, PlainValidator(scalars.address), _text("IPv4 address", format="ipv4")]
NicAddress = Annotated[
    IPv4Address,
    PlainValidator(scalars.nic_address),
    _text("IPv4 address, with prefix or without", pattern=r"^[0-9./]+$"),
]
Mac = Annotated[str, PlainValidator(scalars.mac), _text("MAC address", pattern="^([0-9a-fA-F]{2}:){5}[0-9a-fA-F]{2}$")]
NetworkName = Annotated[str, _text("network name")]
HostAddress = Annotated[IPv4Address, PlainValidator(scalars.address), _text("address of the host", format="ipv4")]
Cidr = Annotated[IPv4Network, PlainValidator(scalars.cidr), _text("IPv4 network", pattern=r"^[0-9.]+/[0-9]+$")]
Prefix6 = Annotated[IPv6Network, PlainValidator(scalars.prefix6), _text("IPv6 prefix", pattern="^[0-9a-fA-F:]+/64$")]
# Below, there is no IPv6; a tap takes no more: https://www.rfc-editor.org/rfc/rfc8200#section-5
Mtu = Annotated[int, PlainValidator(scalars.whole(1280, 65521)), _number(1280, 65521)]
Domain = Annotated[str, PlainValidator(scalars.domain), _text("DNS domain")]
Interface = Annotated[str, PlainValidator(scalars.interface), _text("interface name", maxLength=15)]
Vlan = Annotated[int, PlainValidator(scalars.whole(1, 4094)), _number(1, 4094)]
Directory = Annotated[str, PlainValidator(scalars.directory), _text("absolute path", pattern="^/")]
AbsoluteFile = Annotated[str, PlainValidator(scalars.absolute_file), _text("absolute path", pattern="^/")]
VolumeLabel = Annotated[str, PlainValidator(scalars.volume_label), _text("disk label", maxLength=16)]
FileText = Annotated[str, PlainValidator(scalars.file_text), _text("text of a file")]
Cmdline = Annotated[str, PlainValidator(scalars.cmdline), _text("command line", maxLength=2047)]
VolumeGroup = Annotated[str, PlainValidator(scalars.volume_group), _text("volume group")]
PoolName = Annotated[str, _text("pool name")]
Member = Annotated[str, PlainValidator(scalars.member), _text("name in an archive")]
Url = Annotated[str, PlainValidator(scalars.url), _text("URL", pattern="^https?://")]
Sha512 = Annotated[str, PlainValidator(scalars.digest(128)), _text("128 hexadecimal digits", pattern=DIGITS % 128)]
Sha256 = Annotated[str, PlainValidator(scalars.digest(64)), _text("64 hexadecimal digits", pattern=DIGITS % 64)]
Port = Annotated[str, PlainValidator(scalars.port), _text("interface, MAC address or `default-route`")]
Machine = Annotated[str, PlainValidator(scalars.machine), _text("`local` or ssh destination")]
HostKey = Annotated[str, PlainValidator(scalars.host_key), _text("public key", pattern="^(ssh|ecdsa)-")]
HostName = Annotated[str, _text("machine name")]
LayerName = Annotated[str, _text("layer name")]
PublicKey = Annotated[str, PlainValidator(scalars.public_key), _text("public key", pattern="^(ssh|ecdsa|sk)-")]
CatalogueName = Annotated[str, _text("catalogue name")]

# More members than seven make etcd slower and no safer: https://etcd.io/docs/v3.6/faq/#what-is-maximum-cluster-size
ControlPlanes = Annotated[int, PlainValidator(scalars.whole(1, 7)), _number(1, 7)]
KubernetesVersion = Annotated[
    str, PlainValidator(kubernetes_scalars.version), _text("version", pattern=r"^v?1\.\d+\.\d+$")
]
# As kubeadm has it: a /24 for each node, and at most 2^16 of them.
# https://github.com/kubernetes/kubernetes/blob/v1.35.0/cmd/kubeadm/app/apis/kubeadm/validation/validation.go
PodCidr = Annotated[
    IPv4Network,
    PlainValidator(kubernetes_scalars.cluster_cidr(8, 24, "10.244.0.0/16")),
    _text("network of a cluster", pattern=r"^[0-9.]+/[0-9]+$"),
]
# As kubeadm has it: at least 10 addresses, since DNS has the tenth, and at most 2^20.
ServiceCidr = Annotated[
    IPv4Network,
    PlainValidator(kubernetes_scalars.cluster_cidr(12, 28, "10.96.0.0/16")),
    _text("network of a cluster", pattern=r"^[0-9.]+/[0-9]+$"),
]
LabelValue = Annotated[str, PlainValidator(kubernetes_scalars.label_value), _text("label's value", maxLength=63)]
Taint = Annotated[
    str,
    PlainValidator(kubernetes_scalars.taint),
    _text("taint", pattern=f"^[^:]+:({'|'.join(kubernetes_scalars.EFFECTS)})$"),
]
AltName = Annotated[str, PlainValidator(kubernetes_scalars.alt_name), _text("name or address")]
CheckoutFile = Annotated[str, PlainValidator(kubernetes_scalars.checkout_file), _text("path in the checkout")]
