"""What a user sees of every example stack before it is made."""

import re

import pytest

from tests.engine.conftest import CASE, EXAMPLES, ROOT, Checkout

GOLDEN = ROOT / "tests" / "engine" / "golden"


def settled(preview: str) -> str:
    """A preview without what differs from run to run and from machine to machine.

    The engine shows resources as they arrive, which for guests is in any order; and KVM is a fact of the machine.
    """
    head, *resources = re.split(r"^(?= *\+ \S+: \(create\)$)", preview, flags=re.MULTILINE)
    *resources, last = resources
    last, heading, outputs = last.partition("    --outputs:--\n")
    assert heading, preview
    text = head + "".join(sorted([*resources, last], key=lambda text: text.split("\n")[1].strip())) + heading + outputs
    text = re.sub(r'^( +accelerator +: )"(kvm|qemu)"$', r'\1"<kvm or qemu>"', text, flags=re.MULTILINE | re.IGNORECASE)
    # An emulated node has its CPUs in one socket.
    text = re.sub(r'^ +cpu +: "1 x \d x 1 sockets, cores, threads"\n', "", text, flags=re.MULTILINE)
    # A command that is yet to run has another id in each preview.
    text = re.sub(r'"([\w-]+-guest|kubernetes-control-plane-1)[0-9a-f]{8}"', r'"\1<id>"', text)
    return re.sub(r'<domain type=\\"(kvm|qemu)\\">', "<domain type=<kvm or qemu>>", text)


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize("stack", EXAMPLES)
def test_preview(checkout: Checkout, request: pytest.FixtureRequest, stack: str) -> None:
    """The preview is the one that is kept, and ends well."""
    preview = checkout.preview(stack, "--diff")
    assert preview.status == 0, preview.output
    text = settled(preview.output)
    golden = GOLDEN / f"{stack}.txt"
    if request.config.getoption("--update-golden"):
        golden.write_text(text, "utf-8")
    assert text == golden.read_text("utf-8")


@pytest.mark.usefixtures("untouched")
def test_preview_again(checkout: Checkout) -> None:
    """A preview changes nothing that the next one would show."""
    first, second = (checkout.preview("quickstart", "--diff") for _ in range(2))
    assert (first.status, settled(first.output)) == (second.status, settled(second.output))


@pytest.mark.usefixtures("untouched")
def test_preview_without_a_guest(checkout: Checkout) -> None:
    """Groups that are all empty for now leave a network, and nothing to store."""
    network = "network: {cidr: 10.213.77.0/24}"
    checkout.write_config(f"config:\n  kvmlab:lab: {{kind: guests, {network}, groups: {{node: {{count: 0}}}}}}\n")
    preview = checkout.preview(CASE)
    assert preview.status == 0, preview.output
    made = re.findall(r"kvmlab:index:(\w+) \S+ create", preview.output)
    assert sorted(set(made)) == ["Claim", "KvmHost", "Network", "SshAccess"]


@pytest.mark.usefixtures("untouched")
def test_preview_of_a_host(checkout: Checkout) -> None:
    """A machine alone, by the name of its own and among several."""
    for host in ("host: local", "hosts: {here: {address: local}}"):
        checkout.write_config(f"config:\n  kvmlab:lab: {{kind: host, {host}}}\n")
        preview = checkout.preview(CASE)
        assert preview.status == 0, preview.output
        assert re.findall(r"kvmlab:index:(\w+) (\S+) create", preview.output) == [("KvmHost", "host")]


@pytest.mark.parametrize("stack", EXAMPLES)
def test_nothing_is_unknown(stack: str) -> None:
    """All that config determines is there to be read before anything is made."""
    lines = [line.strip() for line in (GOLDEN / f"{stack}.txt").read_text("utf-8").splitlines()]
    unknown = [line for line in lines if "[unknown]" in line or "output<" in line]
    guests = sum("kvmlab:index:Guest: (create)" in line for line in lines)
    assert guests > 0
    assert unknown == []


@pytest.mark.parametrize("stack", EXAMPLES)
def test_no_secret_is_shown(stack: str) -> None:
    """Seeds and keys are marked, and nothing in a preview looks like a private key."""
    text = (GOLDEN / f"{stack}.txt").read_text("utf-8")
    guests = text.count("kvmlab:index:Guest: (create)")
    # A cluster's nodes are sent keys, its last step logs in as they do, and there is a kubeconfig.
    of_cluster = guests + 2 if "kvmlab:index:KubernetesCluster: (create)" in text else 0
    assert text.count("[secret]") == guests + 1 + of_cluster
    assert "PRIVATE KEY" not in text


def test_every_example_is_kept() -> None:
    """An example has a preview, and a preview an example."""
    assert {"quickstart", "six"} <= set(EXAMPLES)
    assert {file.stem for file in GOLDEN.glob("*.txt")} == set(EXAMPLES)
