"""Whatever is wrong, a run ends with one report of it, and with the host as it was."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from components.amounts import about
from tests.engine.conftest import CASE, Checkout, Ended, assert_refused, run

pytestmark = pytest.mark.usefixtures("untouched")

CIDR = "10.213.77.0/24"
LAB = f"{{kind: guests, network: {{cidr: {CIDR}}}, guests: {{web: {{}}}}}}"
UNPINNED = "{unpinned-image: a file of the test's}"
BRIDGE = "kvmlab-test0"
DOMAIN = f"{CASE}-web"
DOMAIN_XML = f"<domain type='qemu'><name>{DOMAIN}</name><memory>1024</memory><os><type>hvm</type></os></domain>"


def lab(checkout: Checkout, text: str) -> None:
    """Write a config with this lab."""
    checkout.write_config(f"config:\n  kvmlab:lab: {text}\n")


@pytest.mark.parametrize(
    ("text", "problems"),
    [
        (
            "{kind: guests, guests: {web: {memry: 1GiB}}}",
            ["lab.guests.web.memry: is not a known key; did you mean 'memory'?"],
        ),
        (
            "{kind: guest, guests: {web: {}}}",
            ["lab.kind: must be one of guests, host, kubernetes, got 'guest'; did you mean 'guests'?"],
        ),
        (
            "{kind: guests, guests: {wéb: {}, " + "x" * 200 + ": {}}}",
            [
                (
                    f"lab.guests.{'x' * 38}...{'x' * 39}: must make a host name of at most 63 characters,"
                    f" got '{CASE}-{'x' * 17}...{'x' * 29}' of 211; shorten it by 148"
                ),
                (
                    'lab.guests["wéb"]: must be lower-case letters, digits and hyphens, beginning with a letter,'
                    " got 'wéb'; did you mean 'web'?"
                ),
            ],
        ),
        (
            "{kind: guests, guests: {web: {userData: {pakages: [curl]}}}}",
            ["lab.guests.web.userData.pakages: is not a key of cloud-config; did you mean 'packages'?"],
        ),
        (
            "{kind: guests, guests: {web: {userData: {runcmd: [echo AKIA0123456789ABCDEF, 'echo ${secrets.x}']}}}}",
            [
                (
                    "lab.guests.web.userData.runcmd.0: must be a secret of the stack, got a token in the clear; write"
                    " ${secrets.NAME}, or waive it by lab.guests.web.waivers.plain-text-secret"
                ),
                (
                    "lab.guests.web.userData.runcmd.1: must name a secret of the stack, got 'x'; set it with: pulumi"
                    f" config set --stack {CASE} --secret --path secrets.x"
                ),
            ],
        ),
    ],
    ids=["typo", "kind", "names", "cloud-config", "policy"],
)
def test_config(checkout: Checkout, text: str, problems: list[str]) -> None:
    """A config that is no lab."""
    lab(checkout, text)
    count = f"{len(problems)} problem{'s' if len(problems) > 1 else ''}"
    assert_refused(checkout.preview(CASE), f"stack {CASE}: {count} in kvmlab:lab", *problems)


@pytest.mark.parametrize("text", ["", "config: {}\n", "config:\n  kvmlab:lab: {}\n"], ids=["file", "config", "lab"])
def test_empty(checkout: Checkout, text: str) -> None:
    """No config at all tells how to start."""
    checkout.write_config(text)
    assert_refused(
        checkout.preview(CASE),
        f"stack {CASE}: 1 problem in kvmlab:lab",
        f"lab: is empty; start with: pulumi config set --stack {CASE} --path lab.kind guests"
        f" && pulumi config set --stack {CASE} --path lab.guests.web.memory 1GiB",
    )


def test_not_yaml(checkout: Checkout) -> None:
    """A file that is not YAML is the CLI's to refuse, before the program starts."""
    checkout.write_config("config:\n  kvmlab:lab: {kind: guests\n")
    ended = checkout.preview(CASE)
    told = "error: getting stack configuration: invalid YAML file: yaml: line 1: did not find expected ',' or '}'\n"
    assert (ended.status, ended.output, ended.errors) == (1, "", told)


def test_secret_inside_the_lab(checkout: Checkout) -> None:
    """It is refused with the command that takes it out, and its value is written down nowhere."""
    lab(checkout, LAB)
    value, where = "correct-horse-battery", "lab.guests.web.password"
    placed = checkout.pulumi("config", "set", "--stack", CASE, "--path", "--secret", f"kvmlab:{where}", value)
    assert placed.status == 0, placed.errors
    for options in ((), ("--json",), ("--diff",)):
        ended = checkout.preview(CASE, *options)
        assert ended.status == 1
        assert value not in ended.output + ended.errors
        assert f"{where}: must not be a secret, got one; the lab is shown in previews" in ended.output + ended.errors
    assert_refused(
        checkout.preview(CASE),
        f"stack {CASE}: 1 problem in kvmlab:lab",
        f"{where}: must not be a secret, got one; the lab is shown in previews,"
        f" take it out with: pulumi config rm --stack {CASE} --path '{where}'",
    )
    kept = [file for name in (".kvmlab", "stacks") for file in (checkout.root / name).rglob("*") if file.is_file()]
    assert [file for file in kept if value.encode() in file.read_bytes()] == []
    assert [file.name for file in kept if b"secure:" in file.read_bytes()] == [f"Pulumi.{CASE}.yaml"]
    removed = checkout.pulumi("config", "rm", "--stack", CASE, "--path", f"kvmlab:{where}")
    assert removed.status == 0
    assert checkout.preview(CASE).status == 0


MISSING = {"PULUMI_CONFIG_PASSPHRASE_FILE": "/nonexistent"}
WRONG = {"PULUMI_CONFIG_PASSPHRASE": "guessed"}
SALT_KEPT = "error: getting stack configuration: get stack secrets manager: "
SALT_IN_STATE = f'{SALT_KEPT}constructing secrets manager of type "passphrase": constructing secrets manager: '


def test_passphrase_missing(checkout: Checkout) -> None:
    """A passphrase file that is not there ends a run before the program starts."""
    told = "unable to read PULUMI_CONFIG_PASSPHRASE_FILE: open /nonexistent: no such file or directory\n"
    for salt, head in ((checkout.salt, SALT_KEPT), ("", SALT_IN_STATE)):
        checkout.write_config(f"config:\n  kvmlab:lab: {LAB}\n{salt}")
        ended = checkout.preview(CASE, **MISSING)
        assert (ended.status, ended.output, ended.errors) == (1, "", head + told)


def test_passphrase_wrong(checkout: Checkout) -> None:
    """A wrong passphrase ends a run before the program starts where the config has its salt."""
    checkout.write_config(f"config:\n  kvmlab:lab: {LAB}\n{checkout.salt}")
    ended = checkout.preview(CASE, **WRONG)
    assert (ended.status, ended.output, ended.errors) == (1, "", f"{SALT_KEPT}incorrect passphrase\n")


def test_passphrase_wrong_for_the_state(checkout: Checkout) -> None:
    """Where only the state has the salt, the engine finds out at the first secret, and says what to set."""
    lab(checkout, LAB)
    ended = checkout.preview(CASE, **WRONG)
    assert ended.status == 1
    assert "incorrect passphrase, please set PULUMI_CONFIG_PASSPHRASE to the correct passphrase" in ended.output
    assert "Traceback" not in ended.output + ended.errors


def test_no_seed(checkout: Checkout) -> None:
    """Without its seed a lab has no identity."""
    # Emulation that was asked for brings no warning before the error.
    lab(checkout, f"{{kind: guests, host: {{accelerator: tcg}}, network: {{cidr: {CIDR}}}, guests: {{web: {{}}}}}}")
    file = checkout.root / ".kvmlab" / "seed"
    aside = file.rename(file.with_name("aside"))
    try:
        ended = checkout.preview(CASE)
    finally:
        aside.rename(file)
    assert_refused(
        ended,
        f"stack {CASE}: 1 problem in kvmlab:lab",
        "seed: must be set, got nothing; run `make up`, or set one that all who run this stack share:"
        f" openssl rand -hex 32 | pulumi config set --stack {CASE} --secret seed",
    )


def assert_host_refused(ended: Ended, problem: str) -> None:
    """The host was found unable, for one reason."""
    assert_refused(ended, "host local: 1 problem in what it offers", problem)


@pytest.fixture
def interface() -> Iterator[str]:
    """An interface of this machine, in the lab's network."""
    assert run("ip", "link", "add", BRIDGE, "type", "bridge").status == 0
    try:
        assert run("ip", "address", "add", "10.213.77.9/28", "dev", BRIDGE).status == 0
        yield BRIDGE
    finally:
        run("ip", "link", "delete", BRIDGE)


def test_cidr_in_use(checkout: Checkout, interface: str) -> None:
    """The lab's network overlaps one that the host is in."""
    lab(checkout, LAB)
    assert_host_refused(
        checkout.preview(CASE),
        f"lab.network.cidr: must be free on the host, got '{CIDR}' beside 10.213.77.0/28 of the host's '{interface}';"
        " choose another",
    )


@pytest.fixture
def foreign_domain(tmp_path: Path) -> Iterator[str]:
    """A domain that bears a guest's name and is somebody else's."""
    file = tmp_path / "domain.xml"
    file.write_text(DOMAIN_XML)
    assert run("virsh", "-q", "define", str(file)).status == 0
    try:
        yield DOMAIN
        assert run("virsh", "-q", "domstate", DOMAIN).output.strip() == "shut off"
    finally:
        run("virsh", "-q", "undefine", DOMAIN)


def test_domain_not_ours(checkout: Checkout, foreign_domain: str) -> None:
    """A domain of a guest's name that is not the lab's own stays untouched."""
    lab(checkout, LAB)
    assert_host_refused(
        checkout.preview(CASE),
        f"lab.guests.web: the host has another domain '{foreign_domain}', which is not this lab's; rename the guest",
    )


def test_memory(checkout: Checkout) -> None:
    """More memory than the host has."""
    lab(checkout, f"{{kind: guests, network: {{cidr: {CIDR}}}, groups: {{node: {{count: 3, memory: 64TiB}}}}}}")
    has = about(int(Path("/proc/meminfo").read_text().split()[1]) * 1024)
    assert_host_refused(
        checkout.preview(CASE),
        f"lab.guests: all guests together must fit 100% of the host's memory, {has}, got 192TiB"
        " (lab.groups.node 192TiB); ask for less or for fewer",
    )


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ("ro,size=64G", "must be a directory that root can write, got '{path}'; choose another"),
        (
            "size=1G",
            (
                "must have room for all that new disks may grow to, got 1GiB free at '{path}' for 8GiB"
                " (lab.guests.web 8GiB); choose a bigger disk or smaller ones, or write lab.host.overcommit.disk: thin"
            ),
        ),
    ],
    ids=["not-writable", "too-small"],
)
def test_pool(checkout: Checkout, tmp_path: Path, options: str, problem: str) -> None:
    """A directory that cannot hold the lab's disks."""
    path = tmp_path / "labs" / "mine"
    path.parent.mkdir()
    lab(checkout, f"{{kind: guests, network: {{cidr: {CIDR}}}, pool: {{path: {path}}}, guests: {{web: {{}}}}}}")
    ended = checkout.preview(CASE, setup=f"mount -t tmpfs -o {options} tmpfs {path.parent}")
    assert_host_refused(ended, f"lab.pool.path: {problem.format(path=path)}")


def test_pool_in_proc(checkout: Checkout) -> None:
    """A place where nobody can make a directory, though root is told that it may write."""
    lab(checkout, f"{{kind: guests, network: {{cidr: {CIDR}}}, pool: {{path: /proc/x}}, guests: {{web: {{}}}}}}")
    assert_host_refused(
        checkout.preview(CASE),
        "lab.pool.path: must be a directory that root can write, got '/proc/x'; choose another",
    )


def image_lab(checkout: Checkout, image: str, waivers: str = "{}") -> None:
    """Write a config whose one guest starts from this image."""
    more = f"image: {image}, waivers: {waivers}, guests: {{web: {{}}}}"
    lab(checkout, f"{{kind: guests, network: {{cidr: {CIDR}}}, {more}}}")


@pytest.mark.parametrize("content", [b"hello\n", b"QFI\xfb\0\0\0\x63 nothing more"], ids=["text", "broken"])
def test_image_format(checkout: Checkout, tmp_path: Path, content: bytes) -> None:
    """A file that is no disk image, and one that only begins like one."""
    file = tmp_path / "image.qcow2"
    file.write_bytes(content)
    image_lab(checkout, f"{{file: {file}}}", UNPINNED)
    assert_host_refused(
        checkout.preview(CASE),
        "lab.image.file: must hold a disk (qcow2, VMDK, VDI, VHD, VHDX, or raw with a boot sector),"
        f" got something else in '{file}'; give another file",
    )
    assert file.read_bytes() == content


def test_image_missing(checkout: Checkout, tmp_path: Path) -> None:
    """A file that is not there."""
    image_lab(checkout, f"{{file: {tmp_path}/gone.qcow2}}", UNPINNED)
    assert_host_refused(
        checkout.preview(CASE), f"lab.image.file: must be a file that the host can read, got '{tmp_path}/gone.qcow2'"
    )


@pytest.mark.parametrize(("algorithm", "length"), [("sha256", 64), ("sha512", 128)])
def test_image_digest(checkout: Checkout, tmp_path: Path, algorithm: str, length: int) -> None:
    """A file of other bytes than were pinned; it stays where it is."""
    file = tmp_path / "image.qcow2"
    assert run("qemu-img", "create", "-q", "-f", "qcow2", str(file), "16M").status == 0
    before = file.read_bytes()
    digest = run(f"{algorithm}sum", str(file)).output.split()[0]
    image_lab(checkout, f"{{file: {file}, {algorithm}: '{'0' * length}'}}")
    assert_host_refused(
        checkout.preview(CASE),
        f"lab.image.{algorithm}: must be the digest of '{file}', got {digest};"
        " the file stays where it is and is not used",
    )
    assert file.read_bytes() == before
    image_lab(checkout, f"{{file: {file}, {algorithm}: '{digest}'}}")
    assert checkout.preview(CASE).status == 0


def test_kvm_asked_for(checkout: Checkout) -> None:
    """Emulation is not used where KVM was asked for and is not there."""
    lab(checkout, f"{{kind: guests, host: {{accelerator: kvm}}, network: {{cidr: {CIDR}}}, guests: {{web: {{}}}}}}")
    assert_host_refused(
        # Nothing is what this file is for the duration of the run, whatever CPU the machine has.
        checkout.preview(CASE, setup="mount --bind /dev/null /proc/cpuinfo"),
        "lab.host.accelerator: 'kvm' must be what the host offers, but the CPU shows neither vmx nor svm;"
        " enable Intel VT-x or AMD-V (SVM) in the BIOS/UEFI setup, or set it to 'auto' or 'tcg'",
    )
