"""The lab as a whole."""

from pydantic import Field

from stacks.config.fields import PublicKey
from stacks.config.lab import LOCAL, Kind
from stacks.config.models.base import BY_CLOUD_INIT, EVERYTHING, NAMES, NETWORK, REPLACE, Model, doc
from stacks.config.models.guest import GroupConfig, GuestConfig
from stacks.config.models.host import HostChoice
from stacks.config.models.image import ImageConfig
from stacks.config.models.kubernetes import KubernetesConfig
from stacks.config.models.network import FurtherNetworkConfig, NetworkConfig
from stacks.config.models.storage import FurtherPoolConfig, PoolConfig
from stacks.config.models.waivers import NOTHING, LabWaiversConfig


class LabConfig(Model):
    """What one stack makes."""

    kind: Kind = Field(
        description="What the lab is: `guests`, plain virtual machines; `host`, a hypervisor with nothing on it; or "
        "`kubernetes`, a cluster of virtual machines, and plain ones beside it.",
        json_schema_extra=doc(EVERYTHING),
    )
    host: HostChoice = Field(
        default=LOCAL,
        description="The machine that carries it: `local`, another one by SSH, or a mapping.",
        json_schema_extra=doc(EVERYTHING),
    )
    hosts: dict[str, HostChoice] = Field(
        default={},
        description="Several machines by name, in place of `host`, each as that describes one; guests have a network "
        "and a pool of their own on each.",
        json_schema_extra=doc("what is on that machine is made or destroyed", "none", propertyNames=NAMES),
    )
    network: NetworkConfig = Field(
        default=NetworkConfig.model_construct(),
        description="The lab's network.",
        json_schema_extra=doc(NETWORK, "see below"),
    )
    networks: dict[str, FurtherNetworkConfig] = Field(
        default={},
        description="Further networks by name, for guests' further NICs; in libvirt, one is `<stack>-<name>`.",
        json_schema_extra=doc(
            "that network is made or taken away, a new name is a new one", "none", propertyNames=NAMES
        ),
    )
    pool: PoolConfig = Field(
        default=PoolConfig.model_construct(),
        description="Where disks live.",
        json_schema_extra=doc(EVERYTHING, "see below"),
    )
    pools: dict[str, FurtherPoolConfig] = Field(
        default={},
        description="Further places for disks by name, made where disks are in them.",
        json_schema_extra=doc("see below", "none", propertyNames=NAMES),
    )
    image: ImageConfig = Field(
        default="debian-13", description="The image of guests that give no `image`.", json_schema_extra=doc(REPLACE)
    )
    authorized_keys: tuple[PublicKey, ...] = Field(
        default=(),
        description="OpenSSH public keys that may log in to every guest.",
        json_schema_extra=doc(BY_CLOUD_INIT, "none"),
    )
    guests: dict[str, GuestConfig] = Field(
        default={},
        description="Guests by name: lower-case letters, digits and hyphens, beginning with a letter.",
        json_schema_extra=doc("that guest is added or destroyed, a new name is a new one", "none", propertyNames=NAMES),
    )
    groups: dict[str, GroupConfig] = Field(
        default={},
        description="Groups of like guests by name, formed like a guest's.",
        json_schema_extra=doc("its members are added or destroyed", "none", propertyNames=NAMES),
    )
    kubernetes: KubernetesConfig = Field(
        default=KubernetesConfig.model_construct(),
        description="The cluster, of a lab of kind `kubernetes`.",
        json_schema_extra=doc("as its keys say", "see below"),
    )
    waivers: LabWaiversConfig = Field(
        default=LabWaiversConfig.model_construct(),
        description="Why the lab may do what policy warns of or refuses, by the names of rules.",
        json_schema_extra=doc(NOTHING, "none"),
    )
