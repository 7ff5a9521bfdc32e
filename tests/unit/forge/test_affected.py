"""Which stacks a change touches."""

from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path

import pytest

from forge import ForgeError
from forge.affected import affected, gone
from forge.tree import DEFAULT_IMAGE, Tree, is_read
from stacks.config.models import LabConfig

ROOT = Path(__file__).parents[3]
GUESTS = "config:\n  kvmlab:lab:\n    kind: guests\n"
FILES = {
    "README.md": "",
    "__main__.py": "from stacks.compose import compose\n",
    "cloud-init/base.yaml": "",
    "cloud-init/docker.yaml": "",
    "components/__init__.py": "",
    "components/guest.py": 'CALL = "guest.sh apply"\n',
    "components/host_bridge.py": 'CALL = "bridge.sh apply"\n',
    "components/later.py": "",
    "components/unused.py": "",
    "console/changes.py": "",
    "docs/tutorial.md": "",
    "host/bridge.sh": '. host/lib.sh\n. "host/bridge_$manager.sh"\n',
    "host/bridge_netplan.sh": "",
    "host/guest.sh": ". host/lib.sh\n",
    "host/lib.sh": "",
    "images/catalogue.yaml": "debian-13: {build: debian-13, pin: 1}\nubuntu: {pin: 1}\n",
    "images/build": "",
    "images/debian-13/packages": "",
    "stacks/Pulumi.a.yaml": GUESTS,
    "stacks/Pulumi.b.yaml": f"{GUESTS}    image: ubuntu\n    guests: {{web: {{layers: [docker]}}}}\n",
    "stacks/Pulumi.h.yaml": "config:\n  kvmlab:lab: {kind: host}\n",
    "stacks/__init__.py": "",
    "stacks/compose.py": "from stacks import config\n",
    "stacks/config/__init__.py": "",
    "stacks/guests.py": "from components import guest\n\n\ndef make() -> None:\n    import components.later\n",
    "stacks/host.py": "from components.host_bridge import CALL\n",
    "tests/test_x.py": "",
    "toolchain/README.md": "",
    "toolchain/versions.env": "",
    "uv.lock": "",
}


def tree(files: Mapping[str, str]) -> Tree:
    """As Git gives it."""
    return Tree(files, {path: text for path, text in files.items() if is_read(path)})


def touched(changes: Mapping[str, str | None]) -> list[str]:
    """By a change of these files; None deletes one."""
    after = {path: text for path, text in {**FILES, **changes}.items() if text is not None}
    return affected(changes, tree(FILES), tree(after))


@pytest.mark.parametrize(
    ("path", "stacks"),
    [
        ("README.md", ""),
        ("docs/tutorial.md", ""),
        ("tests/test_x.py", ""),
        ("console/changes.py", ""),
        ("toolchain/README.md", ""),
        ("components/unused.py", ""),
        ("of/no/concern", ""),
        ("stacks/Pulumi.a.yaml", "a"),
        ("stacks/facts/a/local.txt", "a"),
        ("cloud-init/docker.yaml", "b"),
        ("cloud-init/base.yaml", "a b h"),
        ("components/guest.py", "a b"),
        ("components/later.py", "a b"),
        ("components/__init__.py", "a b h"),
        ("components/host_bridge.py", "h"),
        ("stacks/guests.py", "a b"),
        ("stacks/host.py", "h"),
        ("stacks/compose.py", "a b h"),
        ("stacks/config/__init__.py", "a b h"),
        ("__main__.py", "a b h"),
        ("host/guest.sh", "a b"),
        ("host/bridge.sh", "h"),
        ("host/bridge_netplan.sh", "h"),
        ("host/lib.sh", "a b h"),
        ("images/debian-13/packages", "a h"),
        ("images/build", "a h"),
        ("images/catalogue.yaml", ""),
        ("toolchain/versions.env", "a b h"),
        ("uv.lock", "a b h"),
    ],
)
def test_one_path(path: str, stacks: str) -> None:
    """A stack is touched by what it is made from, and by nothing else."""
    assert touched({path: FILES.get(path, "")}) == stacks.split()


def test_pins_of_images() -> None:
    """Those of the images that a lab may use."""
    catalogue = FILES["images/catalogue.yaml"]
    assert touched({"images/catalogue.yaml": catalogue.replace("ubuntu: {pin: 1}", "ubuntu: {pin: 2}")}) == ["b"]
    assert touched({"images/catalogue.yaml": catalogue.replace("debian-13, pin: 1", "debian-13, pin: 2")}) == ["a", "h"]
    assert touched({"images/catalogue.yaml": f"{catalogue}fedora: {{pin: 1}}\n"}) == []
    assert LabConfig.model_fields["image"].default == DEFAULT_IMAGE


def test_a_cluster() -> None:
    """Its nodes have a layer of their kind's, and its manifests are files of the checkout."""
    cluster = "{kind: kubernetes, kubernetes: {manifests: [apps/web.yaml]}}"
    files = {
        **FILES,
        "stacks/Pulumi.k.yaml": f"config:\n  kvmlab:lab: {cluster}\n",
        "stacks/kubernetes.py": "",
        "cloud-init/kubernetes-node.yaml": "",
        "apps/web.yaml": "",
        "apps/other.yaml": "",
    }
    for path, stacks in (
        ("cloud-init/kubernetes-node.yaml", ["k"]),
        ("apps/web.yaml", ["k"]),
        ("bundle/manifests/flannel.yaml", ["k"]),
        ("apps/other.yaml", []),
    ):
        assert affected([path], tree(files), tree(files)) == stacks


def test_what_it_was_made_from() -> None:
    """A dependency that a change takes away counts too."""
    assert touched({"cloud-init/docker.yaml": None}) == ["b"]
    assert touched({"stacks/guests.py": "", "components/later.py": None}) == ["a", "b"]
    assert touched({"host/bridge_netplan.sh": None}) == ["h"]
    assert touched({"host/bridge_ifupdown.sh": ""}) == ["h"]


def test_new_and_deleted_stacks() -> None:
    """A new one is touched; one whose config goes has no preview."""
    after = {**FILES, "stacks/Pulumi.new.yaml": GUESTS}
    del after["stacks/Pulumi.a.yaml"]
    assert affected(["stacks/Pulumi.new.yaml", "stacks/Pulumi.a.yaml"], tree(FILES), tree(after)) == ["new"]
    assert gone(tree(FILES), tree(after)) == ["a"]
    assert affected(FILES, tree({}), tree(FILES)) == ["a", "b", "h"]


@pytest.mark.parametrize(
    "text",
    ["", "- 1", "config: [", "config: {kvmlab:lab: {kind: 7}}", "config: {kvmlab:lab: {kind: ../guests}}", "[" * 5000],
)
def test_a_config_that_cannot_be_read(text: str) -> None:
    """It may need anything."""
    files = {**FILES, "stacks/Pulumi.a.yaml": text}
    for path in ("cloud-init/docker.yaml", "host/bridge.sh", "components/unused.py"):
        assert "a" in affected([path], tree(files), tree(files))
    assert affected(["README.md"], tree(files), tree(files)) == []


@pytest.mark.parametrize("text", ["def", "\0", "(" * 500])
def test_a_module_that_cannot_be_read(text: str) -> None:
    """It may import anything."""
    files = {**FILES, "stacks/compose.py": text}
    assert affected(["components/unused.py"], tree(files), tree(files)) == ["a", "b", "h"]


def test_an_endless_config() -> None:
    """Aliases that grow without end, or stand in themselves, are looked at once."""
    names = "abcdefghijklmnopqrstuvwxyz"
    grown = "".join(f"    {n}: &{n} [{', '.join([f'*{m}'] * 9)}]\n" for m, n in pairwise(names))
    text = f"{GUESTS}    a: &a [docker, *a]\n{grown}"
    files = {**FILES, "stacks/Pulumi.a.yaml": text}
    assert affected(["cloud-init/docker.yaml"], tree(files), tree(files)) == ["a", "b"]


@pytest.mark.parametrize("name", ["$(reboot)", "a b", "-x", "", "a\nb", "é", "../a", "a" * 101, "a'"])
def test_names_that_no_stack_should_have(name: str) -> None:
    """They end the run: they would be a path, an option or a command elsewhere."""
    after = tree({**FILES, f"stacks/Pulumi.{name}.yaml": GUESTS})
    with pytest.raises(ForgeError, match=r"^stack: must be letters, digits, '-', '_' and '\.', got .[ -~]*.; rename"):
        affected(["README.md"], tree(FILES), after)
