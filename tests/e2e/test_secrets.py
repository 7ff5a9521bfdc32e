"""Secrets in every place that a lab has for them stand in plain text where they must, and nowhere else.

A guest that boots nothing is made, changed, not made for all kinds of mistakes, and destroyed, by the real engine with
all of its logs; then everything that was shown, stored, started or left is searched.
"""

import base64
import gzip
import json
import re
import shutil
import stat
import subprocess
import textwrap
from collections.abc import Iterator
from pathlib import Path
from pwd import getpwuid
from typing import Any

import pytest
import yaml

from components.keys import ssh_key
from tests.e2e.planted import Planted, Watch, by_command
from tests.engine.conftest import OPTIONS, Checkout, run

STACK = "secrets"
DOMAIN = f"{STACK}-web"
POOL = Path("/var/lib/libvirt/images") / STACK
SEED_DISK = POOL / f"{DOMAIN}-seed.iso"
LAYER, CONFIG = f"cloud-init/{STACK}.yaml", f"stacks/Pulumi.{STACK}.yaml"
LAB_KEY, OWN_SEED = f".kvmlab/ssh/{STACK}/id_ed25519", ".kvmlab/seed"
LIBVIRT = ("/etc/libvirt", "/run/libvirt", "/var/log/libvirt", "/var/lib/libvirt/dnsmasq", "/var/lib/libvirt/qemu")
HOST = [Path(path) for path in LIBVIRT]
LOGS = ("--logtostderr", "--logflow", "-v=9")

PULUMI = re.compile(
    r"pulumi |(/bin/sh |dirname -- )?\S+/pulumi-(language-python|resource-command)"
    r"|\S+/python3 (--version|-m pip list) "
    r"|/bin/sh (-c )?host/(?!probe)\w+\.sh "
)
"""What Pulumi starts with its own environment: plugins, Python, and the shells of scripts."""

IN_LAYER = ("password hash", "private key", "registry", "command", "mount", "package source")
IN_CONFIG = ("console", "screen", "token")
"""Secrets of the stack, by their names."""
DEFINITIONS = tuple(Path(f"/{place}/libvirt/qemu/{DOMAIN}.xml") for place in ("etc", "run"))
"""Libvirt's own, which have the screen's."""

SLOW = f"""#!/bin/sh
# Leaves the test time to look at what lies about meanwhile, and fails when it is told to.
sleep 1
[ ! -e "$FAIL" ] || exit 1
exec {shutil.which("xorriso")} "$@"
"""

MALFORMED_LAYERS = (
    "password: *{}",
    "password: !{}",
    'password: "{}',
    "password: [{}]",
    "chpasswd: root:{}",
    "users: root:{}",
    "users: [{{name: ana, plain_text_passwd: [{}]}}]",
    "users: [{{name: ana, hashed_passwd: {}, shel: /bin/zsh}}]",
    "ssh_authorized_keys: {}",
    "write_files: [{{path: /etc/key, content: {{key: {}}}}}]",
    "mounts: {}",
    "runcmd: docker login --password {}",
    "apt: deb https://ana:{}@a.b/ stable main",
    "rh_subscription: {}",
    "{}",
)
MALFORMED_GUESTS = (
    '{"userData": "password: {}"}',
    '{"userData": {"chpasswd": "root:{}"}}',
    '{"userData": {"password": ["{}"], "pasword": 1}}',
    '{"authorizedKeys": ["-----BEGIN OPENSSH PRIVATE KEY-----\\n{}\\n"]}',
    '{"image": {"url": "https://ana:{}@a.b/x.qcow2", "sha256": "0"}}',
    '{"console": {"password": "{}"}}',
    '{"image": "https://ana:{}@a.b/x.qcow2"}',
)


class Story:
    """The lab, and what its runs have shown and left."""

    def __init__(self, directory: Path) -> None:
        """Prepare; no run yet."""
        self.planted = Planted()
        self.checkout = Checkout(directory / "checkout")
        self.shown: dict[str, str] = {}
        """What each command has printed, with its logs."""
        self.failed: set[str] = set()
        self.kept: dict[Path, set[str]] = {}
        """The files in which secrets were at some time, and which."""
        self.modes: dict[Path, set[int]] = {}
        self.disks: dict[str, tuple[int, str]] = {}
        """Mode and owner of the seed disk at moments of its life."""
        self.home, self.fail, self.temporary = (directory / name for name in ("home", "fail", "temporary"))
        self.watch = Watch(self.temporary)

        for made in (self.temporary, self.home, directory / "bin"):
            made.mkdir()
        (directory / "bin" / "xorriso").write_text(SLOW, "utf-8")
        (directory / "bin" / "xorriso").chmod(0o755)
        self.image = directory / "empty.qcow2"
        assert run("qemu-img", "create", "-q", "-f", "qcow2", str(self.image), "64M").status == 0

        environment = self.checkout.environment
        (self.home / "plugins").symlink_to(f"{environment['PULUMI_HOME']}/plugins")
        del environment["PULUMI_CONFIG_PASSPHRASE_FILE"]
        environment |= {
            "FAIL": str(self.fail),
            "PATH": f"{directory}/bin:{environment['PATH']}",
            "PULUMI_CONFIG_PASSPHRASE": self.planted.plant("passphrase"),
            "PULUMI_DEBUG_COMMANDS": "true",
            "PULUMI_HOME": str(self.home),
            "TMPDIR": str(self.temporary),
        }

    def pulumi(self, name: str, *arguments: str, stdin: str = "", **environment: str) -> None:
        """Run the CLI and keep what it shows."""
        done = subprocess.run(
            ["pulumi", *arguments, "--stack", STACK],
            cwd=self.checkout.root,
            env=self.checkout.environment | environment,
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
        self.shown[name] = done.stdout + done.stderr
        if done.returncode != 0:
            self.failed.add(name)

    def deploy(self, name: str, command: str, *options: str, **environment: str) -> None:
        """Preview, up, or destroy, with all logs and events."""
        events = ("--event-log", str(self.home / f"{name}.events"))
        self.pulumi(name, command, *OPTIONS, *LOGS, *events, *options, **environment)

    def file(self, name: str) -> Path:
        """A file of the checkout."""
        return self.checkout.root / name

    def private(self, name: str, text: str) -> None:
        """Write a file that its user keeps to themself."""
        self.file(name).touch()
        self.file(name).chmod(0o600)
        self.file(name).write_text(text, "utf-8")

    def write(self, guest: dict[str, object]) -> None:
        """Ask for the guest, beside what else stands in the config."""
        # It is replaced when its secrets change, since what boots nothing does not shut down for a restart either.
        common = {"memory": "128MiB", "disk": "256MiB", "waitFor": "start", "shutdownTimeout": "0s"}
        web = {**common, "onCloudInitChange": "replace", "layers": [STACK], **guest}
        kept: dict[str, Any] = yaml.safe_load(self.file(CONFIG).read_text("utf-8"))
        kept["config"]["kvmlab:lab"] = {
            "kind": "guests",
            "network": {"cidr": "10.20.81.0/24"},
            "image": {"file": str(self.image)},
            "guests": {"web": web},
        }
        self.file(CONFIG).write_text(yaml.safe_dump(kept), "utf-8")

    def plant(self, age: str) -> None:
        """Put secrets of this age everywhere."""
        self.private(LAYER, layer({place: self.planted.plant(f"{age} {place}") for place in IN_LAYER}))
        for name in IN_CONFIG:
            set_secret = ("config", "set", "--secret", "--path", f"secrets.{name}")
            self.pulumi(f"config set {name}", *set_secret, stdin=self.planted.plant(f"{age} {name}"))

    def look(self, moment: str) -> None:
        """Keep who may read the guest's seed now, and where secrets are."""
        disk = SEED_DISK.stat()
        self.disks[moment] = stat.S_IMODE(disk.st_mode), getpwuid(disk.st_uid).pw_name
        self.search(POOL, *HOST, self.home, *map(self.file, (".kvmlab", "stacks", "cloud-init")))

    def search(self, *places: Path) -> None:
        """Keep which files hold secrets."""
        for file, found in self.planted.under(places).items():
            self.kept.setdefault(file, set()).update(found)
            self.modes.setdefault(file, set()).add(stat.S_IMODE(file.stat().st_mode))


def layer(secret: dict[str, str]) -> str:
    """Places of cloud-config that people put secrets in."""
    key = f"-----BEGIN KEY-----\n{secret['private key']}\n-----END KEY-----\n"
    document = {
        "chpasswd": {"users": [{"name": "root", "type": "text", "password": "${secrets.console}"}]},
        "users": [{"name": "ana", "lock_passwd": False, "hashed_passwd": secret["password hash"]}],
        "write_files": [
            {"path": "/root/.ssh/id", "permissions": "0600", "content": key},
            {"path": "/root/.docker/config.json", "content": json.dumps({"auths": {"a.b": secret["registry"]}})},
        ],
        "runcmd": [["docker", "login", "--password", secret["command"], "a.b"]],
        "mounts": [["//nas/share", "/mnt", "cifs", f"username=ana,password={secret['mount']}"]],
        "apt": {"sources": {"own": {"source": f"deb https://ana:{secret['package source']}@a.b/ stable main"}}},
    }
    return yaml.safe_dump(document)


TOKEN = {"path": "/etc/token", "content": "token: ${secrets.token}\n"}
SCREEN = {"type": "spice", "password": "${secrets.screen}"}
GUEST: dict[str, object] = {"userData": {"write_files": [TOKEN]}, "console": SCREEN}


def make(story: Story) -> None:
    """Stack and guest."""
    seed = story.planted.plant("seed")
    for name in ("lab", "web/host"):
        # Of a private key's text, a line that nothing public has a part in.
        story.planted.add(f"key of {name}", ssh_key(seed, f"{STACK}/{name}").private.splitlines()[4])
    # The stack has its own, so this one is of no use, but where it lies.
    story.private(OWN_SEED, story.planted.plant("own seed"))
    story.pulumi("stack init", "stack", "init", "--no-select")
    story.pulumi("config set seed", "config", "set", "--secret", "seed", stdin=seed)
    story.plant("old")
    story.write(GUEST)
    story.deploy("preview", "preview", "--diff")
    story.deploy("up", "up", "--yes", "--diff")
    story.look("running")


def change(story: Story) -> None:
    """Old secrets and new ones, side by side in a diff."""
    story.plant("new")
    story.deploy("preview of a change", "preview", "--diff")
    story.pulumi("preview in JSON", "preview", *OPTIONS, "--json")
    story.deploy("up of a change", "up", "--yes", "--skip-preview", "--diff")
    story.look("changed")
    for question in ("stack export", "stack output --json", "stack history --json", "config --json"):
        story.pulumi(question, *question.split())


def fail(story: Story) -> None:
    """Runs that end with an error, which quotes what it is about."""
    story.write({**GUEST, "memory": "160MiB"})
    story.deploy("FAILS: wrong passphrase", "preview", PULUMI_CONFIG_PASSPHRASE="guessed")  # noqa: S106 (none)
    story.fail.touch()
    story.deploy("FAILS: seed disk", "up", "--yes", "--skip-preview")
    kept = story.file(LAYER).read_text("utf-8")
    for number, text in enumerate(MALFORMED_LAYERS):
        story.private(LAYER, text.format(story.planted.plant(f"layer {number}")))
        story.pulumi(f"FAILS: layer {text}", "preview", *OPTIONS)
    story.private(LAYER, kept)
    for number, text in enumerate(MALFORMED_GUESTS):
        story.write(json.loads(text.replace("{}", story.planted.plant(f"guest {number}"))))
        story.pulumi(f"FAILS: guest {text}", "preview", *OPTIONS)
    story.write(GUEST)


def end(story: Story) -> None:
    """The guest is switched off, and destroyed."""
    assert run("virsh", "-q", "destroy", DOMAIN).status == 0
    story.look("off")
    story.deploy("destroy", "destroy", "--yes", "--skip-preview", "--diff")
    story.search(*HOST, story.home, story.temporary, *map(story.file, (".kvmlab", "stacks")))


@pytest.fixture(scope="module")
def story(libvirt: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:  # noqa: ARG001 (an order)
    """All of it."""
    made = Story(tmp_path_factory.mktemp("secrets"))
    try:
        with made.watch:
            for part in (make, change, fail, end):
                part(made)
        yield made
    finally:
        made.pulumi("last", "destroy", *OPTIONS, "--yes", "--skip-preview")


@pytest.mark.parametrize("before", ["", "a", "ab", "abc"])
def test_the_search_finds_what_is_there(before: str) -> None:
    """In all forms in which it would leak, and only where it is."""
    planted = Planted()
    secret, other = planted.plant("a place"), planted.plant("another")
    text = f'{before}{{"password": "{secret}"}}'.encode()
    in_lines = "\n".join(textwrap.wrap(base64.b64encode(text).decode(), 20)).encode()
    for data in (text, json.dumps(text.decode()).encode(), in_lines, text.hex().encode(), gzip.compress(text)):
        assert planted.found(data) == {"a place"}
    assert planted.found(secret[:-1].encode() + other[1:].encode()) == set()


def test_runs_end_as_they_should(story: Story) -> None:
    """What is searched is what was meant: those that shall fail do, with the engine's logs, and the others do not."""
    assert story.failed == {name for name in story.shown if name.startswith("FAILS: ")}, story.shown
    assert "the seed disk could not be written" in story.shown["FAILS: seed disk"]
    for name in ("preview", "up", "preview of a change", "up of a change", "destroy"):
        assert '"v":9' in story.shown[name]
        assert (story.home / f"{name}.events").stat().st_size > 0


def test_nothing_is_shown(story: Story) -> None:
    """Neither by a preview, a diff, an error, a question, nor a log."""
    found = {name: story.planted.found(text.encode()) for name, text in story.shown.items()}
    assert {name: secrets for name, secrets in found.items() if secrets} == {}


def test_files(story: Story) -> None:
    """The user's own files have them, the guest's seed and libvirt's definition, each for its owner alone.

    State and its backups do not.
    """
    ages = ("old", "new")
    in_layer = {f"{age} {place}" for age in ages for place in IN_LAYER}
    assert story.kept == {
        story.file(LAYER): in_layer,
        story.file(OWN_SEED): {"own seed"},
        story.file(LAB_KEY): {"key of lab"},
        SEED_DISK: in_layer | {f"{age} {name}" for age in ages for name in ("console", "token")} | {"key of web/host"},
        **{file: {f"{age} screen" for age in ages} for file in DEFINITIONS},
    }
    assert {mode for modes in story.modes.values() for mode in modes} == {0o600}


def test_seed_disk(story: Story) -> None:
    """Root reads it, and QEMU while it runs."""
    assert story.disks.keys() == {"running", "changed", "off"}
    assert {mode for mode, _ in story.disks.values()} == {0o600}
    assert {owner for _, owner in story.disks.values()} <= {"root", "libvirt-qemu", "qemu"}
    assert story.disks["off"] == (0o600, "root")


def test_temporary_files(story: Story) -> None:
    """They are the user's alone while they last, and gone when a run ends."""
    secret = [file for file in story.watch.files if story.planted.found(file.content)]
    assert {"user-data", "key", "password"} <= {file.path.name for file in secret}
    assert {(file.mode, file.directory) for file in secret} == {(0o600, 0o700)}
    assert story.planted.under([story.temporary]) == {}


def test_command_lines(story: Story) -> None:
    """Whoever lists the processes sees none."""
    seen = b"\n".join(process.command for process in story.watch.processes)
    assert all(name in seen for name in (b"host/probe.sh", b"host/guest.sh", b"xorriso", b"virsh", b"qemu-system"))
    assert by_command(story.planted, story.watch.processes, "command") == {}


def test_environments(story: Story) -> None:
    """Config reaches the program that way, and the passphrase all of Pulumi's own; what they start has neither.

    The shell of a script gets the passphrase from Pulumi's plugin, and hands it on to nobody.
    """
    in_config = {"seed", *(f"{age} {name}" for age in ("old", "new") for name in IN_CONFIG)}
    found = by_command(story.planted, story.watch.processes, "environment")
    program = {command for command in found if "pulumi-language-python-exec" in command}
    assert {secret for command in program for secret in found.pop(command)} >= {"passphrase", *in_config}
    assert {command: secrets for command, secrets in found.items() if not PULUMI.match(command)} == {}
    assert {secret for secrets in found.values() for secret in secrets} == {"passphrase"}
