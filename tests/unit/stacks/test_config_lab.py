"""What a config that is in order becomes."""

from ipaddress import IPv4Address, IPv4Network

import pytest
import yaml

from components.domain_parts import Balloon, Cpu, Topology
from components.domain_shares import Share
from components.errors import ConfigError
from stacks.config import (
    Boot,
    CatalogueImage,
    Console,
    DataDisk,
    Digest,
    FileImage,
    GuestSpec,
    Host,
    Lab,
    Network,
    Overcommit,
    Pool,
    UrlImage,
)
from stacks.config.parsing import parse

ME = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f me@home"
YOU = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAICAhIiMkJSYnKCkqKywtLi8wMTIzNDU2Nzg5Ojs8PT4/ you"
SHA256 = "60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752"


def lab(text: str, stack: str = "quickstart") -> Lab:
    """The lab of a config in YAML."""
    return parse(yaml.safe_load(text), stack, {"base", "docker"}, {"debian-13"})


def test_defaults() -> None:
    """The shortest config is a whole lab."""
    assert lab("{kind: guests, guests: {web: {}}}") == Lab(
        stack="quickstart",
        kind="guests",
        hosts=(Host("local", "auto", None, 120, None, None, "server", "keep"),),
        network=Network(
            name="quickstart",
            cidr=IPv4Network("10.20.0.0/24"),
            gateway=IPv4Address("10.20.0.1"),
            dhcp_start=IPv4Address("10.20.0.128"),
            dhcp_end=IPv4Address("10.20.0.254"),
            domain="quickstart.internal",
            bridge="kl-quickstart",
        ),
        pool=Pool("quickstart", "/var/lib/libvirt/images/quickstart"),
        guests=(
            GuestSpec(
                name="web",
                group=None,
                host="",
                number=None,
                image=CatalogueImage("debian-13"),
                cpus=1,
                memory=1024**3,
                firmware="bios",
                machine=None,
                tpm=False,
                console=Console("vnc", None),
                cpu=None,
                balloon=None,
                watchdog=None,
                description=None,
                shares=(),
                autostart=False,
                disk=8 * 1024**3,
                disks=(),
                address=None,
                layers=(),
                user_data={},
                authorized_keys=(),
                on_cloud_init_change="rerun",
                max_cpus=None,
                max_memory=None,
                allow_restart=True,
                allow_data_loss=False,
                wait_for="cloud-init",
                ready_timeout=1800,
                shutdown_timeout=120,
            ),
        ),
    )


def test_a_machine_behind_ssh() -> None:
    """Its name is all that is needed."""
    assert lab("{kind: guests, host: me@nas, guests: {web: {}}}").host.ssh == {"destination": "me@nas"}
    assert lab("{kind: guests, guests: {web: {}}}").host.ssh is None


def test_several_machines() -> None:
    """Each is called as config calls it, unless an address says otherwise, and has the guests that are for it."""
    asked = lab("""
        kind: guests
        hosts: {box: {}, nas: {address: me@nas.lan, accelerator: tcg}, here: local}
        guests: {web: {host: here}}
        groups: {node: {count: 2, host: nas}}
    """)
    parts = {part.host.name: part for part in asked.parts()}
    assert [part.host.ssh for part in parts.values()] == [{"destination": "box"}, {"destination": "me@nas.lan"}, None]
    placed = {name: [guest.name for guest in part.guests] for name, part in parts.items()}
    assert placed == {"box": [], "nas": ["node-1", "node-2"], "here": ["web"]}
    assert parts["nas"].host.accelerator == "tcg"


def test_the_only_machine_of_several() -> None:
    """Where `hosts` has one, guests need not name it."""
    asked = lab("{kind: guests, hosts: {nas: {}}, guests: {web: {}}}")
    assert [guest.name for part in asked.parts() for guest in part.guests] == ["web"]


def test_everything_given() -> None:
    """Every key that can be given arrives."""
    given = lab(f"""
        kind: guests
        host:
          {{address: nas.lan, hostKey: "{ME}", accelerator: tcg, atOnce: 4, timeout: 30s, role: both,
            overcommit: {{memory: 150%, cpus: 400%, disk: thin}}}}
        network:
          cidr: 192.168.7.0/28
          dhcp: {{start: 192.168.7.12, end: 192.168.7.13}}
          domain: home.arpa
          bridge: br_lab.7
        pool: {{path: /srv/kvm/lab/}}
        image: {{file: /srv/images/debian.qcow2}}
        authorizedKeys: ["{ME}"]
        guests:
          web:
            image: {{url: "http://example.org/x.qcow2", sha256: {SHA256.upper()}, disk: ./b.img}}
            cpus: 4
            memory: 1.5GiB
            firmware: uefi-secure
            machine: q35
            tpm: true
            console: {{type: spice, port: 6000, listen: 192.168.7.1, password: "${{secrets.screen}}"}}
            cpu: {{model: host-model, topology: {{cores: 2, threads: 2}}}}
            balloon: {{freePageReporting: true}}
            watchdog: {{action: pause}}
            description: the lab's door
            shares: {{home: {{path: /home/me}}, data: {{path: /srv/data/}}}}
            autostart: true
            disk: 20GB
            disks: {{data: {{size: 2GiB, protect: false}}, archive: {{size: 1TiB}}}}
            address: 192.168.7.14
            layers: [base, docker]
            userData: {{packages: [nginx]}}
            authorizedKeys: ["{YOU}", "{ME}"]
            onCloudInitChange: rerun
            waitFor: start
            readyTimeout: 5m
            shutdownTimeout: 0s
          db: {{}}
    """)
    overcommit = Overcommit(150, 400, "thin")
    key = ME.removesuffix(" me@home")
    assert given.host == Host("nas.lan", "tcg", 4, 30, key, None, "both", "keep", overcommit=overcommit)
    assert given.host.ssh == {"destination": "nas.lan", "host_key": given.host.key}
    assert given.network == Network(
        name="quickstart",
        cidr=IPv4Network("192.168.7.0/28"),
        gateway=IPv4Address("192.168.7.1"),
        dhcp_start=IPv4Address("192.168.7.12"),
        dhcp_end=IPv4Address("192.168.7.13"),
        domain="home.arpa",
        bridge="br_lab.7",
    )
    assert given.pool.path == "/srv/kvm/lab"
    db, web = given.guests
    assert web == GuestSpec(
        name="web",
        group=None,
        host="",
        number=None,
        image=UrlImage("http://example.org/x.qcow2", Digest("sha256", SHA256), "./b.img"),
        cpus=4,
        memory=3 * 1024**3 // 2,
        firmware="uefi-secure",
        machine="q35",
        tpm=True,
        console=Console("spice", 6000, "192.168.7.1", "screen"),
        cpu=Cpu("host-model", Topology(1, 2, 2)),
        balloon=Balloon(is_there=True, free_page_reporting=True, autodeflate=False),
        watchdog="pause",
        description="the lab's door",
        shares=(Share("data", "/srv/data"), Share("home", "/home/me")),
        autostart=True,
        disk=20 * 1000**3,
        disks=(DataDisk("archive", 1024**4, protect=True), DataDisk("data", 2 * 1024**3, protect=False)),
        address=IPv4Address("192.168.7.14"),
        layers=("base", "docker"),
        user_data={"packages": ["nginx"]},
        authorized_keys=(ME, YOU),
        on_cloud_init_change="rerun",
        max_cpus=None,
        max_memory=None,
        allow_restart=True,
        allow_data_loss=False,
        wait_for="start",
        ready_timeout=300,
        shutdown_timeout=0,
    )
    assert db.image == FileImage("/srv/images/debian.qcow2", None)
    assert db.authorized_keys == (ME,)


def test_what_nothing_starts() -> None:
    """A blank disk has a board of today, and nobody waits for it, nor for what is off, unless config says so."""
    guests = lab("""
        kind: guests
        image: none
        guests:
          asked: {waitFor: cloud-init, machine: pc}
          blank: {}
          idle: {power: "off", image: debian-13}
          usual: {image: debian-13}
    """).guests
    assert [guest.image for guest in guests] == [None, None, CatalogueImage("debian-13"), CatalogueImage("debian-13")]
    assert [guest.machine for guest in guests] == ["pc", "q35", None, None]
    assert [guest.wait_for for guest in guests] == ["cloud-init", "start", "start", "cloud-init"]
    assert [guest.power for guest in guests] == ["on", "on", "off", "on"]


@pytest.mark.parametrize(
    ("keys", "cpu", "balloon"),
    [
        ("cpu: maximum", Cpu("maximum", None), None),
        ("cpu: {}", None, None),
        ("cpu: {topology: {}}", Cpu(None, Topology(1, 1, 1)), None),
        ("balloon: none", None, Balloon(is_there=False, free_page_reporting=False, autodeflate=False)),
        ("balloon: {type: virtio, autodeflate: false}", None, None),
    ],
)
def test_parts(keys: str, cpu: Cpu | None, balloon: Balloon | None) -> None:
    """A word and a mapping mean the same; what says nothing is the default."""
    (guest,) = lab(f"{{kind: guests, guests: {{web: {{{keys}}}}}}}").guests
    assert (guest.cpu, guest.balloon) == (cpu, balloon)


def test_a_kernel() -> None:
    """Its files are given as an image's, and may be what the guest has beside one."""
    (web,) = lab(f"""
        kind: guests
        guests:
          web:
            boot:
              kernel: {{file: /srv/vmlinuz, sha256: {SHA256}}}
              initrd: {{url: "http://example.org/initrd", sha256: {SHA256}}}
              cmdline: console=ttyS0
    """).guests
    digest = Digest("sha256", SHA256)
    kernel, initrd = FileImage("/srv/vmlinuz", digest), UrlImage("http://example.org/initrd", digest)
    assert web.boot == Boot(kernel, initrd, "console=ttyS0")
    assert (web.image, web.wait_for) == (CatalogueImage("debian-13"), "cloud-init")


def test_groups_count_up_in_natural_order() -> None:
    """Members are numbered from one, addresses follow the number, and worker-10 comes after worker-9."""
    guests = lab("{kind: guests, groups: {worker: {count: 11, address: 10.20.0.20}}}").guests
    assert [guest.name for guest in guests] == [f"worker-{number}" for number in range(1, 12)]
    assert [str(guest.address) for guest in guests] == [f"10.20.0.{19 + number}" for number in range(1, 12)]
    assert {guest.group for guest in guests} == {"worker"}
    assert [guest.number for guest in guests] == list(range(1, 12))


def test_order_of_keys_is_no_identity() -> None:
    """The same guests in another order are the same lab."""
    one = lab("{kind: guests, guests: {a: {cpus: 2}, b: {}}, groups: {c: {count: 2}, d: {count: 1}}}")
    other = lab("{groups: {d: {count: 1}, c: {count: 2}}, guests: {b: {}, a: {cpus: 2}}, kind: guests}")
    assert one == other


def test_group_scaled_to_nothing() -> None:
    """A group of none is a lab without guests, and no error."""
    assert lab("{kind: guests, groups: {worker: {count: 0, address: 10.20.0.20}}}").guests == ()


@pytest.mark.parametrize(("cpus", "count"), [("2", "3"), ("2.0", "3.0"), ("2e0", "3.e0")])
def test_whole_floats_are_numbers(cpus: str, count: str) -> None:
    """What the CLI has rewritten as a float is the number that it was, as an int."""
    guests = lab(f"{{kind: guests, groups: {{worker: {{count: {float(count)}, cpus: {float(cpus)}}}}}}}").guests
    assert [repr(guest.cpus) for guest in guests] == ["2", "2", "2"]


@pytest.mark.parametrize(
    ("written", "size"),
    [
        ("256MiB", 256 * 1024**2),
        ("1.5GiB", 1536 * 1024**2),
        ("2 GiB", 2 * 1024**3),
        ("0.5TiB", 512 * 1024**3),
        ("64TiB", 64 * 1024**4),
        ("1024MB", 1024 * 1000**2),
        ("20GB", 20 * 1000**3),
        ("1TB", 1000**4),
    ],
)
def test_sizes(written: str, size: int) -> None:
    """A size in any of the units becomes bytes, exactly."""
    assert lab(f"{{kind: guests, guests: {{web: {{disk: {written}}}}}}}").guests[0].disk == size


@pytest.mark.parametrize(
    ("stack", "bridge"),
    [
        ("a", "kl-a"),
        ("abcdefghijkl", "kl-abcdefghijkl"),
        ("abcdefghijklm", "kl-abcdefg-ff10"),
        ("abcdefghijkln", "kl-abcdefg-a182"),
        ("abcdef-hijklmno", "kl-abcdef-2177"),
    ],
)
def test_bridge_follows_from_the_stack(stack: str, bridge: str) -> None:
    """Long names are cut to the kernel's 15 bytes, and two that begin alike stay apart."""
    assert lab("{kind: guests, guests: {web: {}}}", stack).network.bridge == bridge


@pytest.mark.parametrize(
    ("cidr", "start", "end"),
    [
        ("10.0.0.0/16", "10.0.128.0", "10.0.255.254"),
        ("10.1.0.0/24", "10.1.0.128", "10.1.0.254"),
        ("10.2.0.16/28", "10.2.0.24", "10.2.0.30"),
    ],
)
def test_dhcp_is_the_upper_half(cidr: str, start: str, end: str) -> None:
    """Without a range of its own, DHCP has the upper half of the network."""
    network = lab(f"{{kind: guests, network: {{cidr: {cidr}}}, guests: {{web: {{}}}}}}").network
    assert (str(network.dhcp_start), str(network.dhcp_end)) == (start, end)


def test_anchors() -> None:
    """YAML anchors are plain YAML."""
    guests = lab("{kind: guests, guests: {a: &small {cpus: 2, layers: [docker]}, b: *small}}").guests
    assert [(guest.cpus, guest.layers) for guest in guests] == [(2, ("docker",)), (2, ("docker",))]


def test_problems_are_data() -> None:
    """A report is made of problems, each with its path."""
    with pytest.raises(ConfigError) as refused:
        lab("{kind: guests, guests: {web: {cpus: 0}}}")
    assert refused.value.problems == (("lab.guests.web.cpus", "must be from 1 to 255, got 0"),)
