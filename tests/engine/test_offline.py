"""Previews that ask no host: real ones, by the real CLI, in a machine without network, libvirt, KVM and passphrase.

Labs that were deployed are checkpoints of an earlier version, and one that is made here by scripts that do nothing.
"""

import json
import os
import shutil
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.engine.checkpoints import KEPT, name, resources
from tests.engine.conftest import EXAMPLES, OPTIONS, ROOT, Checkout, Ended, run

ALONE = """
mount -t tmpfs tmpfs /run
[ ! -e /dev/kvm ] || mount --bind /dev/null /dev/kvm
ip link set lo up
exec "$@"
"""
"""In namespaces of its own: no socket of a daemon, no KVM, no network."""
CALLED = """#!/bin/sh
echo "$0 $*" >>"${0%/*}/called"
exit 1
"""
"""In the place of what would ask a host."""
CLONE = """
for name in .toolchain .venv; do
    mkdir -p "$CLONE/$name"
    mount --rbind "$ROOT/$name" "$CLONE/$name"
done
mount --rbind "$CLONE" "$ROOT"
cd "$ROOT"
exec make -s preview-comment STACK="$STACK" OFFLINE=1
"""
"""A clone where the toolchain knows itself to be; without it, `make setup` takes minutes."""
CONSOLE = ("python", "-m", "console")
SIX = KEPT / "v0.1.0" / "six.json"
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f me@home"
RICH = f"""
config:
  kvmlab:secrets:
    token: {{secure: TOKEN}}
  kvmlab:lab:
    kind: guests
    hosts: {{here: {{address: local}}, nas: {{}}}}
    network: {{cidr: 10.20.9.0/24, ipv6: "fd12:3456:789a:1::/64"}}
    networks: {{back: {{cidr: 10.30.9.0/24}}, bare: {{mode: isolated}}}}
    pools: {{big: {{path: /srv/big}}}}
    groups: {{node: {{count: 2, host: here, disk: 4GiB, autostart: true}}}}
    guests:
      web:
        host: nas
        firmware: uefi
        tpm: true
        pool: big
        console: {{type: spice, port: 5930, password: "${{secrets.token}}"}}
        authorizedKeys: ["{KEY}"]
        nics: {{back: {{network: back, defaultRoute: true}}, bare: {{network: bare}}, lan: {{bridge: br0}}}}
        disks: {{data: {{size: 1GiB}}, fast: {{size: 2GiB, cache: none, io: native}}, raw: {{path: /dev/sdb}}}}
        userData:
          packages: [tmux]
          runcmd: ["login ${{secrets.token}}"]
          users: [default, {{name: ana, passwd: "${{secrets.token}}"}}]
      once: {{host: here, onCloudInitChange: replace, allowRestart: false, maxCpus: 4, maxMemory: 4GiB}}
      kept: {{host: here, onCloudInitChange: ignore, power: "off", image: none}}
"""
ANSWER = """#!/bin/sh
cat <<'END'
cpu_flag vmx
kvm_device yes
cpus 64
memory_kib 99999999
root yes
package_manager dnf
libvirt ok
pool_parent /var
pool_writable yes
pool_total_kib 99999999
pool_free_kib 99999999
link br0 bridge 1500 -
source block b8:10 raw yes /dev/sdb
store big yes 99999999 99999999 0
END
"""
"""What a host says, and nothing of a lab."""
NOTHING = """#!/bin/sh
echo ok: nothing was done
"""


class Told(NamedTuple):
    """What a preview says."""

    steps: Mapping[str, str]
    """What is about to be done with each resource."""
    warnings: list[str]
    """Of itself, as one that is offline."""


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    """The program as it is cloned: no state, no passphrase, no seed; and nothing that asks a host without a trace."""
    made = Checkout(tmp_path_factory.mktemp("clone"))
    shutil.rmtree(made.root / ".kvmlab")
    shutil.rmtree(made.root / "stacks" / "facts", ignore_errors=True)
    traps = made.root / "traps"
    traps.mkdir()
    for command in ("ssh", "virsh", "sudo", "qemu-img", "scp"):
        (traps / command).write_text(CALLED, "utf-8")
        (traps / command).chmod(0o755)
    made.environment["PATH"] = f"{traps}:{made.environment['PATH']}"
    return made


def offline(clone: Checkout, stack: str, *command: str, state: Path | None = None) -> Ended:
    """Run a command offline, in a machine of its own."""
    given = ("--state", str(state)) if state else ()
    alone = ("unshare", "--net", "--mount", "sh", "-euc", ALONE, "sh")
    called = ("python", "-m", "stacks.offline", stack, *given, "--", *command)
    ended = run(*alone, *called, cwd=clone.root, env=clone.environment)
    assert not (clone.root / "traps" / "called").exists()
    assert not (clone.root / ".kvmlab").exists()
    return ended


def preview(clone: Checkout, stack: str, state: Mapping[str, Any] | None = None) -> Told:
    """Preview a stack, whose state is as it was afterwards."""
    file = clone.root / "exported.json"
    if state:
        file.write_text(json.dumps(state), "utf-8")
    before = sha256(file.read_bytes()).digest() if state else b""
    config = (clone.root / "stacks" / f"Pulumi.{stack}.yaml").read_bytes()
    command = ("pulumi", "preview", "--stack", stack, *OPTIONS, "--json", "--show-sames")
    ended = offline(clone, stack, *command, state=file if state else None)
    assert ended.status == 0, ended.errors or ended.output[-2000:]
    assert not state or sha256(file.read_bytes()).digest() == before
    assert (clone.root / "stacks" / f"Pulumi.{stack}.yaml").read_bytes() == config
    told = json.loads(ended.output)
    warnings = [each["message"] for each in told.get("diagnostics", ()) if each["severity"] == "warning"]
    marks = [each.strip().removeprefix("warning: ") for each in warnings if "offline preview: " in each]
    return Told({name(step["urn"]): step["op"] for step in told["steps"]}, marks)


def six() -> dict[str, Any]:
    """The checkpoint of six guests, on a host that has today's packages: a later version asks for one more."""
    text = SIX.read_text("utf-8")
    return json.loads(text.replace("openssh-client qemu", "openssh-client ovmf qemu"))


def edited(clone: Checkout, old: str, new: str) -> None:
    """Write the config of six guests with an edit."""
    text = (ROOT / "stacks" / "Pulumi.six.yaml").read_text("utf-8")
    assert old in text
    (clone.root / "stacks" / "Pulumi.six.yaml").write_text(text.replace(old, new), "utf-8")


@pytest.mark.parametrize("stack", EXAMPLES)
def test_a_stack_that_was_never_made(clone: Checkout, stack: str) -> None:
    """All of it is created, and the preview says first what it is."""
    told = preview(clone, stack)
    assert set(told.steps.values()) == {"create"}
    source = "from config and no state: nothing has been made yet, as far as is known here"
    assumed = "capacity, images and bridges are not checked; assumed: kvm as accelerator, packages by apt"
    assert told.warnings == [
        f"offline preview: no host was asked, and no passphrase used; {source}",
        f"offline preview: facts of local: none recorded; {assumed}",
    ]


def test_a_lab_that_has_not_changed(clone: Checkout) -> None:
    """Nothing does, although neither keys nor secrets are known."""
    state = six()
    told = preview(clone, "six", state)
    assert told.steps == {name(resource["urn"]): "same" for resource in resources(state)}
    hidden = "what is hidden in cloud-init of node-1, node-2, node-3, node-4 and 2 more"
    assert told.warnings[2:] == [f"offline preview: not compared (BASE would tell): {hidden}"]


def test_memory_is_edited(clone: Checkout) -> None:
    """That is what changes, and nothing else."""
    edited(clone, "memory: 2GiB", "memory: 3GiB")
    told = preview(clone, "six", six())
    changed = {resource for resource, operation in told.steps.items() if operation != "same"}
    guests = [f"node-{number}" for number in range(1, 7)]
    commands = {f"kvmlab:index:Guest$command:local:Command::{guest}-guest" for guest in guests}
    assert changed == commands | {f"kvmlab:index:Guest::{guest}" for guest in guests}
    assert {told.steps[each] for each in changed} == {"update"}


def test_one_guest_comes_and_one_goes(clone: Checkout) -> None:
    """The others stay as they are; how to reach them all is written anew."""
    edited(clone, "count: 6, cpus: 2, memory: 2GiB, disk: 10GiB}", "count: 5, cpus: 2, memory: 2GiB, disk: 10GiB}\n"
           f'    guests: {{door: {{authorizedKeys: ["{KEY}"]}}}}')  # fmt: skip
    told = preview(clone, "six", six())
    assert {each: operation for each, operation in told.steps.items() if operation != "same"} == {
        "kvmlab:index:Guest::door": "create",
        "kvmlab:index:Guest$command:local:Command::door-guest": "create",
        "kvmlab:index:Guest::node-6": "delete",
        "kvmlab:index:Guest$command:local:Command::node-6-guest": "delete",
        "kvmlab:index:SshAccess::access": "update",
        "kvmlab:index:SshAccess$command:local:Command::access-ssh": "update",
    }


def test_an_update_is_refused(clone: Checkout) -> None:
    """In one line, whoever runs it: by the command that would start it, and by the program."""
    up = ("pulumi", "up", "--stack", "quickstart", "--yes", "--skip-preview", *OPTIONS)
    refused = offline(clone, "quickstart", *up)
    assert (refused.status, refused.errors) == (1, "error: OFFLINE: is for previews alone, got 'up'; leave it out\n")
    hidden = offline(clone, "quickstart", "sh", "-c", " ".join(up))
    assert hidden.diagnostics.splitlines() == [
        "  pulumi:pulumi:Stack (kvmlab-quickstart):",
        "    error: KVMLAB_OFFLINE: is for previews alone, got an update; unset it, and run where hosts are reached",
    ]
    assert hidden.status != 0


def test_all_that_a_guest_can_have(clone: Checkout, tmp_path: Path) -> None:
    """Nothing changes of a lab on two hosts that has it, made where both answer, and looked at where none does."""
    made = Checkout(tmp_path / "made")
    for script in (made.root / "host").glob("*.sh"):
        script.write_text(ANSWER if script.name in ("probe.sh", "over_ssh.sh") else NOTHING, "utf-8")
    created = made.pulumi("stack", "init", "--no-select", "--non-interactive", "--", "rich")
    assert created.status == 0, created.errors
    config = made.root / "stacks" / "Pulumi.rich.yaml"
    salt = config.read_text("utf-8") if config.exists() else ""
    config.write_text(salt + RICH.replace("    token: {secure: TOKEN}", "    old: text"), "utf-8")
    secret = made.pulumi("config", "set", "--stack", "rich", "--secret", "--path", "kvmlab:secrets.token", "geheim")
    assert secret.status == 0, secret.errors
    up = made.pulumi("up", "--stack", "rich", "--yes", "--skip-preview", *OPTIONS)
    assert up.status == 0, up.output + up.errors
    exported = made.pulumi("stack", "export", "--stack", "rich")
    shutil.copy2(config, clone.root / "stacks")
    state = json.loads(exported.output)
    told = preview(clone, "rich", state)
    assert {each: operation for each, operation in told.steps.items() if operation != "same"} == {}
    assert len(told.steps) > len(resources(state)) - 1 > 20
    assert "offline preview: not compared (the passphrase would tell): values of secrets of web" in told.warnings


@pytest.fixture(scope="module")
def cloned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All that Git has of this repository, as it stands here, and nothing else."""
    root = tmp_path_factory.mktemp("cloned")
    for file in run("git", "ls-files", "-z").output.split("\0")[:-1]:
        if (ROOT / file).is_file():
            (root / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / file, root / file)
    return root


@pytest.mark.parametrize("stack", EXAMPLES)
def test_a_comment_from_a_clean_clone(cloned: Path, stack: str) -> None:
    """`make preview-comment OFFLINE=1` prints it, with no host, no credentials and no KVM, and leaves nothing."""
    held = {name: value for name, value in os.environ.items() if not name.startswith(("PULUMI_", "KVMLAB_", "AWS_"))}
    given = {"CLONE": str(cloned), "ROOT": str(ROOT), "STACK": stack, "HOME": str(cloned)}
    alone = ("unshare", "--net", "--mount", "sh", "-euc", ALONE, "sh", "sh", "-euc", CLONE)
    told = run(*alone, env=held | given)
    assert told.status == 0, told.output + told.errors
    assert told.output.startswith(f"<!-- kvmlab preview: {stack} -->\n### Offline preview of `{stack}`\n\nGuests: ")
    assert " created.\n\nOffline:\n\n- no host was asked, and no passphrase used; " in told.output
    assert "```mermaid\n" in told.output
    assert not (cloned / ".kvmlab").exists()


def test_a_comment_and_a_picture_of_an_edit(clone: Checkout) -> None:
    """Both say what changes; the comment is the same at each run."""
    edited(clone, "memory: 2GiB", "memory: 3GiB")
    file = clone.root / "exported.json"
    file.write_text(json.dumps(six()), "utf-8")
    clone.environment |= {"PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}
    first, second = (offline(clone, "six", *CONSOLE, "preview-comment", "six", state=file) for _ in range(2))
    assert (first.status, first.errors) == (0, "")
    assert "### Offline preview of `six`\n\nGuests: 6 restarted.\n\nOffline:\n\n" in first.output
    assert "| `node-1` to `node-6` (6 guests) | restarted" in first.output
    assert second.output == first.output
    drawn = offline(clone, "six", *CONSOLE, "graph", "six", state=file)
    assert (drawn.status, drawn.errors) == (0, "")
    assert "node-6" in (clone.root / "graphs" / "six.mmd").read_text("utf-8")


def test_a_comment_of_what_is_no_state(clone: Checkout) -> None:
    """Why there is no preview stands in it."""
    file = clone.root / "cut.json"
    file.write_text(json.dumps(six())[:500], "utf-8")
    clone.environment |= {"PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}
    told = offline(clone, "six", *CONSOLE, "preview-comment", "six", state=file)
    assert told.status != 0
    assert "**The preview failed** with an error." in told.output
    assert f"STATE={file}: " in told.output
