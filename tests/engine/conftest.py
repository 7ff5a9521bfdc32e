"""A copy of the program with a state, passphrase and seed of its own, run by the real CLI and plugins.

After a wanted change of the previews, write them anew and read the diff: pytest tests/engine --update-golden
"""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROGRAM = ("Pulumi.yaml", "__main__.py", "components", "stacks", "doctor", "cloud-init", "images", "bundle", "host")
EDITORS_LINE = "# yaml-language-server:"
EXAMPLES = [
    file.stem.removeprefix("Pulumi.")
    for file in sorted((ROOT / "stacks").glob("Pulumi.*.yaml"))
    if file.read_text("utf-8").startswith(EDITORS_LINE)
]
"""The stacks that are shipped: unlike those of tests and users, they tell editors their schema."""
CASE = "enginecase"
"""The stack whose config the tests write."""
OPTIONS = ("--suppress-permalink=true", "--non-interactive", "--color=never")
IMAGES = Path("/var/lib/libvirt/images")


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    status: int
    output: str
    errors: str

    @property
    def diagnostics(self) -> str:
        """What the engine reports of the program at the end of a run, as it stands there."""
        return self.output.partition("Diagnostics:\n")[2].partition("\n\nResources:")[0]


def run(*command: str, cwd: Path = ROOT, env: Mapping[str, str] | None = None) -> Ended:
    """Run a command to its end."""
    done = subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, check=False, timeout=120)
    return Ended(done.returncode, done.stdout, done.stderr)


def pulumi_environment() -> dict[str, str]:
    """What `. .toolchain/env` sets for someone who has no settings of Pulumi's."""
    own = {key: value for key, value in os.environ.items() if not key.startswith(("PULUMI_", "KVMLAB_"))}
    shown = run("sh", "-c", ". .toolchain/env && env -0", env=own)
    assert shown.status == 0, f".toolchain/env is missing; run `make setup`\n{shown.errors}"
    return dict(line.split("=", 1) for line in shown.output.split("\0") if "=" in line)


def assert_refused(ended: Ended, *report: str) -> None:
    """The program ended with exactly this report, and with no other words of its own."""
    lines = [f"    error: {report[0]}", *(f"      {line}" for line in report[1:])]
    assert ended.diagnostics.splitlines() == [f"  pulumi:pulumi:Stack (kvmlab-{CASE}):", *lines]
    assert ended.status == 1
    assert "Traceback" not in ended.output + ended.errors


KIND = re.compile("^    kind: .*\n", re.MULTILINE)
"""A line that examples have."""


class Checkout:
    """Runs the program in a directory of its own."""

    def __init__(self, root: Path) -> None:
        self.root = root
        private = root / ".kvmlab"
        (private / "state").mkdir(parents=True)
        (private / "seed").write_text("5eed")
        (private / "passphrase").write_text("of no use elsewhere")
        for name in PROGRAM:
            source = ROOT / name
            shutil.copytree(source, root / name) if source.is_dir() else shutil.copy2(source, root / name)
        for config in (root / "stacks").glob("Pulumi.*.yaml"):
            # What Pulumi wrote there belongs to the passphrase of another checkout.
            lines = config.read_text("utf-8").splitlines(keepends=True)
            text = "".join(line for line in lines if not line.startswith("encryptionsalt:"))
            # Nor need this machine have room for what is only previewed.
            config.write_text(KIND.sub(r"\g<0>    host: {overcommit: {disk: thin}}\n", text), "utf-8")
        for name in (".venv", ".toolchain"):
            (root / name).symlink_to(ROOT / name)
        self.environment = pulumi_environment() | {
            "PULUMI_BACKEND_URL": f"file://{private}/state?metadata=skip",
            "PULUMI_CONFIG_PASSPHRASE_FILE": f"{private}/passphrase",
        }

    def pulumi(self, *arguments: str, setup: str = "", **environment: str) -> Ended:
        """Run the CLI.

        Args:
            arguments: its arguments.
            setup: shell commands before it, in a mount namespace that ends with it.
            environment: variables for it.
        """
        namespace = ("unshare", "--mount", "sh", "-euc", f'{setup}\nexec "$@"', "sh") if setup else ()
        return run(*namespace, "pulumi", *arguments, cwd=self.root, env=self.environment | environment)

    def preview(self, stack: str, *options: str, setup: str = "", **environment: str) -> Ended:
        """Preview a stack."""
        return self.pulumi("preview", "--stack", stack, *OPTIONS, *options, setup=setup, **environment)

    @property
    def salt(self) -> str:
        """The line that Pulumi adds to the config of the stack that tests write."""
        state = json.loads((self.root / f".kvmlab/state/.pulumi/stacks/kvmlab/{CASE}.json").read_bytes())
        return f"encryptionsalt: {state['checkpoint']['latest']['secrets_providers']['state']['salt']}\n"

    def write_config(self, text: str) -> Path:
        """Write the config of the stack that has none of its own."""
        file = self.root / "stacks" / f"Pulumi.{CASE}.yaml"
        file.write_text(text, "utf-8")
        return file


def host_state() -> dict[str, str]:
    """All that a run could have changed on this machine, but for what grows by itself."""
    lists = {
        "networks": ("virsh", "-q", "net-list", "--all", "--name"),
        "pools": ("virsh", "-q", "pool-list", "--all", "--name"),
        "domains": ("virsh", "-q", "list", "--all", "--name"),
        "bridges": ("sh", "-c", "ip -o link show type bridge | cut -d: -f2"),
    }
    return {name: run(*command).output for name, command in lists.items()} | {
        "images": "\n".join(sorted(file.name for file in IMAGES.iterdir())) if IMAGES.exists() else ""
    }


@pytest.fixture(scope="session")
def checkout(libvirt: None, tmp_path_factory: pytest.TempPathFactory) -> Checkout:  # noqa: ARG001 (an order)
    """The program, with a stack for each example and one for what tests write."""
    made = Checkout(tmp_path_factory.mktemp("checkout"))
    for stack in (*EXAMPLES, CASE):
        created = made.pulumi("stack", "init", "--no-select", "--non-interactive", "--", stack)
        assert created.status == 0, created.errors
    return made


@pytest.fixture
def untouched(libvirt: None) -> Iterator[None]:  # noqa: ARG001 (an order)
    """What runs in this test leaves the host as it was."""
    before = host_state()
    yield
    assert host_state() == before


def pytest_addoption(parser: pytest.Parser) -> None:
    """Offer to keep the previews as they are now."""
    parser.addoption("--update-golden", action="store_true", help="write tests/engine/golden anew")
