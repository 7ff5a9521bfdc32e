"""A guest's seed is what its spec says, to the byte.

Every variant is kept in tests/cases/cloud_init/rendered. After a wanted change, write them anew and read the diff:

    python -m tests.unit.components.test_cloud_init
"""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from components.archive import pack
from components.cloud_init import Seed, SeedSpec, archive, layer_names, load_layer, problems, render, shown
from components.network_config import Link

CASES = Path(__file__).parents[2] / "cases" / "cloud_init"
RENDERED = CASES / "rendered"
LAYERS = Path(__file__).parents[3] / "cloud-init"
SEEDS: list[dict[str, Any]] = yaml.safe_load((CASES / "seeds.yaml").read_text("utf-8"))

GUEST = SeedSpec(
    hostname="web-1",
    fqdn="web-1.lab.internal",
    layers=[],
    authorized_keys=["ssh-ed25519 AAAAlab", "ssh-ed25519 AAAAuser user@desk", "ssh-ed25519 AAAAlab"],
    host_key_private="first line of the private key\nlast line of the private key\n",
    host_key_public="ssh-ed25519 AAAAhost",
    mac="52:54:00:12:34:56",
)


def seed_of(case: dict[str, Any]) -> Seed:
    """Render one case."""
    layers = [*(load_layer(name, LAYERS) for name in case["layers"]), *case.get("user_data", [])]
    return render(replace(GUEST, layers=layers, instance_id=case.get("instance_id")))


def files_of(seed: Seed) -> dict[str, str]:
    """The files as the seed disk names them."""
    return {"user-data": seed.user_data, "meta-data": seed.meta_data, "network-config": seed.network_config}


@pytest.mark.parametrize("case", SEEDS, ids=lambda case: case["name"])
def test_rendered(case: dict[str, Any]) -> None:
    """The seed is the one that is kept."""
    directory = RENDERED / case["name"]
    kept = {file.name: file.read_text("utf-8") for file in directory.iterdir()}
    assert files_of(seed_of(case)) == kept


def test_rendered_is_whole() -> None:
    """Nothing is kept that no case makes, and every layer of ours is in a case."""
    assert {directory.name for directory in RENDERED.iterdir()} == {case["name"] for case in SEEDS}
    assert {name for case in SEEDS for name in case["layers"]} == set(layer_names(LAYERS))


@pytest.mark.parametrize("case", SEEDS, ids=lambda case: case["name"])
def test_what_every_guest_has(case: dict[str, Any]) -> None:
    """Whatever the layers say, the lab can log in, knows the host key and finds the NIC."""
    seed = seed_of(case)
    user_data = yaml.safe_load(seed.user_data)
    assert seed.user_data.startswith("#cloud-config\n")
    assert user_data["users"][0] == "default"
    assert user_data["ssh_authorized_keys"][:2] == ["ssh-ed25519 AAAAlab", "ssh-ed25519 AAAAuser user@desk"]
    assert user_data["ssh_keys"] == {"ed25519_private": GUEST.host_key_private, "ed25519_public": GUEST.host_key_public}
    assert yaml.safe_load(seed.meta_data) == {"instance-id": seed.instance_id, "local-hostname": "web-1"}
    assert yaml.safe_load(seed.network_config)["ethernets"]["eth0"]["match"] == {"macaddress": GUEST.mac}


@pytest.mark.parametrize("case", SEEDS, ids=lambda case: case["name"])
def test_text_survives(case: dict[str, Any]) -> None:
    """What a layer says is what cloud-init reads, however hard it is to write as YAML."""
    user_data = yaml.safe_load(seed_of(case).user_data)
    for layer in case.get("user_data", []):
        for key in layer.keys() - {"users", "ssh_authorized_keys"}:
            assert user_data[key] == layer[key]


def test_layers_cannot_take_the_identity() -> None:
    """A layer with keys of the lab's own is refused by the check, and without it the lab's still win."""
    layer: dict[str, object] = {
        "hostname": "x",
        "fqdn": "x.y",
        "ssh_deletekeys": False,
        "ssh_keys": {"ed25519_public": "x"},
    }
    assert len(problems(layer, "lab.userData")) == len(layer)
    assert render(replace(GUEST, layers=[layer])).user_data == render(GUEST).user_data


def test_key_order_is_not_content() -> None:
    """Keys written in another order make the same instance; a list in another order does not."""

    def instance(layer: dict[str, object]) -> str:
        return render(replace(GUEST, layers=[layer])).instance_id

    assert instance({"timezone": "UTC", "runcmd": ["a", "b"]}) == instance({"runcmd": ["a", "b"], "timezone": "UTC"})
    assert instance({"runcmd": ["a", "b"]}) != instance({"runcmd": ["b", "a"]})


@pytest.mark.parametrize(
    "change",
    [
        {"hostname": "web-2"},
        {"fqdn": "web-1.example.org"},
        {"layers": [{"runcmd": ["true"]}]},
        {"authorized_keys": ["ssh-ed25519 AAAAother"]},
        {"host_key_private": "another"},
        {"mac": "52:54:00:00:00:01"},
    ],
    ids=lambda change: next(iter(change)),
)
def test_content_makes_the_instance(change: dict[str, Any]) -> None:
    """Any change of content is a new instance, unless the instance was given."""
    assert render(replace(GUEST, **change)).instance_id != render(GUEST).instance_id
    assert render(replace(GUEST, instance_id="iid-1", **change)).instance_id == "iid-1"


def test_further_nics_make_no_instance() -> None:
    """They come and go; which of a guest's NICs the default route is by is the first one's business, too."""
    link = Link(name="lan", mac="52:54:00:00:00:01", dhcp=True)
    seed, other = render(replace(GUEST, links=[link])), render(GUEST)
    assert (seed.instance_id, seed.meta_data) == (other.instance_id, other.meta_data)
    assert [*yaml.safe_load(seed.network_config)["ethernets"]] == ["eth0", "lan"]
    assert render(replace(GUEST, is_default=False)).instance_id != other.instance_id


def test_shared_values_are_written_out() -> None:
    """A value that two keys share makes no YAML anchor."""
    shared = ["a", "b"]
    text = render(replace(GUEST, layers=[{"runcmd": [shared, shared]}])).user_data
    assert "&" not in text
    assert yaml.safe_load(text)["runcmd"] == [shared, shared]


def test_archive() -> None:
    """The archive holds the three files and the lab's key, and the same seed makes the same text."""
    seed = render(GUEST)
    assert archive(seed, "the key\n") == pack({**files_of(seed), "key": "the key\n"})
    assert archive(replace(seed), "the key\n") == archive(seed, "the key\n")


def test_secrets_are_not_shown() -> None:
    """Neither a spec nor a seed shows its private key when it is printed."""
    assert "private key" not in f"{GUEST!r} {render(GUEST)!r}"


def test_a_preview_shows_what_can_be_no_secret() -> None:
    """Names, sizes and switches stand there; what may be a secret has a mark that changes with it, and with the key."""
    layers: list[dict[str, object]] = [
        {
            "package_update": True,
            "packages": ["curl", ["nginx", "1.26"], {"snap": ["hello"]}],
            "users": ["default", {"name": "ana", "shell": "/bin/zsh", "uid": 2000, "passwd": "geheim"}],
            "write_files": [{"path": "/etc/key", "permissions": "0600", "content": "geheim\n"}],
            "runcmd": [["login", "geheim"], "login geheim"],
            "mounts": [["//nas/a", "/a", "cifs", "password=geheim"]],
            "password": 1234,
            "no_key_of_cloud_config": "geheim",
        }
    ]
    kept = (CASES / "shown.yaml").read_text("utf-8")
    assert shown(layers, b"key") == kept
    changed = shown([*layers, {"password": 1235}], b"key").splitlines()
    assert [line[:19] for line in changed if line not in kept.splitlines()] == ["password: '[hidden "]
    assert shown(layers, b"another key") != kept


def write_rendered() -> None:
    """Keep what the cases make now."""
    for case in SEEDS:
        directory = RENDERED / case["name"]
        directory.mkdir(parents=True, exist_ok=True)
        for name, text in files_of(seed_of(case)).items():
            (directory / name).write_text(text, "utf-8")


if __name__ == "__main__":
    write_rendered()
