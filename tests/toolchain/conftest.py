"""A checkout of the toolchain's scripts alone, with stand-ins for all that they would call."""

import os
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from tests.toolchain.project import CONFIG, ROOT, Project

# What the scripts may rely on; nothing else is on PATH, so neither is a Pulumi, Go or uv of this machine.
TOOLS = """
awk bash cat chmod cp cut date dirname env find git grep head install ls mkdir mv od readlink rm rmdir sed sh sha256sum
sleep sort tail touch tr uname xargs
"""

# Answers as the real CLI does to what the scripts ask it.
PULUMI = """\
#!/bin/sh
case "$*" in
version) echo v3.274.1 ;;
"plugin install resource "*)
    mkdir -p "$PULUMI_HOME/plugins/resource-$4-v$5"
    cp "$7" "$PULUMI_HOME/plugins/resource-$4-v$5/"
    ;;
esac
"""


def script(path: Path, text: str) -> Path:
    """Writes an executable script."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(textwrap.dedent(text), encoding="utf-8")
    path.chmod(0o755)
    return path


class Checkout:
    """Runs the scripts of a checkout in an environment that holds only what a test put there."""

    def __init__(self, root: Path, home: Path) -> None:
        self.root = root
        self.bin = home / "bin"
        self.env = {"PATH": str(self.bin), "HOME": str(home)}
        for tool in TOOLS.split():
            found = shutil.which(tool)
            assert found, f"{tool} must be installed"
            (self.bin / tool).symlink_to(found)
        (self.bin / "python3").symlink_to(sys.executable)

    def run(self, *command: str, **env: str) -> subprocess.CompletedProcess[str]:
        """Runs a command in the checkout."""
        return subprocess.run(
            command, cwd=self.root, env=self.env | env, capture_output=True, text=True, check=False, timeout=60
        )

    def bootstrap(self, way: str = "auto", **env: str) -> subprocess.CompletedProcess[str]:
        """Runs toolchain/bootstrap."""
        return self.run("toolchain/bootstrap", KVMLAB_TOOLCHAIN=way, **env)

    def source(self, shell: str, text: str, **env: str) -> str:
        """Sources the env file twice in a strict shell and returns what a script prints after that."""
        twice = f". {self.env_file} && . {self.env_file}"
        result = self.run(shell, "-euc", f"{twice}\n{text}", **env)
        assert result.returncode == 0, result.stderr
        assert result.stderr == ""
        return result.stdout

    @property
    def env_file(self) -> str:
        """The env file, as one types it in the checkout."""
        return "./.toolchain/env"

    def install_pulumi(self) -> None:
        """Puts a Pulumi with its plugin where the way `path` looks."""
        script(self.bin / "pulumi", PULUMI)
        script(self.bin / "pulumi-language-python", "#!/bin/sh\n")
        plugin = Path(self.env["HOME"]) / ".pulumi/plugins/resource-command-v1.2.1"
        script(plugin / "pulumi-resource-command", "#!/bin/sh\n")


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    """A checkout, in a folder whose name a shell could stumble over, whose virtual environment is up to date."""
    root = tmp_path / "a user's checkout"
    home = tmp_path / "home"
    (home / "bin").mkdir(parents=True)
    for name in ("bootstrap", "stack", "tidy", "versions.env", "lib", "language-python"):
        source = ROOT / "toolchain" / name
        target = root / "toolchain" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copytree(source, target) if source.is_dir() else shutil.copy2(source, target)
    for name in ("Pulumi.yaml", "pyproject.toml", "uv.lock"):
        shutil.copyfile(ROOT / name, root / name)
        os.utime(root / name, (0, 0))
    for part in ("cli", "command"):
        (root / "toolchain" / part).mkdir()
        (root / "toolchain" / part / "go.mod").write_text(f"module {part}\n", encoding="utf-8")
    (root / ".venv").mkdir()
    (root / ".venv" / ".kvmlab").touch()
    return Checkout(root, home)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A git checkout that uses the toolchain and the packages of this one."""
    root = tmp_path / "checkout"
    (root / "toolchain").mkdir(parents=True)
    (root / "stacks").mkdir()
    (root / ".toolchain").mkdir()
    for name in ("stack", "tidy", "recover"):
        shutil.copy2(ROOT / "toolchain" / name, root / "toolchain" / name)
    for name in ("bin", "libexec", "home"):
        if (ROOT / ".toolchain" / name).exists():
            (root / ".toolchain" / name).symlink_to(ROOT / ".toolchain" / name)
    (root / ".venv").symlink_to(ROOT / ".venv")
    shutil.copyfile(ROOT / "Pulumi.yaml", root / "Pulumi.yaml")
    env = (ROOT / ".toolchain" / "env").read_text(encoding="utf-8")
    (root / ".toolchain" / "env").write_text(env.replace(str(ROOT), str(root)), encoding="utf-8")
    (root / "__main__.py").write_text(
        'import pulumi\npulumi.export("a", pulumi.Output.secret("b"))\n', encoding="utf-8"
    )
    project = Project(root)
    project.config.write_text(CONFIG, encoding="utf-8")
    project.ok("git init -q && git add stacks")
    return project
