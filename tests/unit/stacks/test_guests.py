"""A lab of kind `guests` registers what its config asks for, and an edit reaches only what it names."""

import re
from ipaddress import IPv6Network
from pathlib import Path
from typing import Any, cast

import pytest
import yaml

from components import identity
from components.domain_nics import made_from
from components.errors import ConfigError
from components.identity import owner
from stacks import guests, records, seed
from tests.unit.mocks import Registered, Run, run
from tests.unit.stacks.labs import host, lab

SIX: dict[str, Any] = {
    "kind": "guests",
    "network": {"cidr": "10.20.6.0/24"},
    "groups": {"node": {"count": 6, "cpus": 2, "memory": "2GiB", "disk": "10GiB"}},
}
NODES = [f"node-{number}" for number in range(1, 7)]
ALL: dict[str, Any] = {
    "kind": "guests",
    "guests": {
        "db": {},
        "web": {
            "cpus": 4,
            "cpu": {"model": "host-model", "topology": {"sockets": 1, "cores": 2, "threads": 2}},
            "balloon": {"freePageReporting": True, "autodeflate": True},
            "console": {"type": "spice", "port": 6000},
            "description": "the lab's door",
            "disks": {"log": {"size": "1GiB"}, "data": {"size": "2GiB", "protect": False}},
            "shares": {"home": {"path": "/home/me"}, "data": {"path": "/srv/data"}},
            "watchdog": {"action": "pause"},
            "userData": {
                "packages": ["tmux", "curl"],
                "write_files": [{"path": "/etc/a", "content": "b: 1\na:   2\n", "permissions": "0600"}],
                "apt": {"sources": {"b": {"source": "deb b"}, "a": {"source": "deb a"}}},
            },
        },
    },
    "groups": {"node": {"count": 2, "memory": "2GiB", "firmware": "uefi", "tpm": True}},
}
"""A lab with mappings in mappings."""
GUEST_PARTS = {"Guest {}", "Command {}-guest"}
SHARED = {
    "Stack kvmlab-six",
    "KvmHost host",
    "Command host-setup",
    "Claim lab",
    "Command lab-claim",
    "Pool pool",
    "Command pool-pool",
    "Network network",
    "Command network-network",
    "SshAccess access",
    "Command access-ssh",
}


@pytest.fixture(autouse=True)
def from_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every lab was made from this checkout, unless a test says otherwise."""
    for stack in ("six", "quickstart"):
        (tmp_path / ".kvmlab/ssh" / stack).mkdir(parents=True)
    monkeypatch.setattr(records, "ROOT", tmp_path)


def compose(raw: dict[str, Any], facts: dict[str, Any] | None = None) -> Run:
    """Compose the lab of stack `six`."""
    asked, able = lab(raw, "six"), host(facts or {}, "six")
    return run(
        lambda: guests.compose(asked, [(part, able) for part in asked.parts()]),
        stack="six",
        config={"kvmlab:seed": "5eed"},
    )


def parts(names: list[str]) -> set[str]:
    """What guests of these names are made of."""
    return {part.format(name) for name in names for part in GUEST_PARTS}


def image_parts(made: Run) -> set[str]:
    """Images and their commands, whose names hold a digest."""
    return {key for key in made.resources if key.startswith("Image ") or key.endswith("-image")}


def held(made: Run) -> dict[str, Any]:
    """The facts of a host on which this lab is up."""
    addresses = {name: guest["address"] for name, guest in made.exports["guests"].items()}
    return {
        "network_uuids": {"six": "ours"},
        "reservations": {"six": addresses},
        "domains": {f"six-{name}": owner("six") for name in addresses},
    }


def changed(before: Run, after: Run) -> set[str]:
    """What is in both and not as it was."""
    both = before.resources.keys() & after.resources.keys()
    return {key for key in both if seen(before[key]) != seen(after[key])}


def seen(resource: Registered) -> dict[str, Any]:
    """Its inputs without what the engine is told to ignore."""
    environment = dict(resource.inputs.get("environment", {}))
    for path in resource.request.ignoreChanges:
        environment.pop(path.removeprefix("environment."), None)
    return {**resource.inputs, "environment": environment}


def test_six() -> None:
    """Six guests over one image, one pool and one network."""
    made = compose(SIX)
    assert set(made.resources) == SHARED | parts(NODES) | image_parts(made)
    assert len(image_parts(made)) == 2


def test_order() -> None:
    """A secret comes first, the lab's claim on its host before all of the lab, the image before pool and network."""
    made = compose(SIX)
    (image,) = [key.removeprefix("Image ") for key in made.resources if key.startswith("Image ")]
    assert "access-ssh" in made["Command host-setup"].depends_on
    assert "host-setup" in made["Command lab-claim"].depends_on
    assert "lab-claim" in made[f"Command {image}-image"].depends_on
    for key in ("Command pool-pool", "Command network-network"):
        assert f"{image}-image" in made[key].depends_on
    assert "lab-claim" in made["Command network-network"].depends_on
    for name in NODES:
        assert {"pool-pool", "network-network"} <= made[f"Command {name}-guest"].depends_on


def test_guests_differ() -> None:
    """No two guests share a name, MAC, address, instance or host key."""
    made = compose(SIX)
    for key in ("DOMAIN", "MAC", "ADDRESS", "INSTANCE_ID", "HOST_KEY"):
        assert len({made[f"Command {name}-guest"].inputs["environment"][key] for name in NODES}) == len(NODES), key


def test_config_arrives() -> None:
    """Sizes are what the config says, in the units of the component."""
    made = compose(SIX)
    inputs = made["Guest node-3"].inputs
    assert (inputs["cpus"], inputs["memory_mib"], inputs["disk_bytes"]) == (2, 2048, 10 * 1024**3)
    assert inputs["accelerator"] == "kvm"
    assert made["Command node-3-guest"].inputs["environment"]["POOL_PATH"] == "/var/lib/libvirt/images/six"


def test_nothing_is_new_the_second_time() -> None:
    """The same config over the lab that it made is the same lab."""
    before = compose(SIX)
    after = compose(SIX, held(before))
    assert set(after.resources) == set(before.resources)
    assert changed(before, after) == set()
    assert after.exports == before.exports


@pytest.mark.parametrize(
    ("edit", "new"),
    [
        ({"groups": {"node": {**SIX["groups"]["node"], "count": 7}}}, ["node-7"]),
        ({"guests": {"aa": {}}}, ["aa"]),
        ({"groups": {**SIX["groups"], "db": {"count": 2}}}, ["db-1", "db-2"]),
    ],
)
def test_a_new_guest_touches_no_other(edit: dict[str, Any], new: list[str]) -> None:
    """A guest more is its own resources and a line in the ssh access; all else stays as it is."""
    before = compose(SIX)
    after = compose({**SIX, **edit}, held(before))
    assert set(after.resources) - set(before.resources) == parts(new)
    assert set(before.resources) <= set(after.resources)
    assert changed(before, after) == {"SshAccess access", "Command access-ssh"}


def test_a_guest_less_touches_no_other() -> None:
    """The sixth of six goes alone."""
    before = compose(SIX)
    after = compose({**SIX, "groups": {"node": {**SIX["groups"]["node"], "count": 5}}}, held(before))
    assert set(before.resources) - set(after.resources) == parts(["node-6"])
    assert changed(before, after) == {"SshAccess access", "Command access-ssh"}


def test_an_edited_guest_is_edited_alone() -> None:
    """One guest's memory is one guest's business."""
    named: dict[str, Any] = {"kind": "guests", "guests": {"a": {}, "b": {}}}
    before = compose(named)
    after = compose({**named, "guests": {"a": {}, "b": {"memory": "2GiB"}}}, held(before))
    assert set(after.resources) == set(before.resources)
    assert changed(before, after) == {"Guest b", "Command b-guest"}


def test_a_lab_from_another_checkout(tmp_path: Path) -> None:
    """The files by which ssh reaches its guests are written here too, and nothing else is done again."""
    before = compose(SIX)
    facts = {**held(before), "pool_lab": "six"}
    (tmp_path / ".kvmlab/ssh/six").rmdir()
    assert changed(before, compose(SIX)) == set()
    assert changed(before, compose(SIX, facts)) == {"Command access-ssh"}


def test_a_vanished_guest_is_made_whole() -> None:
    """A domain that somebody has undefined runs its guest's command again, and no other's."""
    before = compose(SIX)
    facts = held(before)
    del facts["domains"]["six-node-2"]
    after = compose(SIX, facts)
    assert changed(before, after) == {"Command node-2-guest"}


def test_a_guest_that_was_left_unfinished_is_mended() -> None:
    """A restart that was cut short, say; also when config has been taken back since, so that state knows of nothing."""
    before = compose(SIX)
    facts = {**held(before), "pool_lab": "six", "unfinished": ["six-node-2"]}
    assert changed(before, compose(SIX, facts)) == {"Command node-2-guest"}
    assert changed(before, compose(SIX, {**facts, "pool_lab": "seven"})) == set()


def test_strays_are_cleared() -> None:
    """What a run began and config names no more goes; what config names is for its own command to finish."""
    facts = {"pool_lab": "six", "unfinished": ["six-node-1", "six-gone"]}
    assert compose(SIX, facts)["Command lab-claim"].inputs["environment"]["STRAYS"] == "gone"
    foreign = {**facts, "pool_lab": "seven"}
    assert compose(SIX, foreign)["Command lab-claim"].inputs["environment"]["STRAYS"] == ""


def test_limits_arrive() -> None:
    """Time limits and turns reach each command that keeps to them."""
    limits = {"waitFor": "start", "readyTimeout": "5m", "shutdownTimeout": "0s"}
    made = compose({"kind": "guests", "host": {"atOnce": 3, "timeout": "30s"}, "guests": {"web": limits}})
    environment = made["Command web-guest"].inputs["environment"]
    names = ("WAIT_FOR", "READY_SECONDS", "SHUTDOWN_SECONDS", "AT_ONCE", "LIBVIRT_SECONDS")
    assert [environment[name] for name in names] == ["start", "300", "0", "3", "30"]
    for part in ("lab-claim", "pool-pool", "network-network"):
        assert made[f"Command {part}"].inputs["environment"]["LIBVIRT_SECONDS"] == "30", part


def test_order_of_keys_is_not_content() -> None:
    """Guests in another order in the file are the same lab."""
    one = compose({"kind": "guests", "guests": {"a": {}, "b": {}}, "groups": {"node": {"count": 2}}})
    two = compose({"kind": "guests", "groups": {"node": {"count": 2}}, "guests": {"b": {}, "a": {}}})
    assert changed(one, two) == set()


def backwards(value: Any) -> Any:
    """With the keys of all mappings the other way round."""
    match value:
        case dict():
            return {key: backwards(below) for key, below in reversed(cast("dict[str, Any]", value).items())}
        case list():
            return [backwards(below) for below in cast("list[Any]", value)]
        case _:
            return value


def test_how_it_is_written_is_not_content() -> None:
    """Keys in another order, and other white space, make the same commands, definitions and seeds, byte by byte."""
    written = (
        yaml.safe_dump(ALL, default_flow_style=True, width=20),
        yaml.safe_dump(backwards(ALL), sort_keys=False, indent=8, default_flow_style=False),
    )
    assert written[0].split() != written[1].split()
    one, two = (compose(yaml.safe_load(text)) for text in written)
    assert {key: made.inputs for key, made in one.resources.items()} == {
        key: made.inputs for key, made in two.resources.items()
    }
    assert one.exports == two.exports
    assert "packages:" in one["Command web-guest"].inputs["stdin"].value


def test_two_images() -> None:
    """Guests that name the same image share it; another image is another one."""
    own = {"image": {"file": "/srv/own.qcow2"}}
    made = compose({"kind": "guests", "guests": {"a": {}, "b": own, "c": own}})
    links = {name: made[f"Guest {name}"].inputs["image"] for name in "abc"}
    assert links["b"] == links["c"] != links["a"]
    names = {key.removeprefix("Image ") for key in made.resources if key.startswith("Image ")}
    assert {f"base-{name}" for name in names} == set(links.values())


def test_data_disks() -> None:
    """They are made before their guest, which knows them by name in the order of the alphabet, and go after it."""
    disks = {"log": {"size": "1GiB"}, "data": {"size": "2GiB", "protect": False}}
    made = compose({"kind": "guests", "guests": {"a": {"disks": disks}, "b": {}}})
    guest, (log, data) = made["Command a-guest"], (made[f"Command a.{name}-disk"] for name in disks)
    assert guest.inputs["environment"]["DATA_DISKS"] == "data log"
    assert {"a.data-disk", "a.log-disk"} <= guest.depends_on
    assert "pool-pool" in log.depends_on
    assert (log.request.protect, data.request.protect) == (True, False)
    assert not {"a.data-disk", "a.log-disk"} & made["Command b-guest"].depends_on
    without = compose({"kind": "guests", "guests": {"a": {}, "b": {}}})
    assert changed(without, made) == {"Guest a", "Command a-guest"}


def test_blank() -> None:
    """Where no guest has an image, the lab has none, and its pool waits for nothing but the lab's claim."""
    made = compose({"kind": "guests", "image": "none", "guests": {"a": {}, "b": {"power": "off"}}})
    assert image_parts(made) == set()
    assert "lab-claim" in made["Command pool-pool"].depends_on
    environments = [made[f"Command {name}-guest"].inputs["environment"] for name in "ab"]
    assert [environment.get("GUEST_POWER") for environment in environments] == [None, "off"]
    assert [environment["LINK"] for environment in environments] == ["", ""]


def test_networks() -> None:
    """Each is a resource of its own; another one touches neither the lab's own nor any guest."""
    before = compose({"kind": "guests", "guests": {"a": {}}})
    networks = {
        "backend": {"cidr": "10.30.0.0/24", "mode": "routed", "mtu": 9000, "ipv6": "fd00::/64"},
        "wire": {"mode": "isolated"},
    }
    after = compose({"kind": "guests", "guests": {"a": {}}, "networks": networks})
    assert changed(before, after) == set()
    assert after["Network network.backend"].inputs == {
        "name": "six-backend",
        "lab": "six",
        "bridge": "kl-six_backend",
        "cidr": "10.30.0.0/24",
        "dhcp_start": "10.30.0.128",
        "dhcp_end": "10.30.0.254",
        "domain": "backend.six.internal",
        "mode": "routed",
        "mtu": 9000,
        "ipv6": "fd00::/64",
    }
    wire = {"name": "six-wire", "lab": "six", "bridge": "kl-six_wire", "mode": "isolated"}
    assert after["Network network.wire"].inputs == wire
    assert after["Command network.wire-network"].inputs["environment"]["NETWORK"] == "six-wire"


def test_a_kernel() -> None:
    """Its files are the lab's once, come as images do, and each guest that starts with them waits for them."""
    boot = {"kernel": {"file": "/srv/vmlinuz"}, "initrd": {"file": "/srv/initrd"}, "cmdline": "quiet"}
    made = compose({"kind": "guests", "image": "none", "guests": {"a": {"boot": boot}, "b": {"boot": boot}, "c": {}}})
    commands = {key: made[key].inputs["environment"] for key in image_parts(made) if key.startswith("Command ")}
    assert sorted((each["IMAGE_KIND"], each["FILE"]) for each in commands.values()) == [
        ("initrd", "/srv/initrd"),
        ("kernel", "/srv/vmlinuz"),
    ]
    files = {key.removeprefix("Command ") for key in commands}
    assert files <= made["Command a-guest"].depends_on
    assert not files & made["Command c-guest"].depends_on
    links = {each["IMAGE_KIND"]: each["LINK"] for each in commands.values()}
    assert made["Guest b"].inputs["boot"] == f"{links['kernel']} {links['initrd']} quiet"
    path = "/var/lib/libvirt/images/six"
    assert f"<kernel>{path}/{links['kernel']}</kernel>" in made["Command b-guest"].inputs["environment"]["DEFINITION"]


NICS: dict[str, Any] = {
    "backend": {"network": "backend", "address": "10.30.0.5"},
    "lan": {"bridge": "br0", "mac": "52:54:00:00:00:02"},
    "san": {"direct": "eth1", "address": "192.168.5.5/24", "model": "e1000e", "mtu": 1400},
    "wire": {"network": "wire"},
}
NETWORKS: dict[str, Any] = {
    "backend": {"cidr": "10.30.0.0/24", "mode": "isolated", "mtu": 9000, "ipv6": "fd00:0:0:1::/64"},
    "wire": {"mode": "isolated"},
}


def with_nics(nics: dict[str, Any], networks: dict[str, Any] = NETWORKS) -> Run:
    """Two guests, one of which has further NICs."""
    return compose({"kind": "guests", "networks": networks, "guests": {"a": {"nics": nics}, "b": {}}})


def test_nics() -> None:
    """They come to their guest, with what it is told of them, and to no other."""
    made = with_nics(NICS)
    assert changed(with_nics({}), made) == {"Guest a", "Command a-guest"}
    rows = [row.split() for row in made["Command a-guest"].inputs["environment"]["GUEST_NICS"].splitlines()]
    mac = identity.mac_address("six", "a", "backend")
    assert rows == [
        ["backend", mac, "six-backend", "10.30.0.5", "10.30.0.5/24", "9000"],
        ["lan", "52:54:00:00:00:02", "-", "-", "dhcp", "-"],
        ["san", identity.mac_address("six", "a", "san"), "-", "-", "192.168.5.5/24", "1400"],
        ["wire", identity.mac_address("six", "a", "wire"), "-", "-", "none", "-"],
    ]
    assert made["Guest a"].inputs["nics"] == {
        "backend": "network backend at 10.30.0.5/24, MTU 9000",
        "lan": "bridge br0 by DHCP",
        "san": "interface eth1 at 192.168.5.5/24, e1000e, MTU 1400",
        "wire": "network wire",
    }
    assert {"network.backend-network", "network.wire-network"} <= made["Command a-guest"].depends_on
    reserved = made["Command network.backend-network"].inputs["environment"]["RESERVATIONS"]
    assert f"<host mac='{mac}' name='a' ip='10.30.0.5'/>" in reserved
    told = made.exports["guests"]
    assert told["a"]["nics"]["backend"] == {
        "mac": mac,
        "address": "10.30.0.5",
        "address6": identity.address6(IPv6Network("fd00:0:0:1::/64"), mac),
    }
    assert told["a"]["nics"]["lan"] == {"mac": "52:54:00:00:00:02"}
    assert "nics" not in told["b"]


def definitions(made: Run) -> tuple[str, dict[str, str]]:
    """What a guest is made of as a machine, and its further NICs."""
    text = made["Command a-guest"].inputs["environment"]["DEFINITION"]
    return text.partition('definition="')[2][:32], made_from(text)


@pytest.mark.parametrize(
    ("key", "value"),
    [("address", "10.30.0.6"), ("mac", "52:54:00:00:00:09"), ("model", "e1000e"), ("mtu", 1400), ("network", "wire")],
)
def test_another_nic(key: str, value: object) -> None:
    """An edit is another NIC and the same machine."""
    backend: dict[str, Any] = {"network": "backend", "address": "10.30.0.5"}
    edited = {**backend, key: value}
    if key == "network":
        del edited["address"]
    (before, had), (after, has) = definitions(with_nics({"n": backend})), definitions(with_nics({"n": edited}))
    assert before == after
    assert had["n"] != has["n"]


def test_another_network_is_another_nic() -> None:
    """Made anew, it has none of the NICs that were on it."""
    nic = {"n": {"network": "backend"}}
    other = {**NETWORKS, "backend": {**NETWORKS["backend"], "mode": "nat"}}
    (before, had), (after, has) = definitions(with_nics(nic)), definitions(with_nics(nic, other))
    assert before == after
    assert had["n"] != has["n"]


def test_a_group_counts_up() -> None:
    """Addresses and MACs of its members follow from the first one's; addresses that nobody gives are all different."""
    nics = {
        "a": {"network": "backend", "address": "10.30.0.9", "mac": "52:54:00:00:00:ff"},
        "b": {"bridge": "br0", "address": "192.168.5.5/24"},
    }
    groups = {"node": {"count": 2, "nics": nics}, "other": {"count": 3, "nics": {"a": {"network": "backend"}}}}
    made = compose({"kind": "guests", "networks": NETWORKS, "groups": groups})
    told = made.exports["guests"]
    assert [told[f"node-{number}"]["nics"]["a"]["address"] for number in (1, 2)] == ["10.30.0.9", "10.30.0.10"]
    assert [told[f"node-{number}"]["nics"]["b"]["address"] for number in (1, 2)] == ["192.168.5.5", "192.168.5.6"]
    macs = [told[f"node-{number}"]["nics"]["a"]["mac"] for number in (1, 2)]
    assert macs == ["52:54:00:00:00:ff", "52:54:00:00:01:00"]
    assert len({guest["nics"]["a"]["address"] for guest in told.values()}) == 5


def test_an_address_is_kept() -> None:
    """As the network holds it, whatever else is there by then."""
    nic = {"n": {"network": "backend"}}
    facts = {
        "network_uuids": {"six-backend": "ours"},
        "networks": {"six-backend": ["10.30.0.0/24"]},
        "reservations": {"six-backend": {"a": "10.30.0.77"}},
    }
    made = compose({"kind": "guests", "networks": NETWORKS, "guests": {"a": {"nics": nic}}}, facts)
    assert made.exports["guests"]["a"]["nics"]["n"]["address"] == "10.30.0.77"


def test_another_default_route() -> None:
    """The first NIC is told of it, so the guest is another instance; of a further NIC alone it is not."""
    networks = {"dmz": {"cidr": "10.31.0.0/24"}}
    plain, marked = ({"n": {"network": "dmz", "defaultRoute": default}} for default in (False, True))
    ids = [
        with_nics(nics, networks)["Command a-guest"].inputs["environment"]["INSTANCE_ID"]
        for nics in ({}, plain, marked)
    ]
    assert ids[0] == ids[1] != ids[2]
    made = with_nics(marked, networks)
    address = made.exports["guests"]["a"]["nics"]["n"]["address"]
    assert made["Guest a"].inputs["nics"] == {"n": f"network dmz at {address}/24, default route"}


def test_ipv6() -> None:
    """A guest's address follows from its MAC; its first NIC takes it from what the network announces."""
    made = compose({"kind": "guests", "network": {"ipv6": "fd00::/64"}, "guests": {"a": {}}})
    expected = identity.address6(IPv6Network("fd00::/64"), identity.mac_address("six", "a"))
    assert made.exports["guests"]["a"]["address6"] == expected


def test_an_installation() -> None:
    """Its CD is the lab's once, its seed the guest's own, and what it installs is not waited for unless asked."""
    iso = {"file": "/srv/a.iso"}
    seed = {"label": "OEMDRV", "files": {"ks.cfg": "reboot"}}
    guests = {"a": {"install": {"iso": iso, "seed": seed}}, "b": {"install": {"iso": iso}, "waitFor": "cloud-init"}}
    made = compose({"kind": "guests", "guests": guests})
    (command,) = (made[key].inputs["environment"] for key in image_parts(made) if key.startswith("Command "))
    assert (command["IMAGE_KIND"], command["FILE"]) == ("iso", "/srv/a.iso")
    a, b = (made[f"Command {name}-guest"] for name in "ab")
    names = ("LINK", "GUEST_INSTALL", "GUEST_INSTALL_SEED", "WAIT_FOR")
    assert [a.inputs["environment"].get(name) for name in names] == ["", "yes", "OEMDRV", "start"]
    assert [b.inputs["environment"].get(name) for name in names] == ["", "yes", None, "cloud-init"]
    assert "\ninstall/ks.cfg 1\nreboot\nkey " in a.inputs["stdin"].value
    assert "install/" not in b.inputs["stdin"].value
    assert f"{command['LINK'].removeprefix('base-')}-image" in b.depends_on
    assert "install_files" not in made["Guest b"].inputs


def test_exports() -> None:
    """A run ends with a table that tells each guest's address and how to log in."""
    raw = {
        "kind": "guests",
        "network": {"cidr": "10.20.6.0/24"},
        "guests": {"web": {"address": "10.20.6.5", "console": "none"}, "database": {"address": "10.20.6.16"}},
    }
    assert compose(raw).exports == {
        "guests": {
            "database": {
                "address": "10.20.6.16",
                "ssh": "ssh -F .kvmlab/ssh/six/config database",
                "console": "virsh -c qemu:///system console six-database",
                "viewer": "virt-viewer -c qemu:///system six-database",
            },
            "web": {
                "address": "10.20.6.5",
                "ssh": "ssh -F .kvmlab/ssh/six/config web",
                "console": "virsh -c qemu:///system console six-web",
            },
        },
        "table": [
            "guest     address     log in with",
            "database  10.20.6.16  ssh -F .kvmlab/ssh/six/config database",
            "web       10.20.6.5   ssh -F .kvmlab/ssh/six/config web",
        ],
    }


def test_no_seed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Without a seed there are no identities, so nothing is registered."""
    monkeypatch.setattr(seed, "SEED_FILE", tmp_path / "seed")
    asked, able = lab(SIX, "six"), host({}, "six")
    with pytest.raises(ConfigError) as refused:
        run(lambda: guests.compose(asked, [(part, able) for part in asked.parts()]), stack="six")
    assert str(refused.value) == (
        "stack six: 1 problem in kvmlab:lab\n"
        "  seed: must be set, got nothing; run `make up`, or set one that all who run this stack share:"
        " openssl rand -hex 32 | pulumi config set --stack six --secret seed"
    )


def test_seed_of_the_checkout(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The checkout's own seed serves where the stack has none, and makes the same identities."""
    (tmp_path / "seed").write_text("5eed\n", "ascii")
    monkeypatch.setattr(seed, "SEED_FILE", tmp_path / "seed")
    asked, able = lab(SIX, "six"), host({}, "six")
    made = run(lambda: guests.compose(asked, [(part, able) for part in asked.parts()]), stack="six")
    assert changed(made, compose(SIX)) == set()


def test_control_planes_are_not_starved() -> None:
    """Workers that want all CPUs leave them theirs; and the first one starts beside guests whose turn it is."""
    made = compose({"kind": "kubernetes", "kubernetes": {"controlPlane": {"count": 3}, "worker": {"count": 1}}})
    planes = [f"control-plane-{number}" for number in (1, 2, 3)]
    told = {name: made[f"Command {name}-guest"].inputs["environment"] for name in (*planes, "worker-1")}
    assert [name for name in told if "<shares>4096</shares>" in told[name]["DEFINITION"]] == planes
    assert [name for name in told if "IS_FIRST" in told[name]] == planes[:1]


def test_an_emulated_node_has_one_socket() -> None:
    """Unless config says otherwise: else its kernel trusts no TSC. With KVM, and in other labs, all is as ever."""
    cluster = {"kind": "kubernetes", "kubernetes": {"controlPlane": {"maxCpus": 4}, "worker": {"count": 1}}}
    told = {**cluster, "kubernetes": {"controlPlane": {"cpu": {"topology": {"sockets": 2, "cores": 1, "threads": 1}}}}}

    def sockets(raw: dict[str, Any], name: str, **facts: Any) -> list[str]:
        made = compose(raw, facts)[f"Command {name}-guest"].inputs["environment"]["DEFINITION"]
        return re.findall("<topology .*?>", made)

    one_socket = '<topology sockets="1" cores="{}" threads="1" />'
    assert sockets(cluster, "control-plane-1", kvm_device=False) == [one_socket.format(4)]
    assert sockets(cluster, "worker-1", kvm_device=False) == [one_socket.format(2)]
    assert sockets(told, "control-plane-1", kvm_device=False) == ['<topology sockets="2" cores="1" threads="1" />']
    assert sockets(cluster, "control-plane-1") == []
    assert sockets(SIX, "node-1", kvm_device=False) == []


def test_two_hosts() -> None:
    """Each has all that a lab is made of, and the guests that are for it; no two guests have the same address."""
    raw = {
        "kind": "guests",
        "hosts": {"here": "local", "nas": {"address": "me@nas"}},
        "guests": {"web": {"host": "here"}, "db": {"host": "nas"}},
    }
    made = compose(raw)
    for name in ("host", "lab", "pool", "network", "host-me@nas", "lab-me@nas", "pool-me@nas", "network-me@nas"):
        assert any(key.endswith(f" {name}") for key in made.resources), name
    web, db = made["Command web-guest"], made["Command db-guest"]
    assert (web.inputs["create"], db.inputs["create"]) == ("host/guest.sh apply", "host/over_ssh.sh guest.sh apply")
    assert db.inputs["environment"]["SSH_DESTINATION"] == "me@nas"
    assert {"pool-pool", "network-network"} <= web.depends_on
    assert {"pool-me@nas-pool", "network-me@nas-network"} <= db.depends_on
    assert "db" not in made["Command network-network"].inputs["environment"]["RESERVATIONS"]
    addresses = {name: guest["address"] for name, guest in made.exports["guests"].items()}
    assert len({*addresses.values()}) == 2


def test_a_host_of_several_is_the_same_alone() -> None:
    """What a machine is called in config makes no difference to what is on it, nor does another one beside it."""
    alone = compose({"kind": "guests", "host": "nas", "guests": {"web": {}}})
    hosts = {"big": {"address": "nas"}, "small": {}}
    several = compose({"kind": "guests", "hosts": hosts, "guests": {"web": {"host": "big"}}})
    assert alone.resources.keys() <= several.resources.keys()
    assert {name for name in alone.resources if alone[name].inputs != several[name].inputs} == set()
