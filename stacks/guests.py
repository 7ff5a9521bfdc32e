"""The lab of kind `guests`: a network, a pool, and guests in it."""

from collections.abc import Mapping
from pathlib import Path

import pulumi

from components import cloud_init, host_facts, identity
from components.enums import OnCloudInitChange
from components.errors import HostError
from components.guest import Guest, GuestArgs
from components.image import Image
from components.kvm_host import KvmHost
from components.network import Network, NetworkArgs, definition_uuid
from components.pool import Pool
from components.shell import ask
from components.ssh_access import SshAccess, SshGuest
from stacks import images, preflight
from stacks.config import FileImage, GuestSpec, Lab
from stacks.seed import stack_seed

LAYERS = Path(__file__).parents[1] / "cloud-init"
LOGIN = "lab"
"""The user of the base layer that readiness and the ssh config log in as, the same on every distribution."""


def compose(lab: Lab) -> None:
    """Make the lab real, or raise everything that keeps the host from carrying it."""
    seed = stack_seed()
    links = {guest.name: images.link(guest.image) for guest in lab.guests}
    facts = host_facts.parse(ask("probe.sh", _question(lab, links)))
    if problems := preflight.problems(lab, facts, links):
        raise HostError(lab.host.address, problems)
    accelerator = preflight.accelerator(lab, facts)
    if accelerator == "qemu" and lab.host.accelerator == "auto":
        pulumi.warn(f"{lab.host.address}: guests are emulated, which is slow; {preflight.BIOS_HINT}")

    host = KvmHost("host", {"libvirt_down": not facts.libvirt_answers})
    bases = [
        Image(link.removeprefix("base-"), images.image_args(image, lab.pool), _after(host))
        for link, image in {images.link(guest.image): guest.image for guest in lab.guests}.items()
    ]
    pool = Pool("pool", {"name": lab.pool.name, "path": lab.pool.path}, _after(*bases))
    network_args = NetworkArgs(
        name=lab.network.name,
        bridge=lab.network.bridge,
        cidr=str(lab.network.cidr),
        dhcp_start=str(lab.network.dhcp_start),
        dhcp_end=str(lab.network.dhcp_end),
        domain=lab.network.domain,
    )
    network = Network("network", network_args, _after(*bases))

    lab_key = identity.ssh_key(seed, f"{lab.stack}/lab")
    addresses = identity.allocate(
        {guest.name: guest.address for guest in lab.guests},
        lab.network.cidr,
        [(lab.network.gateway, lab.network.gateway), (lab.network.dhcp_start, lab.network.dhcp_end)],
        preflight.held(lab, facts),
    )
    ssh: dict[str, SshGuest] = {}
    for guest in lab.guests:
        host_key = identity.ssh_key(seed, f"{lab.stack}/{guest.name}/host")
        ssh[guest.name] = {"address": str(addresses[guest.name]), "host_key": host_key.public}
        mac = identity.mac_address(lab.stack, guest.name)
        layers = _layers(guest)
        rendered = cloud_init.render(
            cloud_init.SeedSpec(
                hostname=guest.name,
                fqdn=f"{guest.name}.{lab.network.domain}",
                layers=layers,
                authorized_keys=[lab_key.public, *guest.authorized_keys],
                host_key_private=host_key.private,
                host_key_public=host_key.public,
                mac=mac,
            )
        )
        args = GuestArgs(
            lab=lab.stack,
            hostname=guest.name,
            accelerator=accelerator,
            cpus=guest.cpus,
            memory_mib=guest.memory // preflight.MIB,
            disk_bytes=guest.disk,
            image=links[guest.name],
            pool=lab.pool.name,
            pool_path=lab.pool.path,
            network=lab.network.name,
            network_uuid=definition_uuid(network_args),
            mac=mac,
            address=str(addresses[guest.name]),
            login=LOGIN,
            host_key=host_key.public,
            lab_key=pulumi.Output.secret(lab_key.private),
            seed=pulumi.Output.secret(cloud_init.archive(rendered)),
            cloud_config="",
            instance_id=rendered.instance_id,
            on_cloud_init_change=OnCloudInitChange(guest.on_cloud_init_change),
        )
        Guest(guest.name, args, pulumi.ResourceOptions(provider=host.provider, depends_on=[pool, network]))

    directory = f".kvmlab/ssh/{lab.stack}"
    access = SshAccess(
        "access",
        {"directory": directory, "login": LOGIN, "guests": ssh, "private_key": pulumi.Output.secret(lab_key.private)},
    )
    _export(ssh, f"{directory}/config")
    del access


def _question(lab: Lab, links: Mapping[str, str]) -> dict[str, str]:
    files = {
        f"{links[guest.name]} {guest.image.digest.algorithm if guest.image.digest else '-'} {guest.image.path}"
        for guest in lab.guests
        if isinstance(guest.image, FileImage)
    }
    return {"LAB": lab.stack, "POOL_PATH": lab.pool.path, "FILES": "\n".join(sorted(files))}


def _layers(guest: GuestSpec) -> list[Mapping[str, object]]:
    documents = [cloud_init.load_layer(name, LAYERS) for name in ("base", *guest.layers)]
    return [*documents, guest.user_data]


def _after(*before: pulumi.Resource) -> pulumi.ResourceOptions:
    return pulumi.ResourceOptions(depends_on=list(before))


def _export(ssh: Mapping[str, SshGuest], config: str) -> None:
    """What a run ends with: guest, address, and the command that logs in."""
    pulumi.export("guests", {n: {"address": g["address"], "ssh": f"ssh -F {config} {n}"} for n, g in ssh.items()})
