"""What a bundle has is what its manifests ask for, and its versions are those that are compiled."""

import re
from pathlib import Path
from typing import cast

import yaml

from bundle.contents import applets, libraries, names, pulled
from bundle.versions import HERE, pinned
from stacks.config.models.kubernetes import VERSION
from stacks.config.parsing import parse
from stacks.kubernetes import applied
from tests.unit.stacks.labs import IMAGES, LAYERS

MODULES = {
    "KUBERNETES_VERSION": ("kubernetes", "k8s.io/kubernetes"),
    "ETCD_VERSION": ("etcd", "go.etcd.io/etcd/server/v3"),
    "COREDNS_VERSION": ("coredns", "github.com/coredns/coredns"),
    "CNI_VERSION": ("cni", "github.com/containernetworking/plugins"),
    "FLANNEL_CNI_VERSION": ("flannel-cni", "github.com/containernetworking/plugins"),
    "FLANNEL_VERSION": ("flannel", "github.com/flannel-io/flannel"),
    "METRICS_SERVER_VERSION": ("metrics-server", "sigs.k8s.io/metrics-server"),
}
OUR_OWN = {"PAUSE_VERSION", "PROBE_VERSION", "FLANNEL_CNI_IMAGE_VERSION"}
"""Of no module."""
REPLACED = "v0.0.0"
LDD = """\
\tlinux-vdso.so.1 (0x00007ffd3f1f2000)
\tlibnftables.so.1 => /lib/x86_64-linux-gnu/libnftables.so.1 (0x00007f5d7c600000)
\tlibc.so.6 => /usr/lib/x86_64-linux-gnu/libc.so.6 (0x00007f5d7c400000)
\t/lib64/ld-linux-x86-64.so.2 (0x00007f5d7c7e5000)
"""


def asked(value: object) -> list[dict[str, object]]:
    """Every container in a document."""
    if isinstance(value, dict):
        mapping = cast("dict[str, object]", value)
        return [mapping] if "image" in mapping else [found for item in mapping.values() for found in asked(item)]
    return [found for item in cast("list[object]", value) for found in asked(item)] if isinstance(value, list) else []


def images(source: str) -> set[str]:
    """What the manifests of a cluster ask for, each image only where a node has it not."""
    asks = {"kind": "kubernetes", "kubernetes": {"source": source, "metricsServer": True}}
    cluster = parse(asks, "home", LAYERS, IMAGES).kubernetes
    assert cluster
    texts = applied(cluster, "home.internal", slow=True).values()
    containers = asked([document for text in texts for document in yaml.safe_load_all(text)])
    assert all(container["imagePullPolicy"] == "IfNotPresent" for container in containers)
    return {str(container["image"]) for container in containers}


def test_manifests_ask_for_what_is_there() -> None:
    """An image that a bundle's node has not would be pulled, and cannot be."""
    assert images("bundle") == set(names(pinned())[-3:-1])


def test_nodes_without_a_bundle_get_flannels_plugin() -> None:
    """Which is in no package of theirs."""
    assert images("online") == images("bundle") | {pulled(pinned())[-1]}


def test_nodes_without_a_bundle_have_the_same_files() -> None:
    """What keeps networkd and udev from what a cluster makes."""
    layer = yaml.safe_load((HERE.parent / "cloud-init/kubernetes-packages.yaml").read_text("utf-8"))
    (_, *files) = layer["write_files"]
    assert len(files) == 2
    for file in files:
        assert file["content"] == (HERE / f"node/overlay{file['path']}").read_text("utf-8")


def test_versions_are_those_of_the_modules() -> None:
    """The name under which something is kept says what it is."""
    assert MODULES.keys() | OUR_OWN == pinned().keys()
    for name, (folder, module) in MODULES.items():
        text = (HERE / "go" / folder / "go.mod").read_text("utf-8")
        assert re.findall(rf"^(?:require |\t){re.escape(module)} v(\S+)", text, re.MULTILINE) == [pinned()[name]], name


def test_a_lab_has_the_bundle_that_is_made_here() -> None:
    """Unless it names another version."""
    assert pinned()["KUBERNETES_VERSION"] == VERSION


def test_staging_modules_are_of_the_same_release() -> None:
    """Kubernetes' libraries are replaced by those that were released with it."""
    text = (HERE / "go/kubernetes/go.mod").read_text("utf-8")
    wanted = re.sub(r"^1\.", "v0.", pinned()["KUBERNETES_VERSION"])
    found = re.findall(r"^\tk8s\.io/\S+ => k8s\.io/\S+ (\S+)$", text, re.MULTILINE)
    assert len(found) > 20
    assert set(found) == {wanted}


def test_every_module_has_its_checksums() -> None:
    """All that is fetched is checked; pause is of our own and needs nothing."""
    for file in (HERE / "go").glob("*/go.mod"):
        sums = file.with_name("go.sum")
        required: list[tuple[str, str]] = re.findall(
            r"^(?:require |\t)(\S+) (v\S+)", file.read_text("utf-8"), re.MULTILINE
        )
        found = sums.read_text("utf-8") if required else ""
        assert all(f"{module} {version} h1:" in found for module, version in required if version != REPLACED), file


def test_libraries() -> None:
    """Their paths are those of a merged /usr, and what the kernel provides is none."""
    assert libraries(LDD) == [
        "usr/lib/x86_64-linux-gnu/libnftables.so.1",
        "usr/lib/x86_64-linux-gnu/libc.so.6",
        "usr/lib64/ld-linux-x86-64.so.2",
    ]


def test_applets() -> None:
    """Busybox is not a link to itself."""
    assert list(applets("[\nbusybox\nsh\n")) == ["bin/[", "bin/sh"]


def test_node_names_the_same_pause() -> None:
    """A sandbox image of another version would be pulled for each pod; the build puts the version in."""
    config = (HERE / "node/overlay/etc/containerd/config.toml").read_text("utf-8")
    assert 'sandbox_image = "registry.k8s.io/pause:@PAUSE_VERSION@"' in config


def test_scripts_are_programs() -> None:
    """A checkout keeps them so."""
    for path in [HERE / "build", HERE / "node/customize", *HERE.glob("*.sh")]:
        assert Path(path).stat().st_mode & 0o111, path
