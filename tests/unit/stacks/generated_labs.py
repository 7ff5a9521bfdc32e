"""Labs that are right, drawn from the schema of the config's models: a new key of a known sort needs no line here."""

from collections.abc import Iterator
from ipaddress import IPv4Network
from typing import Any, NamedTuple

from hypothesis import strategies as st

from stacks.config.models import LabConfig
from stacks.config.raw import Place
from tests.unit.stacks.labs import IMAGES, LAYERS

Json = dict[str, Any]

SCHEMA: Json = LabConfig.model_json_schema()
HIDDEN = "correct-horse-battery"
"""What no report may show."""

_HEX = "0123456789abcdef"
_ED25519 = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f"

# By the word that the reference has for a text. One that is not here is drawn as its default.
_TEXTS = {
    "size": st.sampled_from(["1GiB", "2048MiB", "1.5 GiB", "0.25TiB"]),
    "percentage": st.sampled_from(["80%", "100%", "10000%"]),
    "time": st.sampled_from(["90s", "10m", "2h"]),
    "IPv4 network": st.sampled_from(["10.20.0.0/24", "10.9.0.0/16", "172.16.5.64/26"]),
    "IPv4 address": st.just(""),  # given out at last, when the network is known
    "CPU model": st.sampled_from(["host-passthrough", "EPYC-Rome", "486"]),
    "IPv4 address, with prefix or without": st.just(""),
    "MAC address": st.just(""),
    "network name": st.just(""),
    "IPv6 prefix": st.just(""),  # settled at last, too
    "address of the host": st.sampled_from(["127.0.0.1", "192.0.2.2"]),
    "DNS domain": st.sampled_from(["home.arpa", "lab-1.internal"]),
    "interface name": st.sampled_from(["br0", "kl-lab_1.2"]),
    "interface, MAC address or `default-route`": st.sampled_from(["default-route", "eth0", "52:54:00:ab:cd:ef"]),
    "`local` or ssh destination": st.sampled_from(["local", "nas", "me@nas.home.arpa", "me@fd00::1"]),
    "absolute path": st.sampled_from(["/srv/kvm/lab", "/var/lib/räume/1 2"]),
    "name in an archive": st.sampled_from(["disk1.vmdk", "a b/-x.img"]),
    "disk label": st.sampled_from(["OEMDRV", "x_1-Y"]),
    "text of a file": st.sampled_from(["lang en_US\nreboot\n", f"rootpw {HIDDEN}"]),
    "command line": st.sampled_from(["console=ttyS0 quiet", "autoinstall ds=nocloud"]),
    "URL": st.sampled_from(["https://example.org/debian.qcow2", "http://[fd00::1]:8080/a?b=c"]),
    "64 hexadecimal digits": st.text(_HEX, min_size=64, max_size=64),
    "128 hexadecimal digits": st.text(_HEX, min_size=128, max_size=128),
    "machine name": st.just("nas"),
    "pool name": st.just("big"),
    "volume group": st.sampled_from(["labvg", "vg.0"]),
    "layer name": st.sampled_from(sorted(LAYERS)),
    "version": st.sampled_from(["1.35.4", "v1.31.0"]),
    "network of a cluster": st.just(""),  # settled at last, by key
    "label's value": st.sampled_from(["ssd", "", "a_1.B"]),
    "taint": st.sampled_from(["gpu=yes:NoSchedule", "example.org/slow:NoExecute"]),
    "name or address": st.sampled_from(["k8s.home.arpa", "*.lab.internal", "192.168.1.5", "fd00::5"]),
    "path in the checkout": st.sampled_from(["stacks/manifests/app.yaml", "räume/1 2.yml"]),
    "catalogue name": st.sampled_from([*sorted(IMAGES), "none"]),
    "reason": st.sampled_from(["by the VPN", "grüße: 1"]),
    "line of text": st.sampled_from(["the lab's door", "grüße: 1"]),
    "name of a secret": st.just("${secrets.screen}"),
    "public key": st.sampled_from([_ED25519, f"{_ED25519} me@höme"]),
}
_DOCUMENTS = st.fixed_dictionaries(
    {},
    optional={
        "password": st.just(HIDDEN),
        "packages": st.just(["curl", ["git", "1:2.39"]]),
        "runcmd": st.just([f"echo {HIDDEN}", ["true"]]),
        "package_update": st.booleans(),
    },
)
_NAMES = {
    "guests": ["web", "db-1", "a"],
    "disks": ["data", "log-2"],
    "files": ["ks.cfg", "a-b_1"],
    "groups": ["worker", "n0"],
    "hosts": ["nas"],
    "pools": ["big", "fast"],
    "networks": ["backend", "dmz"],
    "shares": ["home", "srv"],
    "nics": ["lan", "san-2"],
    "labels": ["disk", "example.org/zone"],
}


class Spot(NamedTuple):
    """A place of a lab, with what the schema has there."""

    place: Place
    schema: Json
    types: frozenset[str]
    """All that may stand there; the schema is that of the form that does."""
    value: Any

    @property
    def word(self) -> str | None:
        """What sort of text or number it is, in the reference's word."""
        return self.schema.get("x-word")

    @property
    def is_closed(self) -> bool:
        """Whether it is a mapping that has its keys and no others."""
        return self.schema.get("additionalProperties") is False

    @property
    def is_named(self) -> bool:
        """Whether it is a mapping from names of the user's own."""
        return isinstance(self.schema.get("additionalProperties"), dict)

    @property
    def is_document(self) -> bool:
        """Whether it is a mapping of which the schema knows nothing."""
        return self.schema.get("additionalProperties") is True


def forms(schema: Json) -> Iterator[Json]:
    """Each form that a value may have."""
    if "$ref" in schema:
        yield SCHEMA["$defs"][schema["$ref"].rpartition("/")[2]]
    elif below := schema.get("anyOf", schema.get("oneOf")):
        for form in below:
            yield from forms(form)
    else:
        yield schema


def spots(value: Any, schema: Json = SCHEMA, place: Place = ()) -> Iterator[Spot]:
    """Every place of a lab that is right."""
    possible = list(forms(schema))
    form = next(form for form in possible if _fits(value, form))
    yield Spot(place, form, frozenset(form["type"] for form in possible), value)
    if "items" in form:
        for index in range(len(value)):
            yield from spots(value[index], form["items"], (*place, index))
    elif form["type"] == "object" and form["additionalProperties"] is not True:
        known: Json = form.get("properties", {})
        for key in value:
            yield from spots(value[key], known.get(key) or form["additionalProperties"], (*place, key))


def _fits(value: Any, form: Json) -> bool:
    types = {dict: "object", list: "array", str: "string", bool: "boolean", int: "integer", type(None): "null"}
    return form["type"] == types[type(value)] and ("required" not in form or value.keys() >= {*form["required"]})


@st.composite
def labs(draw: st.DrawFn) -> Json:
    """A lab that is right."""
    lab: Json = _value(draw, SCHEMA, ())
    _settle_hosts(lab)
    if lab["kind"] == "host":
        # Not its kind alone, without which it would be empty.
        of_hosts = {key: value for key, value in lab.items() if key in ("kind", "host", "hosts")}
        lab = Json(of_hosts if lab.get("hosts") else {"host": "local", **of_hosts})
    elif lab["kind"] == "guests":
        lab.pop("kubernetes", None)
        if not lab.get("guests") and not lab.get("groups"):
            lab["guests"] = {"web": {}}
    if lab["kind"] == "kubernetes":
        _settle_cluster(lab)
    _settle_networks(lab)
    _settle_nics(lab)
    _give_out_addresses(lab)
    _settle_hardware(lab)
    _settle_disks(lab)
    _settle_pools(lab)
    return lab


def makers(lab: Json) -> list[Json]:
    """Each mapping that makes guests."""
    cluster: Json = lab.get("kubernetes", {})
    nodes = [cluster[role] for role in ("controlPlane", "worker") if role in cluster]
    return [*lab.get("guests", {}).values(), *lab.get("groups", {}).values(), *nodes]


def _settle_hosts(lab: Json) -> None:
    """A host has what it may have in such a lab, and guests are on one that there is."""
    lab.pop("host" if lab.get("hosts") else "hosts", None)
    given = (lab.get("host"), lab.get("hosts", {}).get("nas"))
    described: list[Json] = [host for host in given if isinstance(host, dict)]
    for host in described:
        if lab["kind"] != "host":
            host.pop("bridge", None)
            host.pop("networkManager", None)
            host.pop("role", None)
        if host.get("address", "nas" if lab.get("hosts") else "local") == "local":
            host.pop("hostKey", None)
    for guest in makers(lab):
        if not lab.get("hosts"):
            guest.pop("host", None)


def _settle_networks(lab: Json) -> None:
    """They share neither addresses nor bridges, and have a cidr, without which there is little else."""
    networks: dict[str, Json] = lab.get("networks", {})
    for number, network in enumerate([lab.get("network", {}), *networks.values()]):
        if network.get("ipv6") is not None:
            network["ipv6"] = f"fd00:0:0:{number}::/64"
        if number:
            network["cidr"] = f"192.168.{number}.0/24"
            network["bridge"] = None
        for key, last in (("start", 200), ("end", 210)) if number and network.get("dhcp") else ():
            network["dhcp"][key] = f"192.168.{number}.{last}"


def _settle_nics(lab: Json) -> None:
    """Each is on one thing, the first of a guest on a network if it may, with addresses and a MAC of its own."""
    guests = makers(lab)
    network = next(iter(lab.get("networks", {})), None)
    for number, guest in enumerate(guests):
        for place, nic in enumerate(guest.get("nics", {}).values()):
            if nic.get("mac") is not None:
                nic["mac"] = f"52:54:0{place}:{number:02x}:00:01"
            nic["defaultRoute"] = False
            nic["gateway"] = None
            if "network" in nic and nic["network"] is not None and network and not place:
                nic |= {"network": network, "bridge": None, "direct": None, "mtu": 1280 if nic.get("mtu") else None}
                last = 2 + 5 * number
                nic["address"] = None if nic.get("address") is None else f"192.168.1.{last}"
                continue
            nic["network"] = None
            nic |= {"bridge": "br0", "direct": None} if nic.get("bridge") or not nic.get("direct") else {"bridge": None}
            if nic.get("address") is not None:
                nic |= {"address": f"192.168.{100 + number}.{9 + 9 * place}/24"}
                nic |= {"gateway": f"192.168.{100 + number}.1", "defaultRoute": True} if not place else {}


def _value(draw: st.DrawFn, schema: Json, place: Place) -> Any:
    form = draw(st.sampled_from(list(forms(schema))))
    if "const" in form:
        return form["const"]
    if "enum" in form:
        return draw(st.sampled_from(form["enum"]))
    match form["type"]:
        case "null":
            return None
        case "boolean":
            return draw(st.booleans())
        case "integer":
            low, high = form["minimum"], form["maximum"]
            # Few members, for which any network has room.
            return draw(st.sampled_from([low, low + 1, 3 if place[-1] == "count" else high]))
        case "array":
            drawn = [_value(draw, form["items"], (*place, index)) for index in range(draw(st.integers(0, 2)))]
            return [item for index, item in enumerate(drawn) if item not in drawn[:index]]
        case "object":
            return _mapping(draw, form, place)
        case _:
            known = _TEXTS.get(form["x-word"])
            return (schema["x-default"] or schema["default"]).strip("`") if known is None else draw(known)


def _mapping(draw: st.DrawFn, schema: Json, place: Place) -> Json:
    others = schema["additionalProperties"]
    if others is True:
        return draw(_DOCUMENTS)
    if others:
        names = draw(
            st.lists(st.sampled_from(_NAMES[str(place[-1])]), unique=True, min_size=place[-1] in ("hosts", "files"))
        )
        return {name: _value(draw, others, (*place, name)) for name in names}
    required: list[str] = schema.get("required", [])
    keys = [key for key in schema["properties"] if key in required or draw(st.sampled_from([True, True, False]))]
    mapping = {key: _value(draw, schema["properties"][key], (*place, key)) for key in keys}
    if mapping.get("sha512") and mapping.get("sha256"):
        del mapping["sha256"]
    if "url" in mapping and not mapping.get("sha512"):
        mapping["sha256"] = "0" * 64
    return mapping


def _give_out_addresses(lab: Json) -> None:
    network = IPv4Network(lab.get("network", {}).get("cidr", "10.20.0.0/24"))
    free = 2
    for spot in list(spots(lab)):
        if spot.word == "IPv4 address" and spot.place[0] != "networks" and "nics" not in spot.place:
            last = {"start": -9, "end": -3}.get(str(spot.place[-1]))
            put(lab, spot.place, str(network[last or free]))
            free += 3


def _settle_hardware(lab: Json) -> None:
    """Each screen has ports of its own, and parts fit."""
    guests = makers(lab)
    for number, guest in enumerate(guests):
        if guest.get("maxCpus"):
            guest["maxCpus"] = max(guest["maxCpus"], guest.get("cpus") or 1)
        if guest.get("maxMemory"):
            guest["maxMemory"] = guest.get("memory") or "1GiB"
        console: Json | str | None = guest.get("console")
        if isinstance(console, dict) and console.get("port"):
            console["port"] = 6000 + 300 * number
        if isinstance(console, dict) and console.get("listen") and not console.get("password"):
            console["listen"] = "127.0.0.1"
        if isinstance(console, dict) and console.get("type") == "none":
            guest["console"] = {"type": "none", "port": None}
        if guest.get("firmware") == "uefi-secure" and guest.get("machine") == "pc":
            guest["machine"] = None
        if guest.get("install"):
            guest.pop("image", None)
        if guest.get("power") == "off":
            guest.pop("autostart", None)
            guest.pop("waitFor", None)
        cpu: Json | str | None = guest.get("cpu")
        if isinstance(cpu, dict) and cpu.get("topology") is not None:
            cpu["topology"] = {
                **dict.fromkeys(cpu["topology"], 1),
                "sockets": guest.get("maxCpus") or guest.get("cpus", 1),
            }
        balloon: Json | str = guest.get("balloon", "virtio")
        if isinstance(balloon, dict) and balloon.get("type") == "none":
            guest["balloon"] = "none"
        if guest.get("balloon") == "none":
            guest.pop("maxMemory", None)


def _settle_disks(lab: Json) -> None:
    """Each has one source, which nobody else has, and what goes with it."""
    guests = makers(lab)
    for number, guest in enumerate(guests):
        disks: Json = guest.get("disks", {})
        for name, disk in disks.items():
            if disk.get("path") and not disk.get("size"):
                disk["path"] = f"/dev/disk/by-id/{number}-{name}"
                disk["shared"] = True
                disk["cache"] = None
                disk.pop("protect", None)
            else:
                disk["size"] = disk.get("size") or "1GiB"
                for key in ("path", "shared", "readOnly"):
                    disk.pop(key, None)
        root: Json | str | None = guest.get("disk")
        for disk in (*disks.values(), root if isinstance(root, dict) else {}):
            if disk.get("io") == "native":
                disk["io"] = None


def _settle_pools(lab: Json) -> None:
    """Each has one place of its own, and disks are in those that there are."""
    pools: dict[str, Json] = lab.get("pools", {})
    for name, pool in pools.items():
        if pool.get("path"):
            pool["path"] = f"/srv/pools/{name}"
            pool.pop("volumeGroup", None)
        else:
            pool["volumeGroup"] = f"group_{name}"
    guests = makers(lab)
    for place in (*guests, *(disk for guest in guests for disk in guest.get("disks", {}).values())):
        if place.get("pool"):
            place["pool"] = next(iter(pools)) if pools and not place.get("path") else None


def _settle_cluster(lab: Json) -> None:
    """Nodes start from an image, are as large as they must be, and have names and networks that nothing else has."""
    if "worker" in lab.get("groups", {}):
        lab["groups"]["workers"] = lab["groups"].pop("worker")
    if lab.get("image") == "none":
        del lab["image"]
    cluster: Json = lab.get("kubernetes", {})
    is_bundle = cluster.get("source") == "bundle"
    fixed = {"podCidr": "10.244.0.0/16", "serviceCidr": "10.96.0.0/16", "network": None}
    cluster |= {key: value for key, value in fixed.items() if key in cluster}
    if not is_bundle:
        cluster.pop("bundle", None)
    for role in ("controlPlane", "worker"):
        nodes: Json = cluster.get(role, {})
        alike = {"power": "on", "waitFor": None, "install": None, "boot": None}
        nodes |= {key: value for key, value in alike.items() if key in nodes}
        if role in cluster:
            nodes |= {"cpus": 2, "memory": "2GiB"}
        if is_bundle or nodes.get("image") == "none":
            nodes.pop("image", None)
        if nodes.get("address"):
            # As far apart as addresses are given out.
            nodes["count"] = min(nodes.get("count", 3), 3)


def put(lab: Json, place: Place, value: Any) -> None:
    """Put a value at a place of a lab."""
    parent: Any = lab
    for part in place[:-1]:
        parent = parent[part]
    parent[place[-1]] = value
