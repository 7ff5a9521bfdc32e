"""Which container images a bundle has, and what is in each: a static program, and the tools that it calls."""

import re
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from bundle.archive import Image
from bundle.layers import Directory, File, Layer, Link

_LIBRARY = re.compile(r"(/\S+) \(0x")
_TOOLS = ("usr/sbin/nft", "usr/sbin/xtables-nft-multi", "usr/sbin/conntrack", "usr/bin/ip")
"""What kube-proxy and flannel call."""
_XTABLES = "usr/lib/x86_64-linux-gnu/xtables"
_PROBE = {"Cmd": ["/bin/sh"]}
_NOBODY = "65535:65535"

ROOT: Layer = {
    "etc/passwd": File(b"root:x:0:0:root:/:/bin/sh\nnobody:x:65534:65534::/:/bin/false\n", 0o644),
    "etc/group": File(b"root:x:0:\nnogroup:x:65534:\n", 0o644),
    "etc/nsswitch.conf": File(b"hosts: files dns\n", 0o644),
    "tmp": Directory(0o1777),
}
"""Below all images but pause."""


def names(versions: Mapping[str, str]) -> Sequence[str]:
    """The images' names, as containerd holds them."""
    kubernetes = [
        f"registry.k8s.io/{name}:v{versions['KUBERNETES_VERSION']}"
        for name in ("kube-apiserver", "kube-controller-manager", "kube-scheduler", "kube-proxy")
    ]
    return [
        *kubernetes,
        f"registry.k8s.io/etcd:{versions['ETCD_VERSION']}-0",
        f"registry.k8s.io/coredns/coredns:v{versions['COREDNS_VERSION']}",
        f"registry.k8s.io/pause:{versions['PAUSE_VERSION']}",
        f"ghcr.io/flannel-io/flannel:v{versions['FLANNEL_VERSION']}",
        f"registry.k8s.io/metrics-server/metrics-server:v{versions['METRICS_SERVER_VERSION']}",
        f"docker.io/kvmlab/probe:{versions['PROBE_VERSION']}",
    ]


def pulled(versions: Mapping[str, str]) -> Sequence[str]:
    """What a bundle of official parts has from registries: all but the probe, and one with flannel's CNI plugin."""
    plugin = f"ghcr.io/flannel-io/flannel-cni-plugin:v{versions['FLANNEL_CNI_IMAGE_VERSION']}"
    return [*names(versions)[:-1], plugin]


def probe(versions: Mapping[str, str], busybox: Path) -> Image:
    """The one image that is nobody else's."""
    return Image(names(versions)[-1], (ROOT, _shell(busybox)), _PROBE)


def images(versions: Mapping[str, str], programs: Path, tree: Path, busybox: Path) -> Sequence[Image]:
    """The images, of the compiled programs, a Debian tree with the tools, and a static busybox."""

    def program(name: str, path: str = "") -> Layer:
        return {path or f"usr/local/bin/{name}": File(programs / name)}

    tools, shell = _tools(tree), _shell(busybox)
    of: Mapping[str, tuple[Sequence[Layer], Mapping[str, object]]] = {
        "kube-apiserver": ((ROOT, program("kube-apiserver")), {}),
        "kube-controller-manager": ((ROOT, program("kube-controller-manager")), {}),
        "kube-scheduler": ((ROOT, program("kube-scheduler")), {}),
        "kube-proxy": ((ROOT, tools, program("kube-proxy")), {}),
        "etcd": ((ROOT, program("etcd"), program("etcdctl")), {}),
        "coredns": ((ROOT, program("coredns", "coredns")), {"Entrypoint": ["/coredns"]}),
        "pause": ((program("pause", "pause"),), {"Entrypoint": ["/pause"], "User": _NOBODY}),
        "flannel": (
            (ROOT, tools, shell, program("flanneld", "opt/bin/flanneld")),
            {"Entrypoint": ["/opt/bin/flanneld"]},
        ),
        "metrics-server": (
            (ROOT, program("metrics-server", "metrics-server")),
            {"Entrypoint": ["/metrics-server"], "User": _NOBODY},
        ),
        "probe": ((ROOT, shell), _PROBE),
    }
    return [Image(name, *of[name.rpartition("/")[2].partition(":")[0]]) for name in names(versions)]


def libraries(listing: str) -> Sequence[str]:
    """The files that ldd names, by their path on a system where /lib is a link to /usr/lib."""
    return [re.sub(r"^/(lib\w*)/", r"/usr/\1/", path)[1:] for path in _LIBRARY.findall(listing)]


def _tools(tree: Path) -> Layer:
    plugins = [str(path.relative_to(tree)) for path in sorted((tree / _XTABLES).glob("*.so"))]
    paths = {path for tool in _TOOLS for path in (tool, *libraries(_ldd(tree, tool)))} | set(plugins)
    iptables = (
        f"usr/sbin/{family}tables{way}{verb}"
        for family in ("ip", "ip6")
        for way in ("", "-nft")
        for verb in ("", "-save", "-restore")
    )
    # Without the protocols' names, nft lists numbers where kube-proxy has written names: when that looks at all that
    # is there, hourly and at each start, it takes each service's entry for somebody else's and deletes it.
    paths.add("etc/protocols")
    return {
        **{path: File((tree / path).resolve(strict=True)) for path in paths},
        **dict.fromkeys(iptables, Link("xtables-nft-multi")),
        "lib": Link("usr/lib"),
        "lib64": Link("usr/lib64"),
    }


def applets(listing: str) -> Iterable[str]:
    """The paths of busybox's other names."""
    return (f"bin/{name}" for name in listing.split() if name != "busybox")


def _shell(busybox: Path) -> Layer:
    # In /bin, which comes last in PATH: where an image has a tool of Debian's, that is called.
    return {"bin/busybox": File(busybox), **{path: Link("busybox") for path in applets(_output(busybox, "--list"))}}


def _ldd(tree: Path, path: str) -> str:
    return _output("chroot", tree, "ldd", f"/{path}")


def _output(*command: str | Path) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout  # noqa: S603 (of a tree we made)
